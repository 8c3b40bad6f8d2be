import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.layers.alias_free.filtered_leaky_relu import FilteredLeakyReLU
from specgan.signal import fir
from specgan.signal.filtered_activation import filtered_leaky_relu
from specgan.signal.implementations import IMPLEMENTATIONS
from tests.contracts import run_layer_test
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first

KAISER = fir.kaiser_lowpass(8, 0.125, 0.2, 1)
QUARTER = fir.kaiser_lowpass(12, 0.1, 0.1, 1)
RADIAL = fir.radial_lowpass(6, 0.2, 0.3, 1)
# Arguments, and what they make of 10 x 12 pixels.
CASES = [
    (
        {"up_taps": KAISER, "down_taps": KAISER, "up": 2, "down": 2}
        | {"padding": (7, 6), "clamp": 0.9},
        (10, 12),
    ),
    (
        {"up_taps": QUARTER, "down_taps": RADIAL, "up": 4, "down": 2}
        | {"padding": (-1, -4), "clamp": 0.9},
        (10, 14),
    ),
    ({"up_taps": KAISER, "up": 2, "clamp": None}, (13, 17)),
    ({"slope": 1.0, "gain": 1.0, "use_bias": False}, (10, 12)),
]
every_case = pytest.mark.parametrize("arguments, size", CASES)


def plane(taps):
    taps = np.ones(1) if taps is None else np.asarray(taps)
    return np.outer(taps, taps) if taps.ndim == 1 else taps


def filtered(images, taps):
    return scipy.signal.convolve(
        images, plane(taps)[None, :, :, None], "valid", method="direct"
    )


def oracle(layer, images, bias):
    """The layer in float64, in the order of the paper's Fig. 4b."""
    images = images.astype(np.float64) + bias
    batch, height, width, channels = images.shape
    up, (low, high) = layer.up, layer.padding
    stuffed = np.zeros([batch, height * up, width * up, channels])
    stuffed[:, ::up, ::up] = images
    pads = [max(0, low), max(0, high)]
    stuffed = np.pad(stuffed, [(0, 0), pads, pads, (0, 0)])
    start, end = max(0, -low), max(0, -high)
    _, height, width, _ = stuffed.shape
    stuffed = stuffed[:, start : height - end, start : width - end]
    raised = filtered(stuffed, layer.up_taps) * up**2
    raised = np.where(raised < 0, layer.slope * raised, raised) * layer.gain
    if layer.clamp is not None:
        raised = np.clip(raised, -layer.clamp, layer.clamp)
    return filtered(raised, layer.down_taps)[:, :: layer.down, :: layer.down]


@pytest.mark.parametrize(
    "arguments, size", quick_first(CASES[1], CASES[0], CASES[3])
)
def test_contract(arguments, size):
    run_layer_test(
        FilteredLeakyReLU,
        arguments,
        (2, 10, 12, 3),
        (2, *size, 3),
        expected_num_weights=int(arguments.get("use_bias", True)),
    )


@every_case
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_equals_step_by_step(arguments, size, implementation):
    layer = FilteredLeakyReLU(**arguments, implementation=implementation)
    images = uniform(2, 10, 12, 3)
    layer.build(images.shape)
    bias = np.zeros(3)
    if layer.use_bias:
        bias = np.array([0.5, -0.25, 0])
        layer.bias.assign(bias)
    expected = oracle(layer, images, bias)
    np.testing.assert_allclose(layer(images), expected, atol=1e-6)


def double(**arguments):
    """A layer in float64, as a function that has a bias of 0.1."""
    layer = FilteredLeakyReLU(**arguments, dtype="float64")
    layer.build((None, 4, 5, 1))
    layer.bias.assign([0.1])
    return layer


SMALL = {
    "up_taps": fir.binomial(4),
    "up": 2,
    "down": 2,
    "padding": (3, 3),
    "clamp": 0.8,
}
LAYERS = pytest.mark.parametrize(
    "arguments",
    [
        SMALL | {"down_taps": fir.binomial(3)},
        SMALL | {"down_taps": fir.radial_lowpass(4, 0.2, 0.3, 1)},
        SMALL | {"down_taps": fir.binomial(3), "clamp": None, "slope": 0.0},
    ],
)


@LAYERS
def test_gradient_equals_finite_differences(arguments):
    layer = double(**arguments)
    images = tf.constant(uniform(1, 4, 5, 1), tf.float64)
    exact, numeric = tf.test.compute_gradient(layer, [images], delta=1e-6)
    np.testing.assert_allclose(exact[0], numeric[0], atol=1e-8)
    assert np.any(exact[0] != 0)


@LAYERS
def test_gradient_of_the_gradient_equals_finite_differences(arguments):
    layer = double(**arguments)
    images = tf.constant(uniform(1, 4, 5, 1), tf.float64)

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            # Not linear in the outputs, or the second derivative would be 0.
            value = tf.reduce_sum(layer(images) ** 3)
        return tape.gradient(value, images)

    exact, numeric = tf.test.compute_gradient(gradient, [images], delta=1e-6)
    np.testing.assert_allclose(exact[0], numeric[0], atol=1e-7)
    assert np.any(exact[0] != 0)


def test_third_derivative():
    # f(x + a v) is piecewise linear in a, so that of f^3 the third derivative
    # along v is 6 (f'v)^3.
    layer = double(**SMALL, down_taps=fir.binomial(3))
    images = uniform(1, 4, 5, 1).astype(np.float64)
    direction = uniform(1, 4, 5, 1, seed=1).astype(np.float64)
    with tf.GradientTape() as third:
        a = tf.constant(0.0, tf.float64)
        third.watch(a)
        with tf.GradientTape() as second:
            second.watch(a)
            with tf.GradientTape() as first:
                first.watch(a)
                outputs = layer(images + a * direction)
                value = tf.reduce_sum(outputs**3)
            slope = first.gradient(value, a)
        curvature = second.gradient(slope, a)
    derivative = third.gradient(curvature, a)
    step = 1e-6
    forward, backward = (
        layer(images + sign * step * direction).numpy() for sign in (1, -1)
    )
    along = (forward - backward) / (2 * step)
    np.testing.assert_allclose(derivative, np.sum(6 * along**3), rtol=1e-6)


