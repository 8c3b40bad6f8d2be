"""The one check of images: range, dtype and finiteness, wherever they go in."""

import numpy as np
import pytest
import tensorflow as tf

from specgan import plots
from specgan.metrics import DetectabilityProfile
from specgan.metrics import DetectionScore
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectralDistances
from specgan.metrics import SpectrumStatistics
from specgan.signal import chroma_cutoff
from specgan.signal import to_uint8
from specgan.signal.image_values import require_finite
from specgan.signal.image_values import require_in_range
from tests.contracts import uniform
from zoo import DCGAN
from zoo import AutoEncoder


def images():
    return uniform(8, 16, 16, 3)


def small(model_class):
    return model_class(image_size=16, width=2)


ENTRIES = {
    "SpectralDistances, real": lambda x: SpectralDistances().update_state(x),
    "SpectralDistances, fake": lambda x: SpectralDistances().update_state(
        fake=x
    ),
    "DetectionScore": lambda x: DetectionScore().update_state(fake=x),
    "DetectabilityProfile": lambda x: DetectabilityProfile().update_state(x),
    "SpectrumStatistics": lambda x: SpectrumStatistics(16, 16).update(x),
    "SingleImageSpectra": lambda x: SingleImageSpectra(16, 16).update(x),
    "chroma_cutoff": chroma_cutoff,
    "adapt": lambda x: small(DCGAN).adapt(x),
    "project": lambda x: small(DCGAN).project(x, steps=1, candidates=2),
    "reconstruct": lambda x: small(AutoEncoder).reconstruct(x),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_refuses_nan_and_other_ranges(entry):
    wrong = images()
    wrong[3, 4, 5, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite.*1 of 6144"):
        ENTRIES[entry](wrong)
    with pytest.raises(ValueError, match="out of range.*to 25[45]"):
        ENTRIES[entry](np.append(images(), images() * 127 + 127.5, axis=0))


@pytest.mark.parametrize("entry", ["SingleImageSpectra", "SpectrumStatistics"])
def test_images_of_0_to_255_are_not_taken_for_floats(entry):
    with pytest.raises(ValueError, match=r"floats in \[-1, 1\].*uint8"):
        ENTRIES[entry](to_uint8(images()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_picture_holds_nan_or_infinity(value):
    wrong = images()
    wrong[0, 0, 0, 0] = value
    for function in (to_uint8, plots.image_grid, require_in_range):
        with pytest.raises(ValueError, match="NaN or infinite"):
            function(wrong)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_borders_and_rounding_pass_in_every_precision(dtype):
    edge = tf.constant([-1.0, 0.0, 1.0], dtype)
    require_in_range(edge)
    require_finite(edge * 1000)
    for wrong in (edge * 1.02, edge / 0):
        with pytest.raises(ValueError, match="Received"):
            require_in_range(wrong)


def test_half_a_per_mille_is_rounding_and_two_are_not():
    require_in_range(np.float32([-1.0005, 1.0005]))
    with pytest.raises(ValueError, match="out of range"):
        require_in_range(np.float32([1.002]))
    require_in_range(np.empty([0, 4, 4, 3], np.float32))


def test_within_a_graph_the_check_runs_as_well():
    metric = SpectralDistances()
    metric.build(16, 16)
    update = tf.function(lambda x: metric.update_state(fake=x))
    update(images())
    for wrong in (images() * np.nan, images() + 1.5):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[-1, 1\]"):
            update(wrong)


@pytest.mark.parametrize("kind", [SpectrumStatistics, SingleImageSpectra])
def test_spectra_of_two_sizes_are_refused(kind):
    with pytest.raises(ValueError, match="16x16 as before.*8x16"):
        kind.of([images(), images()[:, :8]])
