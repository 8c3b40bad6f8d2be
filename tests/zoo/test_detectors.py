import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from specgan import data
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import TrainedDetector
from zoo import detectors
from zoo import pretrained


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of models with one detector, and no generator."""
    folder = tmp_path_factory.mktemp("exported")
    draw = np.random.default_rng(0)
    real, fake = draw.normal(size=[2, 30, 8]) + [[[0]], [[1]]]
    detector = SpectralDetector("linear_svm").fit(
        np.concatenate([real, fake]), np.repeat([0, 1], 30)
    )
    features = SpectralFeatures(length=8)
    about = {"description": "A line."}
    trained = TrainedDetector.of(detector, features, about, real, fake)
    trained.save(folder / "good")
    return folder


@pytest.fixture
def models(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(pretrained, "shipped", lambda: tmp_path / "shipped")
    return shutil.copytree(exported, tmp_path / "models")


IMAGES = np.random.default_rng(0).integers(0, 256, [2, 20, 30, 3], np.uint8)


def test_by_name_and_by_path(models, tmp_path):
    by_name = zoo.load_detector("good")
    shutil.copytree(models / "good", tmp_path / "elsewhere")
    assert by_name.name == "good"
    for path in (tmp_path / "elsewhere", str(tmp_path / "elsewhere")):
        by_path = zoo.load_detector(path)
        assert by_path.name == "elsewhere"
        np.testing.assert_array_equal(
            by_path.probabilities(IMAGES), by_name.probabilities(IMAGES)
        )


def test_detectors_and_generators_are_kept_apart(models):
    gan = zoo.DCGAN(16, 1, width=4, latent_dim=8)
    pretrained.publish(gan, "generator", "mit", description="A generator.")
    assert pretrained.names() == {"generator": "A generator."}
    assert detectors.detector_names() == {"good": "A line."}
    detector = r"Expected one of: generator\..*zoo.load_detector\('good'\)"
    with pytest.raises(ValueError, match=detector):
        zoo.load("good")
    generator = r"Expected a detector, one of: good\..*zoo.load\('generator'\)"
    with pytest.raises(ValueError, match=generator):
        zoo.load_detector("generator")


def test_an_unknown_name_suggests_the_nearest(models):
    with pytest.raises(ValueError, match="Did you mean 'good'"):
        zoo.load_detector("goode")


@pytest.mark.parametrize(
    "name", [None, ["good"], "", "a/b", 5000 * "a", "a\0b"]
)
def test_what_is_no_name(name, models):
    with pytest.raises(ValueError, match="Expected one of: good"):
        zoo.load_detector(name)


def test_a_folder_without_a_detector(models, tmp_path):
    with pytest.raises(ValueError, match="holds no detector.*detector.json"):
        zoo.load_detector(tmp_path)


def test_where_there_are_no_detectors(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path))
    monkeypatch.setattr(pretrained, "shipped", lambda: tmp_path / "shipped")
    assert detectors.detector_names() == {}
    with pytest.raises(ValueError, match="no pretrained detectors"):
        zoo.load_detector("good")


@pytest.mark.parametrize(
    "content, reason",
    [
        ("{broken", "damaged"),
        ("[]", "damaged"),
        ("{}", "another format version"),
        ('{"format_version": 1}', "SavedModel of format version 1"),
        ('{"format_version": 2}', "another format version"),
        ('{"format_version": 3}', "was altered"),
    ],
)
def test_one_bad_folder_breaks_no_other(content, reason, models):
    shutil.copytree(models / "good", models / "bad")
    (models / "bad" / "detector.json").write_text(content)
    assert zoo.load_detector("good").name == "good"
    with pytest.warns(UserWarning, match=f"bad.*{reason}"):
        assert detectors.detector_names() == {"good": "A line."}
    with pytest.raises(ValueError, match=reason):
        zoo.load_detector("bad")


def test_what_is_not_finished_is_no_detector(models):
    (models / "good").rename(models / ".unfinished-good")
    assert detectors.detector_names() == {}


def test_a_card_may_be_written_later(models):
    before = zoo.load_detector("good").probabilities(IMAGES)
    (models / "good" / "README.md").write_text("The card.")
    after = zoo.load_detector("good").probabilities(IMAGES)
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("name", ["detector-celeba64", "detector-fashion28"])
def test_a_shipped_detector_is_whole_and_equals_its_saved_model(name):
    folder = pretrained.shipped() / name
    detector = zoo.load_detector(name)
    record = json.loads((folder / "detector.json").read_text())
    assert record["about"] and name in (folder / "README.md").read_text()
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert set(record["sha256"]) == files - {"detector.json"}
    served = tf.saved_model.load(str(folder / "saved_model")).serve
    photographs = data.load_array("photos", image_size=64, limit=50)
    oblong = photographs[:9, :32, :45]
    for images in (oblong, photographs):
        probabilities = detector.probabilities(images)
        assert np.all((probabilities >= 0) & (probabilities <= 1))
        # float32 beside float64.
        np.testing.assert_allclose(
            served(images), probabilities, rtol=0, atol=1e-5
        )


def test_the_shipped_detectors_are_listed():
    assert list(detectors.detector_names()) == [
        "detector-celeba64", "detector-fashion28",
    ]  # fmt: skip
