"""Perturbations, each against its definition, and what detectors lose."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from specgan.detection import perturbations
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbations import robustness


def pictures(count, seed=0, deviation=30.0, size=16, channels=3):
    """Noise around grey."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(128, deviation, [count, size, size, channels])
    return np.clip(noise, 0, 255).astype(np.uint8)


def perturbed(name, images, strength):
    return perturbations.get(name).function(images, strength)


def differences_of_neighbours(images):
    """Features: log power of the differences of neighbours, and of all."""
    return np.array(
        [
            [
                np.log(np.var(np.diff(image.astype(float), axis=1)) + 1e-3),
                np.log(np.var(image) + 1e-3),
            ]
            for image in images
        ]
    )


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


@pytest.mark.parametrize("name", [*PERTURBATIONS][1:])  # But JPEG.
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


def test_robustness_falls_with_what_hides_the_difference():
    # Fakes are smoother: JPEG, blur and noise hide that, a gain does not.
    real = pictures(80, 0)
    fake = np.stack(perturbed("blur", pictures(80, 1), 0.5))
    features = differences_of_neighbours
    rows = np.concatenate([features(real[:40]), features(fake[:40])])
    classifier = LogisticRegression(C=100, max_iter=1000).fit(
        rows, np.repeat([0, 1], 40)
    )
    result = robustness(
        classifier,
        features,
        real[40:],
        list(fake[40:]),
        {"blur": (0.2, 2.0), "noise": None, "crop": [0.9]},
    )
    assert result.balanced_accuracy > 0.95 and result.auc > 0.95
    assert list(result.curves) == ["blur", "noise", "crop"]
    blur = result.curves["blur"]
    assert blur.strengths == (0.2, 2.0)
    assert blur.balanced_accuracy[0] > 0.9
    assert blur.balanced_accuracy[1] == 0.5  # All are called fake.
    noise = result.curves["noise"]
    assert noise.strengths == PERTURBATIONS["noise"].strengths
    assert result.curves["crop"].auc[0] > 0.95
    about = json.loads(json.dumps(result.as_dict()))
    assert about["curves"]["blur"]["strengths"] == [0.2, 2.0]
    table = result.lines()
    assert len(table) == 2 + 2 + len(noise.strengths) + 1
    assert len({len(line) for line in table}) == 1


def test_the_second_class_is_the_fake_one():
    real, fake = pictures(20, 0, 10), pictures(20, 1, 50)
    features = differences_of_neighbours
    classifier = LogisticRegression().fit(
        np.concatenate([features(real), features(fake)]),
        np.repeat(["photograph", "sample"], 20),
    )
    result = robustness(classifier, features, real, fake, {})
    assert (result.balanced_accuracy, result.auc) == (1, 1)
    assert result.curves == {} and result.unsure is None


def test_the_share_of_unsure_pictures():
    features = differences_of_neighbours
    real, fake = pictures(20, 0, 10), pictures(20, 1, 50)
    classifier = LogisticRegression().fit(
        np.concatenate([features(real), features(fake)]),
        np.repeat([0, 1], 20),
    )
    result = robustness(
        classifier,
        features,
        real,
        fake,
        {"gain": (1.0, 0.01), "crop": ()},
        unsure=lambda rows: rows[:, 1] < np.log(20.0**2),
    )
    assert result.unsure == 0.5
    assert result.curves["gain"].unsure == (0.5, 1.0)
    assert result.curves["crop"].unsure == ()
    table = result.lines()
    assert table[0].endswith("unsure") and table[1].endswith("50.0")
    assert len({len(line) for line in table}) == 1


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
    ],
)
def test_bad_strengths(name, strength):
    with pytest.raises(ValueError, match="strength.*Expected.*Received"):
        perturbed(name, pictures(1), strength)


def test_unknown_name():
    with pytest.raises(ValueError, match="perturbation.*Did you mean 'noise'"):
        robustness(None, None, pictures(1), pictures(1), {"nois": None})


def test_one_kind_only():
    with pytest.raises(ValueError, match="Expected some of both.*1 and 0"):
        robustness(None, None, pictures(1), [])
