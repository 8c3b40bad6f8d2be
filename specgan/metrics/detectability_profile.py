from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from specgan.data.jpeg import compressed
from specgan.metrics.detection_score import radial_basis_functions
from specgan.metrics.held_out_detection import Detector
from specgan.metrics.held_out_detection import HeldOutDetection
from specgan.signal import image_levels
from specgan.signal import quantization
from specgan.signal import spectrum
from specgan.typing import Tensor
from specgan.typing import TensorLike

SMALLEST = 8
"""Pixels of a side from which on rings have orientations to compare."""

JPEG_QUALITY = 75
"""Pillow's default, and a common one."""

COMPONENTS = 64
"""Principal components of a map that a non-linear detector is shown."""

LEAST_DEVIATION = 1e-3
"""dB below which a standard deviation is that of a constant."""


class Row(NamedTuple):
    """A detector of the profile.

    Args:
        features: Name of the features that it is shown.
        build: Function that gives the classifier.
        label: What it is, in a few words.
        looks_at: What it looks at, in words.
    """

    features: str
    build: Callable
    label: str
    looks_at: str


def _linear_rings():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def _linear_map():
    # As strong a penalty as some 500 weights need that a few hundred images
    # determine. With 400 images of a kind after JPEG it detects LSGAN's faces
    # at 0.94; a discriminant analysis with shrinkage at 0.90, in five times
    # the time.
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=1e-3, max_iter=1000)
    )


class _Components(PCA):
    """The first principal components, or as many as there can be."""

    def fit_transform(self, X: np.ndarray, y: Any = None) -> np.ndarray:
        self.n_components = min(COMPONENTS, *np.shape(X))
        # Components of equal images explain 0 of a variance of 0.
        with np.errstate(invalid="ignore"):
            return super().fit_transform(X, y)


def _non_linear_map():
    return make_pipeline(
        StandardScaler(), _Components(svd_solver="covariance_eigh"), SVC()
    )


ROWS = {
    "luma_linear": Row(
        "luma",
        _linear_rings,
        "1-D luma, linear",
        "1-D spectrum of luma: its mean",
    ),
    "luma_rbf": Row(
        "luma",
        radial_basis_functions,
        "1-D luma, RBF",
        "1-D spectrum of luma: mean and spread; the detection_score",
    ),
    "chroma_rbf": Row(
        "chroma",
        radial_basis_functions,
        "1-D chroma, RBF",
        "1-D spectra of chroma (R-Y, B-Y): mean and spread",
    ),
    "sectors_rbf": Row(
        "sectors",
        radial_basis_functions,
        "4 orientations, RBF",
        "1-D spectra of luma in 4 orientations: mean and spread",
    ),
    "map_linear": Row(
        "map",
        _linear_map,
        "2-D luma, linear",
        "2-D spectrum of luma: its mean; grids and lines",
    ),
    "map_rbf": Row(
        "map",
        _non_linear_map,
        "2-D luma, RBF",
        f"2-D spectrum of luma, {COMPONENTS} components: mean and spread",
    ),
    "luma_rbf_jpeg75": Row(
        "luma_jpeg75",
        radial_basis_functions,
        "1-D luma, RBF, after JPEG",
        "as luma_rbf, after JPEG 75 of both",
    ),
    "chroma_rbf_jpeg75": Row(
        "chroma_jpeg75",
        radial_basis_functions,
        "1-D chroma, RBF, after JPEG",
        "as chroma_rbf, after JPEG 75 of both",
    ),
    "map_linear_jpeg75": Row(
        "map_jpeg75",
        _linear_map,
        "2-D luma, linear, after JPEG",
        "as map_linear, after JPEG 75 of both",
    ),
}
"""The detectors by name, in the order of the profile.

JPEG is of quality 75, chroma at half resolution (4:2:0), of both kinds.
"""


