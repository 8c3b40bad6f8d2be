import numpy as np

from specgan.detection.patch_spectra import PATCH
from specgan.detection.patch_spectra import patch_transforms
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.picture_features import luma
from specgan.signal.frequency_plane import QUANTIZATION_NOISE


class PatchSpectrumFeatures(PictureFeatures):
    """The 2-D spectrum of luma, as the mean over patches in dB.

    `mean over patches of 10 log10 max(|F|^2, q)`, where F is the transform of a
    32 x 32 patch under a Hann window and q the power of rounding to 8 bits,
    less its mean over all frequencies: the picture's gain cancels, but where
    rounding adds its noise.

    Unlike a 1-D profile it sees directions: the grid of points that
    up-sampling leaves at periods of 2 and 4 pixels. The patches cover the
    whole picture, whatever its size, and half overlap.

    Features: 32 vertical frequencies (0 to 15/32, -1/2 to -1/32 cycles per
    pixel) by 17 horizontal ones (0 to 1/2), row by row.

    Example:
    >>> PatchSpectrumFeatures()([face, landscape]).shape  # uint8 arrays
    (2, 544)

    Reference:
    - Frank et al., 2020, Section 4: what 2-D spectra of generated images show
      (https://arxiv.org/abs/2003.08685)
    """

    name = "patches"
    title = "2-D spectrum of patches"
    least_size = PATCH

    @property
    def length(self) -> int:
        return PATCH * (PATCH // 2 + 1)

    def _rows(self, images):
        total, count = np.zeros([len(images), PATCH, PATCH // 2 + 1]), 0
        for transforms in patch_transforms(images, luma):
            # In place: allocation is expensive.
            power = transforms.real**2
            power += transforms.imag**2
            np.maximum(power, np.float32(QUANTIZATION_NOISE), out=power)
            total += np.log10(power, out=power).sum(axis=1, dtype=np.float64)
            count += power.shape[1]
        rows = 10 * total.reshape(len(images), -1) / count
        return rows - rows.mean(axis=1, keepdims=True)
