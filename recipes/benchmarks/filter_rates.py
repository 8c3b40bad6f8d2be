"""The filtered leaky ReLU, plain formulation / ours in CPU seconds.

    python -m recipes.benchmarks.filter_rates

The plain one, what one writes first: zeros inserted, depthwise convolutions
along the rows and the columns, the leaky ReLU, again two convolutions, pixels
dropped; the gradient is TensorFlow's. Ratios of CPU seconds of all threads,
both in turns in one process. It takes about 3 minutes on two cores.
"""

import functools
import time
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from recipes.benchmarks.timing import ratio
from specgan.layers.alias_free.filtered_leaky_relu import FilteredLeakyReLU
from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.signal import fir

# (image size, configuration, most channels, batch)
GENERATORS = (64, "T", 32, 2), (64, "T", 64, 8), (64, "R", 64, 2)


def main(size=148, channels=64, generators=GENERATORS, repetitions=9):
    """Measure and print everything."""
    print(f"FilteredLeakyReLU [1, {size}, {size}, {channels}], plain / ours")
    of_layers([1, size, size, channels], repetitions)
    print("\nA generator's forward and backward pass, plain / ours")
    of_generators(generators, repetitions)


def of_layers(shape, repetitions):
    """Print a line for each combination of filters."""
    # L10 of the 256-px T, and two others of the same input.
    quadruple = fir.kaiser_lowpass(24, 45.25, 2 * 18.75, 512)
    double = fir.kaiser_lowpass(12, 32.0, 2 * 32.0, 256)
    radial = fir.radial_lowpass(12, 32.0, 2 * 32.0, 256)
    print("                          forward   and backward (target: 8)")
    for name, arguments in {
        "up 4, down 2": (quadruple, double, 4, 2, (-6, -9)),
        "up 2, down 2": (double, double, 2, 2, (9, 8)),
        "up 4, down 2, radial": (quadruple, radial, 4, 2, (-6, -9)),
    }.items():
        images = tf.random.stateless_normal(shape, [0, 0])
        layer = FilteredLeakyReLU(*arguments)
        layer.build(images.shape)
        times = [
            _times(
                make,
                functools.partial(layer, images),
                [layer.bias.value],
                repetitions,
            )
            for make in (_forward, _backward)
        ]
        print("  {:<22}{:>9.1f}{:>15.1f}".format(name, *times))


def of_generators(generators, repetitions):
    """Print a line for each generator."""
    print("  px   config   most channels   batch   CPU seconds (target: 1.5)")
    for size, config, channel_max, batch in generators:
        keras.utils.set_random_seed(0)
        generator = AliasFreeGenerator(
            size, config, channel_base=32 * channel_max, channel_max=channel_max
        )
        latents = tf.random.stateless_normal([batch, 512], [0, 0])
        times = _times(
            _backward,
            functools.partial(generator, latents),
            [variable.value for variable in generator.trainable_variables],
            repetitions,
        )
        print(f"  {size:<5}{config:<9}{channel_max:<16}{batch:<8}{times:.2f}")


def _times(make, function, variables, repetitions):
    """How many times the CPU seconds of ours the plain formulation takes."""
    ours = make(function, variables)
    with mock.patch.object(FilteredLeakyReLU, "call", plain_call):
        plain = make(function, variables)
    _require_equal(ours(), plain())
    return ratio(ours, plain, time.process_time, repetitions)


def _forward(function, variables):
    graph = tf.function(lambda: [function()], autograph=False)
    graph()  # Traced here, with what `call` is now.
    return graph


def _backward(function, variables):
    @tf.function(autograph=False)
    def graph():
        with tf.GradientTape() as tape:
            outputs = function()
        return tape.gradient(outputs, variables, outputs)

    graph()
    return graph


def _require_equal(ours, plain):
    for one, other in zip(ours, plain, strict=True):
        scale = np.max(np.abs(other))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3 * scale)


def plain_call(layer, inputs):
    """What `FilteredLeakyReLU.call` does, in TensorFlow's own operations."""
    images = inputs
    if layer.use_bias:
        images += layer.bias
    batch, height, width, channels = images.shape
    if layer.up > 1:
        gap = [0, layer.up - 1]
        images = tf.reshape(images, [-1, height, 1, width, 1, channels])
        images = tf.pad(images, [[0, 0], [0, 0], gap, [0, 0], gap, [0, 0]])
        height, width = height * layer.up, width * layer.up
        images = tf.reshape(images, [-1, height, width, channels])
    low, high = layer.padding
    pads = [max(0, low), max(0, high)]
    images = tf.pad(images, [[0, 0], pads, pads, [0, 0]])
    _, height, width, _ = images.shape
    rows = slice(max(0, -low), height - max(0, -high))
    columns = slice(max(0, -low), width - max(0, -high))
    images = _filtered(images[:, rows, columns], layer.up_taps, layer.up**2)
    images = tf.nn.leaky_relu(images, layer.slope) * layer.gain
    if layer.clamp is not None:
        images = tf.clip_by_value(images, -layer.clamp, layer.clamp)
    images = _filtered(images, layer.down_taps, 1)
    return images[:, :: layer.down, :: layer.down]


def _filtered(images, taps, gain):
    if taps is None:
        return images
    taps = np.array(taps)
    kernels = [gain * taps]
    if taps.ndim == 1:
        kernels = [gain * taps[:, None], taps[None, :]]
    for kernel in kernels:
        kernel = kernel[::-1, ::-1, None, None].astype(np.float32)
        kernel = np.tile(kernel, [1, 1, images.shape[-1], 1])
        images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "VALID")
    return images


if __name__ == "__main__":
    main()
