"""Perturbations, each against its definition."""

import io

import numpy as np
import pytest
from PIL import Image

from specgan.detection import perturbations
from specgan.detection.perturbations import PERTURBATIONS


def pictures(count, seed=0, deviation=30.0, size=16, channels=3):
    """Noise around grey."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(128, deviation, [count, size, size, channels])
    return np.clip(noise, 0, 255).astype(np.uint8)


def perturbed(name, images, strength):
    return perturbations.get(name).function(images, strength)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", PERTURBATIONS)
def test_pictures_remain_pictures(name, channels):
    images = [
        *pictures(2, channels=channels),
        *pictures(1, size=20, channels=channels),
    ]
    before = [image.copy() for image in images]
    for strength in PERTURBATIONS[name].strengths:
        changed = perturbed(name, images, strength)
        assert len(changed) == 3
        for image in changed:
            assert image.dtype == np.uint8 and image.shape[-1] == channels
    for image, same in zip(images, before, strict=True):
        assert np.all(image == same)


@pytest.mark.parametrize("name", [*PERTURBATIONS][1:])  # Not JPEG.
def test_nothing_happens_at_no_strength(name):
    images, strength = pictures(2), PERTURBATIONS[name].neutral
    assert np.all(np.stack(perturbed(name, images, strength)) == images)


def test_jpeg():
    [image] = pictures(1)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=40)
    [changed] = perturbed("jpeg", [image], 40)
    assert np.all(changed == np.asarray(Image.open(file)))


def test_resize():
    [changed] = perturbed("resize", pictures(1), 0.5)
    assert changed.shape == (8, 8, 3)
    flat = np.full([1, 16, 16, 1], 77, np.uint8)
    assert np.all(perturbed("resize", flat, 1.25)[0] == 77)


def test_crop():
    [image] = pictures(1)
    [changed] = perturbed("crop", [image], 0.5)
    assert np.all(changed == image[4:12, 4:12])


def test_blur_spreads_a_point():
    point = np.zeros([1, 31, 31, 1], np.uint8)
    point[0, 15, 15] = 255
    [changed] = perturbed("blur", point, 1.0)
    assert changed[15, 15, 0] == round(255 / (2 * np.pi), 0)
    ratio = changed[15, 16, 0] / changed[15, 15, 0]
    assert ratio == pytest.approx(np.exp(-1 / 2), abs=0.03)


def test_blur_leaves_channels_apart():
    image = np.zeros([1, 16, 16, 3], np.uint8)
    image[..., 1] = 200
    assert np.all(perturbed("blur", image, 2.0)[0] == image[0])


def test_noise_is_seeded_and_independent():
    grey = np.full([2, 64, 64, 3], 128, np.uint8)
    first, second = (np.stack(perturbed("noise", grey, 5.0)) for _ in range(2))
    assert np.all(first == second)
    noise = first - 128.0
    assert noise.std() == pytest.approx(5, rel=0.02)
    flat = noise.reshape(2, -1, 3)
    for one, other in (
        (flat[0, :, 0], flat[1, :, 0]),
        (flat[0, :, 0], flat[0, :, 1]),
    ):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


def test_gain_cuts_at_white():
    image = np.array([10, 101, 250], np.uint8).reshape(1, 1, 3, 1)
    assert perturbed("gain", image, 1.25)[0].ravel().tolist() == [12, 126, 255]


def test_reposts_are_resized_and_compressed_in_turn():
    [image] = pictures(1, size=64)
    expected = image
    for size in (51, 41):
        small = Image.fromarray(expected).resize((size, size), Image.BICUBIC)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=75, subsampling="4:2:0")
        expected = np.asarray(Image.open(file))
    [changed] = perturbed("reposts", [image], 2)
    np.testing.assert_array_equal(changed, expected)
    [thrice] = perturbed("reposts", [image], 3)
    assert thrice.shape == (33, 33, 3)  # More than half is left.


@pytest.mark.parametrize(
    "name, strength",
    [
        ("jpeg", 101),
        ("jpeg", 0.9),
        ("resize", 0),
        ("resize", float("inf")),
        ("crop", 1.5),
        ("blur", -1),
        ("noise", "strong"),
        ("gain", float("nan")),
        ("gain", None),
        ("reposts", -1),
        ("reposts", 1.5),
    ],
)
def test_bad_strengths(name, strength):
    with pytest.raises(ValueError, match="strength.*Expected.*Received"):
        perturbed(name, pictures(1), strength)


def test_unknown_name():
    with pytest.raises(ValueError, match="perturbation.*Did you mean 'noise'"):
        perturbations.get("nois")
