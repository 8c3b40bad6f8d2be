"""The procedures of the code released with Durall et al., in plain NumPy."""

import numpy as np
from scipy.interpolate import griddata


def released_azimuthal_average(image):
    """The authors' 1-D spectrum of one image, transcribed into NumPy.

    Natural logarithm of the amplitude, radii from a centre half a pixel beside
    DC, pixels sorted by radius, means of rings from a running sum; grid and
    sorting anew for each image, first and last ring lost, as they do it.

    Args:
        image: `[height, width]`.

    Returns:
        One value a ring.
    """
    amplitude = np.fft.fftshift(np.fft.fft2(image)) + 1e-8
    level = 20 * np.log(np.abs(amplitude))
    rows, columns = np.indices(level.shape)
    radius = np.hypot(
        columns - (level.shape[1] - 1) / 2, rows - (level.shape[0] - 1) / 2
    )
    order = np.argsort(radius.flat)
    ring = radius.flat[order].astype(int)
    last_of_ring = np.flatnonzero(np.diff(ring))
    running_sum = np.cumsum(level.flat[order], dtype=float)
    sums = np.diff(running_sum[last_of_ring])
    return sums / np.diff(last_of_ring)


def released_features(image, length=300):
    """The released code's features of one grey image, as for its videos.

    Args:
        image: `[height, width]`.
        length: Number of features.

    Returns:
        `[length]`, the first of them 1.
    """
    profile = released_azimuthal_average(image)
    profile = griddata(
        np.linspace(0, length, len(profile)),
        profile,
        np.linspace(0, length, length),
        method="cubic",
    )
    return profile / profile[0]
