import numpy as np

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

# Of a row or column of a block: the orthonormal DCT-II.
_DCT = np.cos(
    np.pi * np.outer(np.arange(BLOCK), np.arange(BLOCK) + 0.5) / BLOCK
)
_DCT *= np.sqrt(np.where(np.arange(BLOCK) == 0, 1, 2) / BLOCK)[:, np.newaxis]
DCT = np.kron(_DCT, _DCT)  # Of a block as one vector.


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
        # [image, vertical mode, plane, horizontal mode]
        shape = number, BLOCK, len(PLANES), BLOCK
        logs, squares, zeros = np.zeros([3, *shape])
        weights = PLANES if channels == 3 else PLANES.sum(1, keepdims=True)
        for block in blocks(rows * BLOCK, columns * BLOCK, BLOCK):
            part = images[:, *block]
            sizes = _sizes(part, weights)
            zeros += _zeros(sizes, part, weights)
            # Over rows of blocks first, along which memory is contiguous.
            sums = np.einsum("nrubpv,nrubpv->nubpv", sizes, sizes)
            squares += sums.sum(axis=2, dtype=np.float64)
            sizes += np.float32(0.5)
            sums = np.log(sizes, out=sizes).sum(axis=1)
            logs += sums.sum(axis=2, dtype=np.float64)
        count = rows * columns
        spreads = np.log(np.sqrt(squares / count) + 0.5)
        statistics = np.stack([logs / count, spreads, zeros / count], axis=1)
        statistics = statistics.swapaxes(2, 3)  # Planes first.
        return statistics.reshape(number, 3, 3, -1)[..., 1:].reshape(number, -1)


def _sizes(pixels, weights):
    """Coefficients without signs, in float32.

    Args:
        pixels: uint8 [n, height, width, channels], of whole blocks.
        weights: [3, channels].

    Returns:
        float32 [n, rows of blocks, vertical mode, blocks, 3, horizontal mode].
    """
    number, height, width, channels = pixels.shape
    # Less the middle grey level, which only DC knows: smaller errors.
    levels = (pixels ^ np.uint8(128)).view(np.int8).astype(np.float32)
    # As pixels lie in memory, a row of blocks at a time: for so little BLAS
    # starts no threads, whose waiting for each other would take longer.
    levels = levels.reshape(number, -1, BLOCK, width * channels)
    modes = _DCT.astype(np.float32) @ levels
    across = np.einsum("vj,pc->jcpv", _DCT, weights)
    across = across.reshape(BLOCK * channels, -1).astype(np.float32)
    sizes = modes.reshape(number, height // BLOCK, -1, len(across)) @ across
    np.abs(sizes, out=sizes)
    return sizes.reshape(*modes.shape[:3], width // BLOCK, -1, BLOCK)


def _zeros(sizes, pixels, weights):
    """[n, modes, 3, modes], how many coefficients of each mode are zeros."""
    sure = sizes < np.float32(ZERO - _ERROR)
    zeros = sure.sum(axis=1, dtype=np.uint16).sum(axis=2, dtype=np.float64)
    # Where float32 does not say, float64 does.
    unsure = np.flatnonzero(sure != (sizes < np.float32(ZERO + _ERROR)))
    image, row, down, column, plane, across = np.unravel_index(
        unsure, sizes.shape
    )
    number, height, width, channels = pixels.shape
    exact = pixels.reshape(number, -1, BLOCK, width // BLOCK, BLOCK, channels)
    exact = np.moveaxis(exact[image, row, :, column], -1, 1) - 128.0
    exact = exact.reshape(-1, channels, BLOCK**2)
    exact = (exact @ DCT[BLOCK * down + across][..., np.newaxis])[..., 0]
    exact = (weights[plane] * exact).sum(axis=1)
    np.add.at(zeros, (image, down, plane, across), np.abs(exact) < ZERO)
    return zeros
