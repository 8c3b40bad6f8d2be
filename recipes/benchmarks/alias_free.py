"""AliasFreeGAN's generator, T at 32 px: `tf.pad` against padding in numbers.

    python -m recipes.benchmarks.alias_free

Named by numbers in `tf.nn.conv2d`, padding takes both gradients of the
convolution away from oneDNN. The rival is the same generator with all its
convolutions written like that, in float32: ratios of the CPU seconds of a
forward and backward pass.
"""

from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from recipes.benchmarks.steps import dtype_policy
from recipes.benchmarks.timing import durations
from recipes.benchmarks.timing import timer
from specgan.layers.alias_free.modulated_conv2d import ModulatedConv2D
from specgan.models.alias_free.generator import AliasFreeGenerator

TARGETS = {"float32": 0.75, "mixed_bfloat16": 0.60}

PASSES = [
    ("float32", "in numbers"),
    ("float32", "padded"),
    ("mixed_bfloat16", "padded"),
    ("mixed_bfloat16", "in numbers"),
]


def main(image_size=32, batch_size=16, channel_max=64, repetitions=9):
    """Measure and print."""
    passes = []
    for policy, kind in PASSES:
        with dtype_policy(policy):
            generator = _generator(image_size, channel_max)
            run = forward_and_backward(generator, kind, batch_size)
            passes.append(timer(run))
    seconds = durations(passes[:3], repetitions)
    old, *new = np.median(seconds / seconds[:, :1], axis=0)
    milliseconds = 1000 * np.median(seconds[:, 0])
    print(f"  float32 with padding in numbers: {milliseconds:.0f} ms")
    for (policy, _), part in zip(PASSES[1:3], new, strict=True):
        print(
            f"  padded, {policy:<15}{part:>5.2f} of that "
            f"(target: {TARGETS[policy]})"
        )
    # Many times as slow: a few turns are enough.
    seconds = durations([passes[0], passes[3]], max(1, repetitions // 4))
    part = np.median(seconds[:, 1] / seconds[:, 0])
    print(f"  in numbers, {PASSES[3][0]}: {part:.2f} of that")


def _generator(image_size, channel_max):
    keras.utils.set_random_seed(0)
    return AliasFreeGenerator(
        image_size,
        "T",
        latent_dim=128,
        style_dim=128,
        channel_base=16 * image_size,
        channel_max=channel_max,
    )


def forward_and_backward(generator, kind="padded", batch_size=16):
    """A pass through the generator and back to its variables, to be timed.

    Args:
        generator: An `AliasFreeGenerator`.
        kind: How its convolutions pad: "padded", as the layer does, or "in
            numbers".
        batch_size: Number of images.

    Returns:
        Function without arguments that gives the gradients.
    """
    latents = tf.random.stateless_normal(
        [batch_size, *generator.input_shape[1:]], [0, 0]
    )
    variables = [variable.value for variable in generator.trainable_variables]

    @tf.function(autograph=False)
    def gradients():
        with tf.GradientTape() as tape:
            images = generator(latents, training=True)
            loss = tf.reduce_mean(tf.square(images - 0.5))
        return tape.gradient(loss, variables)

    if kind == "padded":
        gradients()  # Traced here, with what the method is now.
        return gradients
    with mock.patch.object(
        ModulatedConv2D, "_convolution", convolution_in_numbers
    ):
        gradients()
    return gradients


def convolution_in_numbers(layer, inputs, kernel):
    """What `ModulatedConv2D` convolves, with the padding in numbers."""
    padding = [[0, 0], *2 * [[layer.padding] * 2], [0, 0]]
    return tf.nn.conv2d(inputs, kernel, 1, padding)


if __name__ == "__main__":
    main()
