import dataclasses

import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.signal import fir
from specgan.signal.implementations import IMPLEMENTATIONS
from specgan.signal.resample import apply
from specgan.signal.resample import resample
from specgan.signal.resampling import resampling
from tests.slow_cases import quick_first

every_implementation = pytest.mark.parametrize(
    "implementation", IMPLEMENTATIONS
)

LINE = (0.1, -0.4, 0.9, 0.3, 0.2)
PLANE = np.random.default_rng(7).normal(size=(4, 4))
RADIAL = fir.radial_lowpass(6, 0.2, 0.3, 1)
# (taps, up, down, padding, gain): sizes that divide, and that do not; pads
# longer than the filter; crops; a gap between taps (up > number of taps).
CASES = [
    (LINE, 2, 1, (3, 2), 4.0),
    (LINE, 1, 2, (0, 0), 1.0),
    (LINE, 4, 1, (-3, -5), -16.0),
    (LINE, 1, 4, (7, 6), 1.0),
    (LINE, 2, 3, (1, -2), 0.5),
    (LINE, 6, 4, (4, 5), 2.0),
    ((2.0,), 3, 1, (0, 0), 1.0),
    (None, 1, 1, (1, -2), 3.0),
    (PLANE, 2, 1, (2, 1), 4.0),
    (PLANE, 1, 2, (-1, 3), 1.0),
    (RADIAL, 1, 2, (2, 2), 1.0),
    (RADIAL, 3, 2, (2, 2), 1.0),
]
every_case = pytest.mark.parametrize("case", CASES)


