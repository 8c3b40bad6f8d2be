import numpy as np
import scipy.fft

from specgan.data.lazy_pixels import blocks
from specgan.detection.picture_features import PictureFeatures

BLOCK = 8

ZERO = 0.5 - 1e-6
"""Coefficients below are zeros; those of 1/2 are not, however rounded."""

_ERROR = 1e-3
"""No coefficient has a larger one in float32."""

# Y, Cb, Cr of JFIF, without the offsets, which only DC has.
PLANES = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ]
)
DCT = scipy.fft.dct(np.eye(BLOCK), axis=0, norm="ortho")
DCT = np.kron(DCT, DCT)  # Of a block as one vector.


class DctModeFeatures(PictureFeatures):
    """Statistics of each mode of the 8 x 8 cosine transform, as in JPEG.

    Of each of the 63 modes but DC, in Y, Cb and Cr, over all blocks of the
    picture's grid: the mean of `ln(|c| + 1/2)`, `ln(s + 1/2)` with s the root
    mean square, and the share of coefficients below 1/2, which JPEG would make
    zero at its finest step. Photographs have a peak at zero and heavy tails,
    and the ratio of the three shows both.

    Blocks begin in the upper left corner; what is left at the other borders is
    not used. Grey pictures have no chroma: their Cb and Cr are all zeros.

    Features: statistic by statistic; within each Y, Cb, Cr; within each the
    modes (0, 1), (0, 2), ..., (7, 7).

    Example:
    >>> DctModeFeatures()([face, landscape]).shape  # uint8 arrays
    (2, 567)

    Reference:
    - Frank et al., 2020, Section 3.2: cosine transforms of generated images
      (https://arxiv.org/abs/2003.08685)
    - Giudice et al., 2021: statistics of each mode
      (https://arxiv.org/abs/2101.09781)
    """

    name = "dct"
    title = "DCT modes"
    least_size = BLOCK

    @property
    def length(self) -> int:
        return 3 * len(PLANES) * (BLOCK**2 - 1)

    def _rows(self, images):
        number, height, width, channels = images.shape
        rows, columns = height // BLOCK, width // BLOCK
        logs, squares, zeros = np.zeros([3, number, 3, BLOCK**2])
        weights = PLANES if channels == 3 else PLANES.sum(1, keepdims=True)
        for block in blocks(rows * BLOCK, columns * BLOCK, BLOCK):
            part = images[:, *block]
            wide = part.shape[2] // BLOCK
            part = part.reshape(number, -1, BLOCK, wide, BLOCK, channels)
            part = part.transpose(0, 1, 3, 5, 2, 4)
            part = part.reshape(*part.shape[:4], -1)
            sizes = _sizes(part, weights)
            zeros += _zeros(sizes, part, weights)
            sizes = sizes.reshape(number, -1, *sizes.shape[-2:])
            squares += np.einsum("nbpm,nbpm->npm", sizes, sizes)
            sizes += np.float32(0.5)
            logs += np.log(sizes, out=sizes).sum(axis=1)
        count = rows * columns
        spreads = np.log(np.sqrt(squares / count) + 0.5)
        statistics = np.stack([logs / count, spreads, zeros / count], axis=1)
        return statistics.reshape(number, 3, 3, -1)[..., 1:].reshape(number, -1)


def _sizes(pixels, weights):
    """Coefficients without signs, in float32.

    Args:
        pixels: uint8 [n, rows of blocks, blocks, channels, 64].
        weights: [3, channels].

    Returns:
        float32 [n, rows of blocks, blocks, 3, modes].
    """
    # Less the middle grey level, which only DC knows: smaller errors.
    levels = pixels.astype(np.float32)
    levels -= 128
    # One row of blocks at a time: for so little BLAS starts no threads, whose
    # waiting for each other would take longer.
    rows = levels.reshape(*levels.shape[:2], -1, BLOCK**2)
    modes = (rows @ DCT.T.astype(np.float32)).reshape(levels.shape)
    sizes = weights.astype(np.float32) @ modes
    return np.abs(sizes, out=sizes)


def _zeros(sizes, pixels, weights):
    """[n, 3, modes], how many coefficients of each mode are zeros."""
    sure = sizes < ZERO - _ERROR
    zeros = sure.sum(axis=(1, 2), dtype=np.float32)
    # Where float32 does not say, float64 does.
    unsure = np.flatnonzero(sure != (sizes < ZERO + _ERROR))
    *block, plane, mode = np.unravel_index(unsure, sizes.shape)
    exact = pixels[*block] - 128.0
    exact = (exact @ DCT[mode][..., np.newaxis])[..., 0]
    exact = (weights[plane] * exact).sum(axis=1)
    np.add.at(zeros, (block[0], plane, mode), np.abs(exact) < ZERO)
    return zeros
