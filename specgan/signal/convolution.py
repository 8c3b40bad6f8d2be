"""Convolution by the Fourier transform, and its regularized inverse.

One identity carries both: the transform turns a convolution into a product,
frequency by frequency. So a convolution costs two transforms whatever the size
of its kernel, and undoing it is a division.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.errors import unknown_name
from specgan.signal.channel_planes import checked_images
from specgan.signal.channel_planes import to_images
from specgan.signal.channel_planes import to_planes
from specgan.signal.image_values import require_finite
from specgan.signal.real_tensor import real_tensor
from specgan.typing import Tensor
from specgan.typing import TensorLike


def convolve(
    images: TensorLike, kernel: TensorLike, mode: str = "same"
) -> Tensor:
    """Convolves each channel of images with a kernel, by the FFT.

    A true convolution: the kernel is mirrored, unlike that of Keras'
    convolution layers, which correlate. Linear modes take what lies beyond
    the images as 0, the circular one takes them as periodic. Differentiable
    in images and kernel.

    Formula:

    ```
    y[i, j] = sum_kl kernel[k, l] images[i + r - k, j + s - l]
    Y(fy, fx) = K(fy, fx) X(fy, fx)
    ```

    with r = s = 0 for "full"; for "same" and "circular" the kernel's middle
    tap, `r = (rows - 1) // 2`, lies on the pixel; for "valid" r = rows - 1.
    The second line is how it is computed, on a grid large enough that nothing
    wraps around, except in the circular mode.

    Args:
        images: Floating tensor `[batch, height, width, channels]` of known
            height and width. Half precision is convolved in float32.
        kernel: `[rows, columns]`, the same for all images and channels. A
            signal along one axis is an image of height 1, its kernel
            `[1, columns]`.
        mode: `"full"`: wherever both overlap; `"same"`: the middle of it, of
            the images' size; `"valid"`: where the kernel lies within the
            images; `"circular"`: of the images' size, periodic.

    Returns:
        Tensor of the images' type, `[batch, height', width', channels]` with
        `height' = height + rows - 1` for "full", `height - rows + 1` for
        "valid", else height.

    Raises:
        ValueError: If the mode is unknown, images or kernel are not finite
            numbers of these shapes, or the kernel is larger than the images
            where it must lie within ("valid", "circular").

    Example:
    >>> images = tf.reshape([1.0, 2.0, 3.0, 4.0], [1, 1, 4, 1])
    >>> convolve(images, [[1, -1]], "full")[0, 0, :, 0].numpy().round(3)
    array([ 1.,  1.,  1.,  1., -4.], dtype=float32)
    >>> convolve(images, [[1, -1]], "circular")[0, 0, :, 0].numpy().round(3)
    array([-3.,  1.,  1.,  1.], dtype=float32)
    """
    if mode not in ("full", "same", "valid", "circular"):
        raise unknown_name("mode", mode, ("full", "same", "valid", "circular"))
    images = checked_images(images)
    planes, kernel, size, taps = _checked(images, kernel)
    if mode in ("valid", "circular"):
        _require_fits(taps, size)
    full = [n + k - 1 for n, k in zip(size, taps, strict=True)]
    grid = size if mode == "circular" else full
    spectrum = _spectrum(planes, grid) * _spectrum(kernel, grid)
    result = tf.signal.irfft2d(spectrum, fft_length=grid)
    middle = [(k - 1) // 2 for k in taps]
    if mode == "circular":
        result = tf.roll(result, [-k for k in middle], axis=[2, 3])
    elif mode == "same":
        result = _cropped(result, middle, size)
    elif mode == "valid":
        inside = [n - k + 1 for n, k in zip(size, taps, strict=True)]
        result = _cropped(result, [k - 1 for k in taps], inside)
    return to_images(result, images.dtype)


def deconvolve(
    images: TensorLike,
    kernel: TensorLike,
    regularization: ArrayLike,
    mode: str = "circular",
) -> Tensor:
    """Undoes a convolution: given f and h in `f * g = h`, finds g.

    Not what neural networks call a deconvolution: the transposed convolution
    multiplies a spectrum by the conjugate of the kernel's response, this
    divides by that response. Where the response is small, a division amplifies
    noise; the regularization bounds it.

    Formula, with F, G, H the spectra of f, g, h and * the conjugate:

    ```
    G = F* H / (|F|^2 + regularization)
    ```

    For one number this is Tikhonov's estimate, the g of least
    `|f * g - h|^2 + regularization |g|^2`. For the ratio of the noise's power
    to the signal's at every frequency it is Wiener's, of the least expected
    error of all linear ones.

    Args:
        images: h, floating tensor `[batch, height, width, channels]` of known
            height and width. Half precision is computed in float32; a small
            regularization needs float64.
        kernel: f, `[rows, columns]`, not larger than the images.
        regularization: Number >= 0, in squared units of the kernel's response
            (whose value at frequency 0 is the sum of its taps), or an array
            `[height, width]` of them, one for each frequency in the order of
            `np.fft.fftfreq` (symmetric, as power spectra are). 0 is the plain
            inverse; frequencies that the kernel removes altogether (whose
            response is within rounding of 0) become 0.
        mode: The one of `convolve` that made h: `"circular"`, or `"full"` of
            a g that is 0 beyond its borders, which is estimated on the grid
            of h and cropped.

    Returns:
        Tensor of the images' type: of the images' shape for "circular";
        `[batch, height - rows + 1, width - columns + 1, channels]`, the shape
        before the convolution, for "full".

    Raises:
        ValueError: If the mode is unknown, an argument is not of these
            shapes and ranges or not finite, or the kernel is larger than the
            images.

    Example:
    >>> kernel = [[0.25, 0.5, 0.25]]
    >>> images = tf.random.normal([1, 5, 7, 1], dtype="float64")
    >>> blurred = convolve(images, kernel, "full")
    >>> restored = deconvolve(blurred, kernel, 0, "full")
    >>> float(tf.reduce_max(tf.abs(restored - images))) < 1e-9
    True

    Reference:
        Gonzalez & Woods, "Digital Image Processing", 4th edition, 2018,
        Sections 5.7 (inverse filtering) and 5.8 (Wiener's).
    """
    if mode not in ("circular", "full"):
        raise unknown_name("mode", mode, ("circular", "full"))
    images = checked_images(images)
    planes, kernel, size, taps = _checked(images, kernel)
    _require_fits(taps, size)
    added = tf.constant(_added(regularization, size), planes.dtype)
    response = _spectrum(kernel, size)  # F
    power = tf.math.real(response) ** 2 + tf.math.imag(response) ** 2
    # Where the kernel removes a frequency, its response is rounding and not 0.
    rounding = 8 * np.finfo(planes.dtype.as_numpy_dtype).eps
    least = (rounding * tf.reduce_sum(tf.abs(kernel))) ** 2
    bounded = power + added
    bounded = tf.where(bounded > least, bounded, tf.zeros_like(bounded))
    gain = tf.math.divide_no_nan(tf.ones_like(power), bounded)
    spectrum = tf.math.conj(response) * tf.cast(gain, response.dtype)
    result = tf.signal.irfft2d(spectrum * _spectrum(planes, size), size)
    if mode == "circular":
        result = tf.roll(result, [(k - 1) // 2 for k in taps], axis=[2, 3])
    else:
        before = [n - k + 1 for n, k in zip(size, taps, strict=True)]
        result = _cropped(result, [0, 0], before)
    return to_images(result, images.dtype)


def _checked(images, kernel):
    """Planes, kernel of their type, and the sizes of both."""
    planes = to_planes(images)
    size = planes.shape[2:].as_list()
    if None in size:
        raise ValueError(
            "A convolution needs images of a known height and width. "
            f"Received: shape {tuple(images.shape)}."
        )
    expected = "[rows, columns] of real numbers, at least one"
    kernel = real_tensor("kernel", kernel, expected)
    shape = kernel.shape
    if shape.rank != 2 or not shape.is_fully_defined() or 0 in shape:
        raise ValueError(
            f"Invalid value for argument `kernel`. Expected {expected}. "
            f"Received: shape {tuple(shape)}. A signal along one axis "
            "is an image of height 1, its kernel [1, columns]."
        )
    require_finite(kernel, "kernel's taps", "Look where they are computed.")
    return planes, tf.cast(kernel, planes.dtype), size, shape.as_list()


def _require_fits(taps, size):
    if any(k > n for k, n in zip(taps, size, strict=True)):
        raise ValueError(
            "The kernel does not fit into the images. Expected at most "
            f"{size[0]} x {size[1]} taps. Received: {taps[0]} x {taps[1]}. "
            "Crop it, or pad the images."
        )


def _added(regularization, size):
    """What is added to the power of each bin of `rfft2d`."""
    try:
        values = np.asarray(regularization)
    except (NotImplementedError, ValueError):
        values = np.asarray(None)  # A tensor of a `tf.function`; ragged rows.
    is_real = values.dtype.kind in "fiu"
    is_valid = is_real and (values.ndim == 0 or values.shape == tuple(size))
    if not is_valid or not np.all(np.isfinite(values) & (values >= 0)):
        raise ValueError(
            "Invalid value for argument `regularization`. Expected a finite "
            f"number >= 0, or an array {tuple(size)} of them, known before a "
            "`tf.function` runs. Received: "
            + (
                f"shape {values.shape}, {values.dtype}."
                if values.ndim
                else f"{regularization!r}."
            )
        )
    values = values.astype(np.float64)
    return values if values.ndim == 0 else values[:, : size[1] // 2 + 1]


def _spectrum(planes, size):
    """`rfft2d` of planes, with zeros after them up to a size."""
    shape = planes.shape[-2:].as_list()
    after = [[0, n - m] for n, m in zip(size, shape, strict=True)]
    padded = tf.pad(planes, [[0, 0]] * (planes.shape.rank - 2) + after)
    return tf.signal.rfft2d(padded)


def _cropped(planes, start, size):
    (top, left), (rows, columns) = start, size
    return planes[:, :, top : top + rows, left : left + columns]