class DetectabilityProfile(HeldOutDetection):
    """What of generated images' spectra gives them away, detector by detector.

    Each row is the balanced accuracy, on held-out images, of a detector that
    was freshly fitted to one view of single images' spectra; 0.5 is perfect.
    What only some rows see says what is wrong with a generator:

    - `luma_linear`, `luma_rbf`: power of all rings but DC. The linear one
      (logistic regression) sees wrong means, the other (support vector
      machine with radial basis functions) a wrong spread as well. `luma_rbf`
      is the `DetectionScore`;
    - `chroma_rbf`: the same of R - Y and of B - Y;
    - `sectors_rbf`: of each ring in 4 orientations, in luma;
    - `map_linear`, `map_rbf`: of the 2-D spectrum in luma, which shows grids
      and lines: some 500 `signal.image_levels.cells`, each in dB. The cells
      pool 2x2 frequencies at 64 px, which evens out the chance of single
      frequencies and keeps the peaks of checkerboards. The linear detector is
      strongly regularized; the other sees 64 principal components of the
      images that it is fitted to, since with 500 features and few images the
      distances of radial basis functions are mostly noise;
    - `luma_rbf_jpeg75`, `chroma_rbf_jpeg75`, `map_linear_jpeg75`: the same
      after JPEG of quality 75 (4:2:0) of both kinds. Photographs that were
      JPEG files have no chroma at high frequencies, which is the codec's
      doing, and gives away any generator that was not compressed.

    All are of images less their mean, under a Hann window, in dB above the
    noise of 8 bits, standardized. Images without colours have no rows of
    chroma. Each row has its control, the same between two sets of real
    images: see `DetectionScore` for that, for the errors, and for what else
    than the generator is detected.

    Features of real images, and the control, are kept by `reset_fake`.

    Args:
        capacity: How many images of each kind to compare, the first ones. Of
            real images twice as many are kept, for the control.
        splits: Integer from 2.
        seed: Of the splits.

    Raises:
        ValueError: If an argument is out of its range, or images have less
            than 8 pixels of height or width.

    Example:
    >>> profile = metrics.DetectabilityProfile()
    >>> profile.update_state(real=photographs, fake=gan.sample(2000))
    >>> profile.result()["detection_map_linear"]
    0.99
    >>> plots.detectability(profile.result(), profile.evidence())

    Reference:
        Durall et al., 2020, Section 4.1, for detection by the 1-D spectrum;
        Frank et al., Leveraging Frequency Analysis for Deep Fake Image
        Recognition, ICML 2020, for linear detectors of 2-D spectra.
    """

    def __init__(self, capacity: int = 2000, splits: int = 5, seed: int = 0):
        super().__init__("detectability", capacity, splits, seed, "hann")

    def build(self, height: int, width: int) -> None:
        if min(height, width) < SMALLEST:
            raise ValueError(
                "The detectability profile looks at orientations and maps of "
                f"spectra. Expected images of at least {SMALLEST}x{SMALLEST} "
                f"pixels. Received: {height}x{width}. For smaller ones use "
                "DetectionScore."
            )
        super().build(height, width)

    # === Features ===

    def _columns(self, height, width):
        """{name of features: their slice}."""
        rings = image_levels.rings(height, width).count
        counts = {
            "luma": rings,
            "chroma": 2 * rings,
            "sectors": image_levels.sectors(height, width).count,
            "map": image_levels.cells(height, width).count,
        }
        counts |= {
            f"{name}_jpeg75": counts[name] for name in ("luma", "chroma", "map")
        }
        ends = np.cumsum([0, *counts.values()])
        slices = map(slice, ends[:-1].tolist(), ends[1:].tolist())
        return dict(zip(counts, slices, strict=True))

    def _width(self, height, width):
        return max(one.stop for one in self._columns(height, width).values())

    def _rows(self, images):
        features = profile_features(images)
        columns = self._columns(*images.shape[1:3])
        return tf.concat([features[name] for name in columns], axis=1)

    # === Results ===

    def result(self) -> dict[str, float]:
        """Dictionary of names and floats from 0 to 1.

        For each row (`ROWS`): `detection_{row}`, `detection_{row}_std`,
        `detection_{row}_control` and `detection_{row}_control_std`: accuracy,
        its standard error, and those of the control. See
        `DetectionScore.result` for how to read the errors.

        Raises:
            ValueError: If there are less than 20 real or 10 generated images.
        """
        real, fake = self._kept()
        columns = self._columns(self.height, self.width)
        detectors = {
            name: Detector(columns[row.features], row.build)
            for name, row in ROWS.items()
            if "chroma" not in name
            or _has_colours(real, fake, columns["chroma"])
        }
        return {
            f"detection_{name}{suffix}": value
            for name, values in self._accuracies(detectors).items()
            for suffix, value in values.items()
        }

    def evidence(self) -> dict[str, Any]:
        """Where spectra differ, for `plots.detectability`.

        As JSON can hold it, all of the same images and features as the rows:

        - "images": how many "real" and "fake" ones;
        - "frequencies": of the rings 1, ..., M // 2, in cycles per pixel;
        - "rings": for "luma", and with colours for "R-Y" and "B-Y", two lists
          over the rings: "shift" is the difference of the means in dB,
          generated less real, divided by the standard deviation of the real
          images; "spread" the standard deviation of the generated ones
          divided by that of the real ones;
        - "map": "difference", a matrix of the difference of the mean dB, DC
          in the centre (0), rows down and columns to the right, and the edges
          of its cells in cycles per pixel, "vertical" and "horizontal".

        Raises:
            ValueError: If there are less than 20 real or 10 generated images.
        """
        real, fake = self._kept()
        columns = self._columns(self.height, self.width)
        frequencies = spectrum.ring_frequencies(self.height, self.width)[1:]
        planes = {"luma": columns["luma"]}
        if _has_colours(real, fake, columns["chroma"]):
            start, stop = columns["chroma"].start, columns["chroma"].stop
            middle = (start + stop) // 2
            planes |= {"R-Y": slice(start, middle), "B-Y": slice(middle, stop)}
        rings = {}
        for name, place in planes.items():
            shift, spread = _moments(real[:, place], fake[:, place])
            # Without the corner.
            rings[name] = {
                "shift": _as_list(shift[:-1]),
                "spread": _as_list(spread[:-1]),
            }
        matrix, vertical, horizontal = image_levels.whole_plane(
            np.mean(fake[:, columns["map"]], axis=0)
            - np.mean(real[:, columns["map"]], axis=0),
            self.height,
            self.width,
        )
        return {
            "images": {"real": len(real), "fake": len(fake)},
            "frequencies": _as_list(frequencies),
            "rings": rings,
            "map": {
                "vertical": _as_list(vertical),
                "horizontal": _as_list(horizontal),
                "difference": _as_list(matrix, 2),
            },
        }