def normal(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def oracle(images, taps, up, down, padding, gain):
    """Step by step: zeros, padding or cropping, SciPy's convolution, steps."""
    taps = np.ones(1) if taps is None else np.asarray(taps)
    if taps.ndim == 1:
        taps = np.outer(taps, taps)
    batch, height, width, channels = images.shape
    stuffed = np.zeros([batch, height * up, width * up, channels])
    stuffed[:, ::up, ::up] = images
    pads = [max(0, length) for length in padding]
    stuffed = np.pad(stuffed, [(0, 0), pads, pads, (0, 0)])
    low, high = (max(0, -length) for length in padding)
    _, height, width, _ = stuffed.shape
    stuffed = stuffed[:, low : height - high, low : width - high]
    filtered = scipy.signal.convolve(
        stuffed, taps[None, :, :, None], mode="valid", method="direct"
    )
    return gain * filtered[:, ::down, ::down]


@every_implementation
@every_case
def test_equals_step_by_step(case, implementation):
    images = normal(2, 9, 12, 3)
    expected = oracle(images, *case)
    outputs = resample(images, *case, implementation=implementation)
    assert outputs.shape == expected.shape and outputs.dtype == tf.float64
    np.testing.assert_allclose(outputs, expected, rtol=1e-11, atol=1e-12)


@every_implementation
@pytest.mark.parametrize(
    "case", quick_first(*((case,) for case in CASES[1::2]), quick=4)
)
def test_gradient_is_the_adjoint(case, implementation):
    images = tf.constant(normal(1, 9, 12, 2))
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = resample(images, *case, implementation=implementation)
    upstream = normal(*outputs.shape, seed=1)
    gradient = tape.gradient(outputs, images, upstream)
    assert gradient.shape == images.shape
    # <R x, g> = <x, R^T g> for every x, so against another one than above.
    others = normal(*images.shape, seed=2)
    np.testing.assert_allclose(
        np.sum(oracle(others, *case) * upstream), np.sum(others * gradient)
    )


@pytest.mark.parametrize("case", CASES[::3])
def test_adjoint_of_the_adjoint_is_the_operator(case):
    operator = resampling((9, 12), *case)
    assert operator.adjoint.adjoint == operator
    assert operator.adjoint.input_size == operator.output_size


def test_differentiable_again():
    # R is linear: of f(x) = |R x|^4 / 12, the gradient along v, along w.
    case = (fir.binomial(4), 2, 1, (2, 1), 4.0)
    images = tf.constant(normal(1, 4, 5, 2))
    v, w = normal(2, 1, 4, 5, 2, seed=1)
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            value = tf.reduce_sum(resample(images, *case) ** 4) / 12
        slope = tf.reduce_sum(inner.gradient(value, images) * v)
    second = tf.reduce_sum(outer.gradient(slope, images) * w)
    outputs, along_v, along_w = (
        oracle(x, *case) for x in (images.numpy(), v, w)
    )
    expected = np.sum(outputs**2 * along_v * along_w)
    np.testing.assert_allclose(second, expected)


def sine(size, rate, frequency, phase):
    """Samples of a plane wave about the centre of the canvas."""
    positions = (np.arange(size) + 0.5 - size / 2) / rate
    rows, columns = np.meshgrid(positions, positions, indexing="ij")
    angle = frequency[0] * rows + frequency[1] * columns + phase
    return np.sin(2 * np.pi * angle)[None, :, :, None]


@pytest.mark.parametrize("up", [2, 4])
def test_band_limited_wave_is_interpolated(up):
    # 16 pixels to a canvas, waves up to 3 cycles: the filter passes them and
    # stops the replicas from 13 on.
    taps = fir.kaiser_lowpass(12 * up, 8, 10, 16 * up)
    low = (12 * up + up) // 2 - 1
    padding = (low, 12 * up - 1 - low)
    for frequency, phase in [((1.5, -2.6), 0.1), ((0, 3), 0.4), ((0, 0), 0.2)]:
        images = sine(48, 16, frequency, phase)
        outputs = resample(images, taps, up, padding=padding, gain=up**2)
        assert outputs.shape == (1, 48 * up, 48 * up, 1)
        expected = sine(48 * up, 16 * up, frequency, phase)
        inner = slice(8 * up, -8 * up)
        np.testing.assert_allclose(
            outputs[:, inner, inner], expected[:, inner, inner], atol=2e-3
        )


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_accumulates_in_single_precision(dtype):
    images = tf.cast(normal(1, 8, 8, 2), dtype)
    taps = np.full(8, 1 / 8)
    outputs = resample(images, taps, up=2, padding=(4, 3), gain=4)
    assert outputs.dtype == images.dtype
    exact = tf.cast(images, tf.float64).numpy()
    expected = oracle(exact, taps, 2, 1, (4, 3), 4)
    # One rounding, of the result; as many more as there are taps otherwise.
    epsilon = {"float32": 1e-6, "float16": 2**-11, "bfloat16": 2**-8}[dtype]
    np.testing.assert_allclose(
        tf.cast(outputs, tf.float64), expected, rtol=epsilon, atol=2e-7
    )


def test_batch_may_be_unknown_and_any():
    function = tf.function(
        lambda images: resample(images, LINE, up=2),
        input_signature=[tf.TensorSpec([None, 6, 7, 2], tf.float64)],
    )
    for batch in (0, 1, 3):
        images = normal(batch, 6, 7, 2)
        expected = oracle(images, LINE, 2, 1, (0, 0), 1) if batch else images
        assert len(function(images)) == batch
        if batch:
            np.testing.assert_allclose(function(images), expected)


@every_implementation
def test_compiles_within_a_compiled_function(implementation):
    images = tf.constant(normal(1, 6, 7, 2))

    @tf.function(jit_compile=True)
    def gradient(images):
        outputs = resample(images, LINE, 2, implementation=implementation)
        return tf.gradients(outputs, images)[0]

    ones = np.ones([1, 8, 10, 2])
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = resample(images, LINE, 2)
    expected = tape.gradient(outputs, images, ones)
    np.testing.assert_allclose(gradient(images), expected)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"up": 0}, "argument `up`.*positive integer"),
        ({"down": 1.5}, "argument `down`.*Received: down=1.5"),
        ({"padding": 3}, "argument `padding`.*pair of integers.*padding=3"),
        ({"padding": (1.0, 2.0)}, "argument `padding`.*pair of integers"),
        ({"taps": np.ones([2, 3])}, r"argument `taps`.*shape=\[2, 3\]"),
        ({"taps": []}, r"argument `taps`.*shape=\[0\]"),
        ({"padding": (-3, -2)}, "too small.*at least 5.*Received: 3, from 8"),
        ({"implementation": "polyfase"}, "Did you mean 'polyphase'"),
    ],
)
def test_invalid_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        resample(normal(1, 8, 8, 1), **{"taps": LINE, **arguments})


def test_unknown_size():
    function = tf.function(lambda images: resample(images, LINE))
    specification = tf.TensorSpec([None, None, 8, 1])
    with pytest.raises(ValueError, match="size of the images is unknown"):
        function.get_concrete_function(specification)


def test_no_images():
    with pytest.raises(ValueError, match=r"Received: shape=\(8, 8\)"):
        resample(tf.ones([8, 8]), LINE)


def test_operators_are_data():
    operator = resampling((8, 8), list(LINE), up=2)
    assert operator == resampling((8, 8), np.array(LINE), up=2)
    assert hash(operator) == hash(dataclasses.replace(operator))
    images = normal(1, 8, 8, 1)
    np.testing.assert_array_equal(
        apply(operator, images), resample(images, LINE, up=2)
    )
