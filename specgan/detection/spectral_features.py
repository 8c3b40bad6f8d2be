import numpy as np

from specgan.detection.picture_features import PictureFeatures
from specgan.detection.reference_code import cubic_interpolation
from specgan.detection.reference_code import durall_spectrum
from specgan.detection.reference_code import grey_levels
from specgan.detection.reference_code import ring_count
from specgan.detection.relative import LEAST_SIZE
from specgan.detection.relative import relative_spectrum
from specgan.detection.relative import require_size
from specgan.detection.relative import too_small
from specgan.errors import invalid_argument
from specgan.errors import require_positive_integer


class SpectralFeatures(PictureFeatures):
    """Turns pictures of any sizes into rows of spectral features.

    A scikit-learn transformer without a state: to call it, or `transform`, is
    the same; `fit` does nothing.

    The default compares pictures by the power at each frequency, in cycles per
    pixel, relative to a reference band, in dB: see `relative_spectrum`. Two
    pictures that differ in size or gain alone have the same features up to
    chance and rounding, except for the lowest frequencies below 32 px. Give
    them a `SpectralDetector(standardize=True)`.

    With `reference_code=True` they equal the features of the paper's released
    code, number for number: see `durall_spectrum` for their definition, how it
    differs from the paper, and why not to rely on it. The `features` of
    `detection.PROTOCOLS` are the arguments for each of its data sets.

    Args:
        reference_code: Whether to do as the released code does.
        length: Features per picture, from 2. Those of the reference code are
            interpolated to this length by a cubic spline; with `None` there is
            one for each ring, and all pictures need the same size.
        normalize: Whether to set the features in relation to the reference
            band, or, for the reference code, to divide the logarithms by the
            first.

    Raises:
        ValueError: On a call, if an argument is out of its range, or if the
            images are not uint8, no pictures of 1 or 3 channels, too small
            (16 pixels; for the reference code 9, or 4 without interpolation),
            or none.

    Example:
    >>> features = SpectralFeatures()([face, landscape])  # uint8 arrays
    >>> features.shape
    (2, 64)
    >>> SpectralFeatures(**PROTOCOLS["celeba"].features)([face, face]).shape
    (2, 80)
    """

    name = "spectrum"
    title = "1-D spectrum"
    least_size = LEAST_SIZE

    def __init__(
        self,
        reference_code: bool = False,
        length: int | None = 64,
        normalize: bool = True,
    ):
        self.reference_code = reference_code
        self.length = length
        self.normalize = normalize

    def _rows(self, images):
        if not self.reference_code:
            return relative_spectrum(images, self.length, self.normalize)
        profile = durall_spectrum(grey_levels(images))
        if self.length is not None:
            matrix = cubic_interpolation(profile.shape[1], self.length)
            profile = profile @ matrix.T
        return profile / profile[:, :1] if self.normalize else profile

    def _columns(self, shapes):
        if self.length is not None:
            return self.length
        columns = {ring_count(*shape[:2]) for shape in shapes}
        if len(columns) > 1:
            raise ValueError(
                "Pictures of several sizes have several numbers of rings. "
                f"Received: length=None and pictures of {sorted(shapes)[:4]} "
                "or more. Use pictures of one size, or set a `length`, to "
                "which all are interpolated."
            )
        return columns.pop()

    def _require_arguments(self):
        if self.length is None and self.reference_code:
            return
        require_positive_integer("length", self.length)
        if not isinstance(self.normalize, bool | np.bool_):
            raise invalid_argument("normalize", "True or False", self.normalize)
        if self.length == 1:
            raise ValueError(
                "Invalid value for argument `length`. Expected at least 2 "
                f"features. Received: length={self.length}."
            )

    def require_size(self, height: int, width: int) -> None:
        """A `ValueError` unless pictures of a size have these features."""
        if not self.reference_code:
            require_size(height, width)
            return
        # A cubic spline needs four values.
        least = 1 if self.length is None else 4
        if not min(height, width) or ring_count(height, width) < least:
            raise too_small(
                f"at least {least} rings between the first and last",
                height,
                width,
            )
