"""Detectors that learn from real pictures and their reconstructions."""

import numpy as np
import pytest
from PIL import Image

import zoo
from specgan import detection
from specgan.cli.main import main
from specgan.data.jpeg import compressed
from specgan.detection import detector_training
from specgan.detection import feature_sets
from specgan.detection.aligned_pictures import measure_aligned_pictures
from specgan.detection.aligned_pictures import reconstructions
from specgan.detection.protocol import Protocol
from specgan.detection.training_pictures import Preparation
from specgan.runs import named_models

pytestmark = pytest.mark.filterwarnings("default")

SIZE = 16


def noise(seed, side=SIZE, channels=3):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, [side, side, channels], np.uint8)


def blurred(pixels):
    wide = pixels.astype(np.uint16)
    return ((wide + np.roll(wide, 1, axis=-2)) // 2).astype(np.uint8)


def save(pixels, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.squeeze()).save(path)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    path = tmp_path_factory.mktemp("folders")
    for i in range(20):
        save(noise(i, 20), path / "real" / f"{i:02}.png")
        save(blurred(noise(100 + i)), path / "soft" / f"{i}.png")
        save(noise(200 + i), path / "like real" / f"{i}.png")
    return path


@pytest.fixture
def model(monkeypatch):
    """An auto-encoder that blurs a little: images in [-1, 1]."""
    model = zoo.AutoEncoder(image_size=SIZE, width=2, depth=0)

    def reconstruct(images):
        assert images.dtype == np.float32 and np.abs(images).max() <= 1
        return (2 * images + np.roll(images, 1, axis=-2)) / 3

    monkeypatch.setattr(model, "reconstruct", reconstruct)
    return model


def train(folders, model, fake=None, **arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            detector_training,
            "Protocol",
            lambda splits, seed: Protocol(splits=2, seed=seed),
        )
        return detection.train_detector(
            folders / "real", fake, aligned=model, features="spectrum",
            **arguments,
        )  # fmt: skip


def test_pairs_are_prepared_alike(folders, model):
    joined = feature_sets.get("spectrum")
    shifts = []

    def perturb(pictures, rng):
        shifts.append(rng.integers(1, 9, len(pictures)))
        return [
            np.roll(picture, shift, axis=0)
            for picture, shift in zip(pictures, shifts[-1], strict=True)
        ]

    files = {
        "real": sorted((folders / "real").iterdir()),
        "fake": sorted((folders / "soft").iterdir()),
    }
    preparation = Preparation(
        joined, perturb, np.random.default_rng(0), SIZE, 80
    )
    pictures = measure_aligned_pictures(
        files, preparation, model, 1, folders=[folders / "soft"]
    )
    real = [noise(i, 20)[2:18, 2:18] for i in range(20)]
    soft = [(2.0 * image + np.roll(image, 1, axis=1)) / 3 for image in real]
    made = [np.rint(image).astype(np.uint8) for image in soft]
    both = {"real": real, "fake": made}
    np.testing.assert_array_equal(*shifts)
    for kind, images in both.items():
        np.testing.assert_allclose(
            pictures.rows[kind], joined([compressed(x, 80) for x in images])
        )
        moved = [
            compressed(np.roll(image, shift, axis=0), 80)
            for image, shift in zip(images, shifts[0], strict=True)
        ]
        np.testing.assert_allclose(pictures.perturbed[kind], joined(moved))
    np.testing.assert_array_equal(*pictures.pair("groups"))
    assert len(set(pictures.groups["real"])) == 20
    soft = [blurred(noise(100 + i)) for i in (0, 1, 10)]
    np.testing.assert_allclose(
        pictures.judged["soft"][:3], joined([compressed(x, 80) for x in soft])
    )


def test_generators_are_only_judged(folders, model, tmp_path):
    training = train(
        folders, model, [folders / "soft", folders / "like real"],
        out=tmp_path / "new", match_jpeg=90, perturb=None,
    )  # fmt: skip
    assert training.report.pictures == {"real": 20, "fake": 20}
    assert training.report.groups == {"real": 20, "fake": 20}
    found, missed = (training.left_out[name] for name in ("soft", "like real"))
    assert found["auc"] > 0.9 > 0.7 > missed["auc"]
    assert found["real_accuracy"] == missed["real_accuracy"]
    assert any("trained without" in line for line in training.lines())
    detector = detection.TrainedDetector.load(tmp_path / "new")
    assert detector.about["aligned"] == model.name
    assert "reconstructions by" in detector.description
    assert detector.matched == {"size": SIZE, "jpeg": [90]}
    alone = train(folders, model, match_jpeg=90, perturb=None)
    assert alone.left_out == {} and alone.detector.about["fake"] == []
    np.testing.assert_array_equal(
        *(
            one.probabilities([noise(1), blurred(noise(2))])
            for one in (detector, alone.detector)
        )
    )


def test_neither_generated_pictures_nor_a_model(folders):
    with pytest.raises(ValueError, match="Received: neither"):
        detection.train_detector(folders / "real")


def test_models_that_do_not_fit(folders, model, tmp_path):
    gan = zoo.DCGAN(image_size=16, width=2)
    with pytest.raises(ValueError, match="Received: DCGAN"):
        train(folders, gan)
    with pytest.raises(ValueError, match="Expected squares of 18 pixels"):
        train(folders, model, match_size=18)
    large = zoo.AutoEncoder(image_size=32, width=2, depth=0)
    with pytest.raises(ValueError, match="20x20, smaller than 32x32"):
        train(folders, large)
    grey = zoo.AutoEncoder(image_size=SIZE, channels=1, width=2, depth=0)
    with pytest.raises(ValueError, match=r"3 channel\(s\), not 1"):
        train(folders, grey)


def test_compressed_pictures_need_a_quality(model, tmp_path):
    for i in range(20):
        save(noise(i, 20), tmp_path / "real" / f"{i:02}.jpg")
    with pytest.raises(ValueError, match="Received: JPEG. Give `match_jpeg`"):
        train(tmp_path, model)
    assert train(tmp_path, model, match_jpeg=80).report.pictures["real"] == 20


def test_grey_pictures_among_others_are_left_out(folders, model, tmp_path):
    for i in range(12):
        save(noise(i, 20), tmp_path / "real" / f"{i:02}.png")
    save(noise(0, 20, 1), tmp_path / "real" / "grey.png")
    training = train(tmp_path, model)
    (skipped,) = training.skipped
    assert skipped.endswith("grey.png (1 channel(s), not 3)")


def test_flat_reconstructions(model, monkeypatch):
    monkeypatch.setattr(model, "reconstruct", np.zeros_like)
    with pytest.raises(ValueError, match="2 of 2 reconstructions are flat"):
        reconstructions(model, [noise(1), noise(2)])


def test_the_model_of_a_command(folders, model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(named_models, "require_model_of", lambda name: None)
    monkeypatch.setattr(named_models, "model_of", {"run": model}.get)
    arguments = ["train-detector", "--real", str(folders / "real")]
    arguments += ["--out", str(tmp_path / "new"), "--features", "spectrum"]
    page = ["--html", str(tmp_path / "page.html")]
    assert main([*arguments, *page]) == 2
    assert "--fake" in capsys.readouterr().err
    arguments += ["--aligned", "run", "--fake", str(folders / "soft")]
    assert main(arguments) == 0
    assert "trained without" in capsys.readouterr().out
    assert (tmp_path / "new" / "detector.npz").is_file()