def test_no_gradient_where_clamped():
    layer = FilteredLeakyReLU(clamp=1.0, gain=1.0)
    images = tf.constant([-10.0, -4.0, 0.5, 1.5], shape=[1, 2, 2, 1])
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images)
    np.testing.assert_allclose(outputs, [[[[-1], [-0.8]], [[0.5], [1]]]])
    gradient = tape.gradient(outputs, images)
    np.testing.assert_allclose(gradient, [[[[0], [0.2]], [[1], [0]]]])


def test_keeps_only_its_input():
    # Of the up-sampled signal, 16 times as large, nothing leaves the graph.
    layer = FilteredLeakyReLU(QUARTER, KAISER, up=4, down=4, padding=(9, 9))
    layer.build((None, 16, 16, 2))

    @tf.function
    def gradient(images):
        return tf.gradients(layer(images), images)[0]

    graph = gradient.get_concrete_function(tf.TensorSpec([1, 16, 16, 2])).graph
    sizes = [
        output.shape.num_elements() or 0
        for operation in graph.get_operations()
        for output in operation.outputs
        if output.dtype.is_floating and output.shape.rank is not None
    ]
    assert max(sizes) == 16 * 16 * 2


def test_makes_no_frequencies_beyond_nyquist():
    # Waves moved by quarters of a pixel give quarters of the output's pixels:
    # all that it is between the pixels, beyond Nyquist, would be aliased.
    rate = 16  # Nyquist at 8 cycles.
    taps = fir.kaiser_lowpass(24, 4, 8, 2 * rate)
    filtered_layer = FilteredLeakyReLU(taps, taps, 2, 2, (23, 22))
    levels = []
    for layer in (filtered_layer, FilteredLeakyReLU()):
        quarters = []
        for shift in np.arange(4) / 4:
            columns = (np.arange(3 * rate) - shift) / rate
            rows = np.arange(3 * rate)[:, None] / rate
            wave = np.sin(2 * np.pi * (2 * columns + rows)) + 0.3
            outputs = layer(wave[None, :, :, None].astype(np.float32))
            # One canvas of three, clear of the border: a whole period.
            quarters.append(outputs[0, rate : 2 * rate, rate : 2 * rate, 0])
        # Content moves to the right, so the last shift comes first.
        fine = np.stack(quarters[::-1], axis=-1).reshape([rate, 4 * rate])
        power = np.mean(np.abs(np.fft.rfft(fine)) ** 2, axis=0)
        levels.append(10 * np.log10(np.sum(power[8:]) / np.sum(power)))
    filtered_level, plain_level = levels
    assert plain_level > -35
    assert filtered_level < -65, levels


def test_on_two_replicas():
    strategy = two_replicas()
    with strategy.scope():
        layer = FilteredLeakyReLU(KAISER, KAISER, 2, 2, (7, 6))
        layer.build((None, 10, 12, 2))
    images = uniform(4, 10, 12, 2)

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(layer(images) ** 2)
        return tape.gradient(value, layer.bias.value)

    @tf.function
    def both(images):
        gradients = strategy.run(gradient, [images])
        return strategy.reduce("SUM", gradients, axis=None)

    dataset = tf.data.Dataset.from_tensors(images).unbatch().batch(4)
    (batch,) = strategy.experimental_distribute_dataset(dataset)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(layer(images) ** 2)
    expected = tape.gradient(value, layer.bias.value)
    np.testing.assert_allclose(both(batch), expected, rtol=1e-5)


def test_exports(tmp_path):
    inputs = keras.Input((10, 12, 2))
    layer = FilteredLeakyReLU(KAISER, RADIAL, 2, 2, (7, 6))
    model = keras.Model(inputs, layer(inputs))
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    images = uniform(3, 10, 12, 2)
    np.testing.assert_allclose(exported.serve(images), model(images), atol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"up": 0}, "argument `up`.*positive integer"),
        ({"down": 0}, "argument `down`.*positive integer"),
        ({"up_taps": np.ones([2, 3])}, "argument `up_taps`.*num_taps"),
        ({"down_taps": []}, "argument `down_taps`.*num_taps"),
        ({"padding": 1}, "argument `padding`.*pair of integers"),
        ({"slope": 1.5}, "argument `slope`.*from 0 to 1.*slope=1.5"),
        ({"gain": 0}, "argument `gain`.*positive number.*gain=0"),
        ({"clamp": -1}, "argument `clamp`.*positive number.*clamp=-1"),
        ({"implementation": "tile"}, "Did you mean 'tiles'"),
    ],
)
def test_invalid_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        FilteredLeakyReLU(**arguments)


def test_invalid_images():
    layer = FilteredLeakyReLU(KAISER, KAISER)
    with pytest.raises(ValueError, match="size of the images is unknown"):
        layer(keras.Input((None, 12, 2)))
    with pytest.raises(ValueError, match="too small for the filter"):
        layer(uniform(1, 4, 20, 2))
    with pytest.raises(ValueError, match="expected ndim=4"):
        layer(uniform(4, 20, 2))


def test_unknown_implementation_of_the_function():
    with pytest.raises(ValueError, match="Unknown implementation"):
        filtered_leaky_relu(None, uniform(1, 4, 4, 1), "tile")