def profile_features(images: TensorLike) -> dict[str, Tensor]:
    """What the detectors of the profile are shown of single images.

    Args:
        images: `[n, height, width, channels]` in [-1, 1], of 8 pixels at
            least.

    Returns:
        Dictionary of the names in `Row.features` and float32
        `[n, features]`, in dB.
    """
    after = _features(_after_jpeg(images))
    return _features(images) | {f"{name}_jpeg75": after[name] for name in after}


def _features(images):
    """{name: features `[n, ...]` in dB} of images in [-1, 1]."""
    size = images.shape[1:3]
    rings = image_levels.rings(*size)
    power = image_levels.half_plane_power(spectrum.luminance(images))
    chroma = [
        image_levels.levels(image_levels.half_plane_power(plane), rings)
        for plane in image_levels.colour_differences(images)
    ]
    return {
        "luma": image_levels.levels(power, rings),
        "chroma": tf.concat(chroma, axis=1),
        "sectors": image_levels.levels(power, image_levels.sectors(*size)),
        "map": image_levels.levels(power, image_levels.cells(*size)),
    }


def _after_jpeg(images):
    pictures = quantization.to_uint8(images)
    coded = tf.numpy_function(_jpeg, [pictures], tf.uint8)
    coded.set_shape(images.shape)
    return quantization.from_uint8(coded)


def _jpeg(pictures):
    coded = np.empty_like(pictures)
    for place, picture in enumerate(pictures):
        coded[place] = compressed(picture, JPEG_QUALITY)
    return coded


def _has_colours(real, fake, columns):
    """Whether chroma differs anywhere, by more than rounding, from none."""
    chroma = real[:, columns], fake[:, columns]
    return max(map(np.max, chroma)) - min(map(np.min, chroma)) > 1e-3


def _moments(real, fake):
    """Shift of the mean in standard deviations, and ratio of these."""
    deviations = [
        np.maximum(rows.std(axis=0), LEAST_DEVIATION) for rows in (real, fake)
    ]
    shift = (fake.mean(axis=0) - real.mean(axis=0)) / deviations[0]
    return shift, deviations[1] / deviations[0]


def _as_list(values, digits=4):
    return np.round(values, digits).tolist()
