"""The operators of the equivariance measures give the reference's images.

They need the vectors of `shared/oracles/alias_free`:

    python -m pytest tests/slow/test_equivariance_parity.py -m slow
"""

import pathlib

import numpy as np
import pytest

from specgan import metrics
from specgan.signal import rotation
from specgan.signal import translation

pytestmark = pytest.mark.slow

FOLDER = pathlib.Path(__file__).parents[3] / "shared" / "oracles" / "alias_free"
TOLERANCE = 1e-5

OPERATORS = {
    "int": translation.translate,
    "frac": translation.translate_fractionally,
    "rot": rotation.rotate,
    "prot": rotation.pseudo_rotate,
}


def vectors(name):
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with np.load(path) as arrays:
        return dict(arrays)


def channels_last(images):
    return np.moveaxis(images, 1, -1)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator, number):
    arrays = vectors("equivariance_ops.npz")
    images = channels_last(arrays["x"])
    if operator in ("int", "frac"):
        parameters = arrays[f"{operator}{number}/t"] * images.shape[1]
    else:
        parameters = arrays[f"rot{number}/a"]
    parameters = np.stack([parameters] * len(images))
    moved, mask = OPERATORS[operator](images, parameters)
    expected = channels_last(arrays[f"{operator}{number}/z"])
    error = np.max(np.abs(moved - expected))
    print(f"largest difference: {error:.1e}")
    assert error < TOLERANCE
    np.testing.assert_array_equal(
        np.broadcast_to(mask, expected.shape),
        channels_last(arrays[f"{operator}{number}/m"]),
    )


@pytest.mark.parametrize("number", [0, 1])
def test_filters(number):
    arrays = vectors("equivariance_ops.npz")
    angle = float(arrays[f"rot{number}/a"])
    for taps, name in (
        (rotation.oriented_low_pass(angle, 4), f"rot{number}/filter"),
        (rotation.oriented_low_pass(-angle), f"prot{number}/filter"),
    ):
        np.testing.assert_allclose(taps, arrays[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "config, whole, fraction, turn",
    [("t32_small", 40, 30, 0), ("r32_small", 40, 30, 25)],
)
def test_images_of_the_reference(config, whole, fraction, turn):
    """Directions: the reference's transforms are ours."""
    arrays = vectors(f"{config}.npz")
    images = channels_last(arrays["img"])
    for metric, name, parameters, at_least in (
        (
            metrics.TranslationEquivariance(),
            "img_tint_3_-5",
            [3, -5],
            whole,
        ),
        (
            metrics.FractionalTranslationEquivariance(),
            "img_tfrac_0.0371_-0.0893",
            np.multiply([0.0371, -0.0893], 32),
            fraction,
        ),
        (metrics.RotationEquivariance(), "img_rot_0.6", 0.6, turn),
    ):
        moved = channels_last(arrays[name])
        metric.update_state(images, moved, np.stack([parameters] * len(images)))
        print(config, metric.result())
        assert metric.result()[metric.name] > at_least
