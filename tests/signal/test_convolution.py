import numpy as np
import pytest
import scipy.linalg
import scipy.ndimage
import scipy.signal
import tensorflow as tf

from specgan.signal import convolve
from specgan.signal import deconvolve

SIZES = [
    ((8, 8), (3, 3)),
    ((7, 10), (4, 3)),
    ((9, 5), (1, 5)),
    ((6, 7), (6, 2)),
]
BLUR = np.outer([1, 4, 6, 4, 1], [1, 2, 1]) / 64


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def plane(images):
    return np.asarray(images)[0, :, :, 0]


def batch(image):
    return image[None, :, :, None]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("size, taps", SIZES)
def test_linear_modes_are_those_of_scipy(size, taps, mode):
    images, kernel = normal(2, *size, 3), normal(*taps, seed=1)
    expected = scipy.signal.fftconvolve(
        images, kernel[None, :, :, None], mode, axes=(1, 2)
    )
    result = convolve(images, kernel, mode)
    assert result.dtype == tf.float64
    np.testing.assert_allclose(result, expected, atol=1e-12)


@pytest.mark.parametrize("size, taps", SIZES)
def test_circular_mode_is_that_of_scipy(size, taps):
    image, kernel = normal(*size), normal(*taps, seed=1)
    result = plane(convolve(batch(image), kernel, "circular"))
    np.testing.assert_allclose(
        result,
        scipy.signal.convolve2d(image, kernel, "same", "wrap"),
        atol=1e-12,
    )
    if taps == (3, 3):
        np.testing.assert_allclose(
            result,
            scipy.ndimage.convolve(image, kernel, mode="wrap"),
            atol=1e-12,
        )


def test_spectra_are_multiplied():
    image, kernel = normal(9, 12), normal(9, 12, seed=1)
    result = plane(convolve(batch(image), kernel, "circular"))
    # The kernel's middle is the origin.
    product = np.fft.fft2(image) * np.fft.fft2(
        np.roll(kernel, (-4, -5), (0, 1))
    )
    np.testing.assert_allclose(np.fft.fft2(result), product, atol=1e-10)


def test_large_kernels_of_a_linear_convolution():
    image, kernel = normal(4, 5), normal(7, 6, seed=1)
    np.testing.assert_allclose(
        plane(convolve(batch(image), kernel, "full")),
        scipy.signal.convolve2d(image, kernel),
        atol=1e-12,
    )
    # SciPy's "same" is the middle of the full one, too.
    np.testing.assert_allclose(
        plane(convolve(batch(image), kernel, "same")),
        scipy.signal.convolve2d(image, kernel, "same"),
        atol=1e-12,
    )


@pytest.mark.parametrize("mode", ["full", "same", "valid", "circular"])
def test_gradients(mode):
    images = tf.constant(normal(1, 6, 7, 2))
    kernel = tf.constant(normal(3, 2, seed=1))
    with tf.GradientTape() as tape:
        tape.watch([images, kernel])
        result = convolve(images, kernel, mode)
        upstream = tf.constant(normal(*result.shape, seed=2))
        total = tf.reduce_sum(result * upstream)
    by_image, by_kernel = tape.gradient(total, [images, kernel])
    # Linear in each: <gradient, direction> is the change along it.
    step = normal(1, 6, 7, 2, seed=3)
    change = tf.reduce_sum(convolve(step, kernel, mode) * upstream)
    np.testing.assert_allclose(np.sum(by_image * step), change)
    step = normal(3, 2, seed=4)
    change = tf.reduce_sum(convolve(images, step, mode) * upstream)
    np.testing.assert_allclose(np.sum(by_kernel * step), change)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiles_and_keeps_the_type(dtype, jit_compile):
    images = tf.constant(normal(2, 9, 8, 3), dtype)

    def both(images):
        blurred = convolve(images, BLUR, "circular")
        return blurred, deconvolve(blurred, BLUR, 0.01)

    compiled = tf.function(both, jit_compile=jit_compile)
    for result, expected in zip(compiled(images), both(images), strict=True):
        assert result.dtype == dtype and result.shape == images.shape
        np.testing.assert_allclose(
            *(tf.cast(x, tf.float32) for x in (result, expected)), atol=0.05
        )


