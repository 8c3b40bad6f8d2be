import numpy as np
import scipy.fft

from specgan.detection.picture_features import PictureFeatures

BLOCK = 8

STRIP = 16 * BLOCK
"""Rows of a picture that are in memory at once."""

# Y, Cb, Cr of JFIF, without the offsets, which only DC has.
_PLANES = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ],
    np.float32,
)
_DCT = scipy.fft.dct(np.eye(BLOCK), axis=0, norm="ortho")
_DCT = np.kron(_DCT, _DCT).astype(np.float32)  # Of a block as one vector.


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
        return 3 * len(_PLANES) * (BLOCK**2 - 1)

    def _rows(self, images):
        number, height, width, channels = images.shape
        rows, columns = height // BLOCK, width // BLOCK
        images = images[:, : rows * BLOCK, : columns * BLOCK]
        logs, squares, zeros = np.zeros([3, number, 3, BLOCK**2])
        weights = _PLANES if channels == 3 else _PLANES.sum(1, keepdims=True)
        for first in range(0, rows * BLOCK, STRIP):
            strip = images[:, first : first + STRIP].astype(np.float32)
            blocks = strip.reshape(number, -1, BLOCK, columns, BLOCK, channels)
            blocks = blocks.transpose(0, 1, 3, 5, 2, 4)
            # [n, blocks, channels, modes]
            modes = blocks.reshape(number, -1, channels, BLOCK**2) @ _DCT.T
            modes = weights @ modes
            sizes = np.abs(modes)
            logs += np.log(sizes + 0.5).sum(axis=1)
            squares += (modes**2).sum(axis=1)
            zeros += (sizes < 0.5).sum(axis=1)
        count = rows * columns
        spreads = np.log(np.sqrt(squares / count) + 0.5)
        statistics = np.stack([logs / count, spreads, zeros / count], axis=1)
        return statistics.reshape(number, 3, 3, -1)[..., 1:].reshape(number, -1)
