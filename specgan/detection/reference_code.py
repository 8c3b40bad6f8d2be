"""The 1-D spectrum of the paper's released code, number for number.

What the code does, which is not what the paper says: the mean over rings of
20 times the *natural* logarithm of the *amplitude*; 8-bit grey levels, no
window; rings around a centre half a pixel beside DC if the size is even; of
these neither the first nor the last. It serves to repeat the paper. Sizes,
gains and codecs show in it more than generators do: to detect, prefer
`relative_spectrum`.

Reference:
- Durall et al., 2020, Section 4.1, and the code of "Unmasking DeepFakes with
  simple Features" (https://arxiv.org/abs/1911.00686), which it refers to.
"""

import functools

import numpy as np

EPSILON = 1e-8
"""Added to the transform, to its real part, before the logarithm."""


def grey_levels(images: np.ndarray) -> np.ndarray:
    """8-bit grey levels as `cv2.imread(file, 0)` gives them, from pixels.

    OpenCV leaves the conversion to the decoder, hence it differs by format.
    This is what it does for PNG, the format of pixels that are kept as they
    are (libpng): `(9797 R + 19234 G + 3737 B) >> 15`, rounded down. BMP, PPM
    and TIFF give `(4899 R + 9617 G + 1868 B + 8192) >> 14`. A JPEG gives the
    grey channel within the file, which its RGB pixels no longer give exactly
    (1 to 2 % of them are off, by up to 13 levels); read such a file by
    `image = PIL.Image.open(file); image.draft("L", image.size)` to have it.
    All as measured with OpenCV 5.0.0.

    Args:
        images: uint8 [batch, height, width, channels], 1 or 3 channels.

    Returns:
        uint8 [batch, height, width].

    Example:
    >>> grey_levels(np.full([1, 1, 1, 3], 100, "uint8"))
    array([[[100]]], dtype=uint8)
    """
    if images.shape[-1] == 1:
        return images[..., 0]
    red, green, blue = np.moveaxis(images.astype(np.uint32), -1, 0)
    return ((9797 * red + 19234 * green + 3737 * blue) >> 15).astype(np.uint8)


def ring_count(height: int, width: int) -> int:
    """How many values `durall_spectrum` has: 43 at 64 px, 722 at 1024."""
    return int(np.hypot((height - 1) / 2, (width - 1) / 2)) - 1


def durall_spectrum(grey: np.ndarray) -> np.ndarray:
    """The released code's 1-D spectrum of grey images.

    Formula, with the rings R_k = {k <= distance to the centre < k + 1} of n_k
    pixels each, around ((height - 1) / 2, (width - 1) / 2):

    ```
    F = fftshift(fft2(grey)) + 1e-8
    profile[k] = 1 / n_k * sum_{R_k} 20 ln |F|,   k = 1..K - 1
    ```

    of K + 1 rings. It is linear in ln |F|, so that one sparse matrix does what
    the code does by sorting all pixels of every image. That of a real image
    needs half of F only: a frequency and its conjugate are usually in two
    different rings, and both rings take the one value; which is exact, since
    adding a *real* number leaves F conjugate symmetric.

    Exact to 1e-12, and equal to the code's numbers to what these are exact to.
    It takes differences of a running sum over all pixels, whose rounding stays
    in them: at 64 px, where the sum ends at 6e5, they are off by 2e-11, at
    256 px by 3e-10, at 512 px by 1e-9, at 1024 px, of a sum of 2e8, by 7e-9.
    Divided by the first ring they differ by less than 1e-10 at all of these.

    Not so for spectra with zeros (a flat image, an exact period): of |F| = 0
    both keep the rounding error of their Fourier transform, which the
    logarithm magnifies.

    Args:
        grey: Real numbers [batch, height, width], 0..255; any size whose
            `ring_count` is positive.

    Returns:
        float64 [batch, K - 1], natural logarithms.

    Example:
    >>> durall_spectrum(np.zeros([2, 218, 178])).shape
    (2, 139)
    """
    # Here and below, since their imports take longer than all else that
    # detectors need.
    import scipy.fft

    spectrum = scipy.fft.rfft2(np.asarray(grey, np.float64))
    parts = spectrum.view(np.float64).reshape(*spectrum.shape, 2)
    parts[..., 0] += EPSILON
    np.square(parts, out=parts)  # In place: allocation is expensive.
    levels = np.log(parts[..., 0] + parts[..., 1]).reshape(len(parts), -1)
    return (_ring_means(*grey.shape[1:]) @ levels.T).T


# Few, since one takes 12 bytes a pixel.
@functools.lru_cache(maxsize=4)
def _ring_means(height, width):
    """The matrix from the half plane of `rfft2` to the means of rings."""
    import scipy.sparse

    distance = np.hypot(
        np.arange(height)[:, None] - (height - 1) / 2,
        np.arange(width)[None, :] - (width - 1) / 2,
    )
    ring = np.fft.ifftshift(distance.astype(np.int32))
    half = width // 2 + 1
    row, column = np.indices(ring.shape, np.int32)
    # Where `rfft2` has each frequency, or else its conjugate.
    source = np.where(
        column < half,
        row * half + column,
        -row % height * half + (width - column),
    )
    counts = np.bincount(ring.ravel())
    kept = (ring > 0) & (ring < len(counts) - 1)
    return scipy.sparse.csr_array(
        # 20 ln |F| = 10 ln |F|^2
        (10 / counts[ring[kept]], (ring[kept] - 1, source[kept])),
        shape=(len(counts) - 2, height * half),
    )


@functools.lru_cache(maxsize=64)
def cubic_interpolation(count: int, length: int) -> np.ndarray:
    """The matrix that interpolates values to a fixed length.

    By the cubic not-a-knot spline, as `scipy.interpolate.griddata` does for
    the released code, at `length` places from the first to the last of `count`
    values.

    Args:
        count: How many values there are, from 4.
        length: How many there are to be.

    Returns:
        [length, count].
    """
    from scipy.interpolate import make_interp_spline

    values = make_interp_spline(
        np.linspace(0, length, count), np.eye(count), k=3
    )
    return values(np.linspace(0, length, length))