@pytest.mark.parametrize("regularization", [1e-3, 0.3])
@pytest.mark.parametrize("taps", [[1, 4, 6, 3], [1, -2, 2]])
def test_solves_tikhonovs_equations(taps, regularization):
    observed = normal(1, 11)
    column = np.zeros(11)
    column[: len(taps)] = taps
    column = np.roll(column, -((len(taps) - 1) // 2))
    matrix = scipy.linalg.circulant(column)
    expected = np.linalg.solve(
        matrix.T @ matrix + regularization * np.eye(11), matrix.T @ observed[0]
    )
    result = deconvolve(batch(observed), [taps], regularization)
    np.testing.assert_allclose(plane(result)[0], expected, atol=1e-10)


def test_plain_inverse_is_that_of_scipy():
    signal, taps = normal(20), [1.0, 0.5, 0.2]
    full = np.convolve(signal, taps)
    quotient, remainder = scipy.signal.deconvolve(full, taps)
    np.testing.assert_allclose(remainder, 0, atol=1e-12)
    result = deconvolve(batch(full[None]), [taps], 0, "full")
    np.testing.assert_allclose(plane(result)[0], quotient, atol=1e-10)


@pytest.mark.parametrize("mode", ["circular", "full"])
@pytest.mark.parametrize("size, taps", SIZES)
def test_undoes_a_convolution(size, taps, mode):
    images, kernel = normal(2, *size, 3), normal(*taps, seed=1)
    kernel[0, 0] += 10  # No response vanishes.
    convolved = convolve(images, kernel, mode)
    np.testing.assert_allclose(
        deconvolve(convolved, kernel, 0, mode), images, atol=1e-9
    )


def test_wieners_is_the_best_of_all_linear_estimates():
    # White signal of power 1, noise of power 0.1: no factor does better.
    draw = np.random.default_rng(0)
    images = draw.normal(size=(400, 8, 10, 1))
    noise = np.sqrt(0.1) * draw.normal(size=images.shape)
    observed = convolve(images, BLUR, "circular") + noise
    errors = [
        np.mean((deconvolve(observed, BLUR, ratio) - images) ** 2)
        for ratio in (0.05, 0.1, 0.2)
    ]
    assert np.argmin(errors) == 1
    # As an array over the frequencies, it is the same.
    np.testing.assert_allclose(
        deconvolve(observed, BLUR, np.full((8, 10), 0.1)),
        deconvolve(observed, BLUR, 0.1),
    )


def test_regularization_of_each_frequency():
    # What is regularized away altogether is gone; the rest is undone.
    image = normal(8, 9)
    radius = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, (8, 9)), indexing="ij"))
    blurred = convolve(batch(image), BLUR, "circular")
    result = deconvolve(blurred, BLUR, np.where(radius > 0.3, 1e30, 0))
    kept = np.fft.ifft2(np.fft.fft2(image) * (radius <= 0.3)).real
    np.testing.assert_allclose(plane(result), kept, atol=1e-9)


def test_removed_frequencies_stay_so():
    # The box of two has no response at the Nyquist frequency.
    wave = batch(np.tile([1.0, -1.0], 4)[None])
    result = deconvolve(convolve(wave, [[1, 1]], "circular"), [[1, 1]], 0)
    np.testing.assert_allclose(result, 0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_inverse_filter_amplifies_noise_as_the_response_says(dtype):
    taps = np.array([[0.3, 0.4, 0.3]])
    noise = normal(50, 1, 32, 1).astype(dtype)
    response = 0.4 + 0.6 * np.cos(2 * np.pi * np.fft.fftfreq(32))
    amplified = deconvolve(noise, taps, 0)
    power = np.mean(np.abs(np.fft.fft(amplified, axis=2)) ** 2, axis=(0, 1, 3))
    before = np.mean(np.abs(np.fft.fft(noise, axis=2)) ** 2, axis=(0, 1, 3))
    np.testing.assert_allclose(power, before / response**2, rtol=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [10, 15])
def test_what_a_kernel_removes_becomes_0(width, dtype):
    images = normal(1, 1, width, 1).astype(dtype)
    box = np.full([1, 5], 0.2)  # Removes multiples of 1/5 cycles per pixel.
    restored = deconvolve(convolve(images, box, "circular"), box, 0)
    expected = np.fft.fft(images[0, 0, :, 0])
    expected[np.arange(1, 5) * width // 5] = 0
    tolerance = {"float32": 1e-3, "float64": 1e-10}[dtype]
    np.testing.assert_allclose(
        np.fft.fft(restored[0, 0, :, 0]), expected, atol=tolerance
    )


IMAGES = normal(1, 6, 6, 1)


@pytest.mark.parametrize(
    "images, kernel, mode, match",
    [
        (IMAGES, BLUR, "sam", "Unknown mode.* Did you mean 'same'"),
        (IMAGES, BLUR, None, "Unknown mode"),
        (IMAGES[0], BLUR, "same", "Expected floating images"),
        (IMAGES.astype(np.int32), BLUR, "same", "int32. Cast integers"),
        (IMAGES * np.nan, BLUR, "same", "images hold NaN"),
        (
            IMAGES,
            [1.0, 2],
            "same",
            r"\[rows, columns\] of.* Received: shape \(2,\)",
        ),
        (IMAGES, BLUR * np.inf, "same", "kernel's taps hold NaN or infinite"),
        (IMAGES, BLUR * np.inf, "same", "not. Look where they are computed"),
        (IMAGES, np.ones((0, 3)), "same", r"least one. Received: .*\(0, 3\)"),
        (IMAGES, 1j * BLUR, "same", "real numbers.*Received: kernel=array"),
        (IMAGES, [[1, 2], [3]], "same", r"Received: kernel=\[\[1, 2\], \[3"),
        (IMAGES, None, "same", "Received: kernel=None"),
        (IMAGES, [["a"]], "same", "Received: kernel=.*'a'"),
        (None, BLUR, "same", "floating images .* Received: images=None"),
        (IMAGES[:, :0], BLUR, "same", "at least one pixel"),
        (IMAGES, np.ones((7, 1)), "valid", "at most 6 x 6 taps.*7 x 1"),
        (IMAGES, np.ones((1, 7)), "circular", "1 x 7. Crop it"),
    ],
)
def test_invalid_convolutions(images, kernel, mode, match):
    with pytest.raises(ValueError, match=match):
        convolve(images, kernel, mode)


@pytest.mark.parametrize(
    "kernel, regularization, mode, match",
    [
        (BLUR, 0.1, "same", "Unknown mode.* circular, full. Received: 'same'"),
        (BLUR, -0.1, "full", "number >= 0.* Received: -0.1"),
        (BLUR, float("nan"), "full", "Received: nan"),
        (BLUR, None, "full", "Received: None"),
        (BLUR, "a", "full", "Received: 'a'"),
        (BLUR, 1j, "full", "Received: 1j"),
        (BLUR, [[1, 2], [3]], "full", r"Received: \[\[1, 2\], \[3\]\]"),
        (BLUR, np.ones((6, 4)), "full", r"\(6, 6\).* Received: shape \(6, 4\)"),
        (BLUR, -np.ones((6, 6)), "full", r"array \(6, 6\) of them"),
        (np.ones((7, 1)), 0.1, "full", "at most 6 x 6 taps"),
        (BLUR * np.nan, 0.1, "full", "kernel's taps hold NaN"),
        ([[[1.0]]], 0.1, "full", r"\[rows, columns\]"),
    ],
)
def test_invalid_deconvolutions(kernel, regularization, mode, match):
    with pytest.raises(ValueError, match=match):
        deconvolve(IMAGES, kernel, regularization, mode)


def test_regularization_must_be_known():
    with pytest.raises(ValueError, match="before a `tf.function` runs"):
        tf.function(
            lambda regularization: deconvolve(IMAGES, BLUR, regularization)
        )(tf.constant(0.1))


def test_size_must_be_known():
    with pytest.raises(ValueError, match="known height and width"):
        tf.function(
            lambda images: convolve(images, BLUR),
            input_signature=[tf.TensorSpec([None, None, 8, 1])],
        ).get_concrete_function()
