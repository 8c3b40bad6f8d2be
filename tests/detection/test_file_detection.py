"""`detection.detect` and `train_detector`, from paths to predictions."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from specgan import detection
from specgan.detection import detector_training
from specgan.detection import file_detection
from specgan.detection.protocol import Protocol


def save(pixels, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def noise(seed, smooth=False):
    pixels = np.random.default_rng(seed).integers(0, 256, [40, 40, 3])
    if smooth:
        pixels = (pixels + np.roll(pixels, 1, axis=0)) // 2
    return pixels.astype(np.uint8)


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    path = tmp_path_factory.mktemp("folders")
    for i in range(20):
        save(noise(i), path / "real" / f"{i}.png")
        save(noise(100 + i, smooth=True), path / "fake" / f"{i}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            detector_training,
            "Protocol",
            lambda splits, seed: Protocol(splits=2, seed=seed),
        )
        return detection.train_detector(
            path / "real", path / "fake", path / "detector", num=20,
            classifier="linear_svm", match_size=32,
            features=["spectrum", "dct"],
        )  # fmt: skip


def test_the_detector_that_is_returned_is_the_one_that_is_saved(training):
    path = training.detector.about["real"].replace("/real", "/detector")
    loaded = detection.TrainedDetector.load(path)
    assert loaded.name == training.detector.name == "detector"
    assert loaded.about == training.detector.about
    assert loaded.matched == {"size": 32, "jpeg": None}
    images = [noise(1), noise(2, smooth=True)]
    np.testing.assert_array_equal(
        loaded.probabilities(images), training.detector.probabilities(images)
    )
    assert training.report.pictures == {"real": 20, "fake": 20}
    assert training.differences == training.skipped == []


def test_what_detect_does_not_import(training, tmp_path):
    """They would take longer than all else that it imports."""
    picture = save(noise(1), tmp_path / "a.png")
    folder = training.detector.about["real"].replace("/real", "/detector")
    arguments = ["detect", "--detector", folder, str(picture)]
    program = (
        "import sys\n"
        "from specgan.cli.main import main\n"
        f"code = main({arguments!r})\n"
        "heavy = {'scipy', 'sklearn', 'tqdm', 'tensorflow', 'numpy.ma'}\n"
        "sys.exit(f'{code} {heavy & set(sys.modules) or str()}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.stderr == "0 \n"


def test_predictions_of_files_and_folders(training, tmp_path, monkeypatch):
    monkeypatch.setattr(training.detector, "limit", np.inf)
    paths = [
        save(noise(201, smooth=True), tmp_path / "b.png"),
        save(noise(202), tmp_path / "folder" / "a.png"),
        save(noise(203, smooth=True), tmp_path / "folder" / "c.png"),
    ]
    places = [paths[0], str(tmp_path / "folder"), tmp_path / "missing.png"]
    *predictions, missing = detection.detect(places, training.detector)
    assert [one.path for one in predictions] == paths
    images = [
        training.detector.prepared(np.asarray(Image.open(path)))[0]
        for path in paths
    ]
    np.testing.assert_array_equal(
        [one.probability for one in predictions],
        training.detector.probabilities(images),
    )
    assert predictions[0].probability > 0.7 > 0.3 > predictions[1].probability
    assert predictions[0].remarks == ("cut to 32x32",)
    assert predictions[0].features is None
    assert predictions[0].to_text().startswith(predictions[0].verdict)
    assert missing.error == missing.to_text() == "there is no such file"
    assert missing.probability is None


def test_one_path_and_its_features(training, tmp_path):
    path = save(noise(1), tmp_path / "a.png")
    for place in (path, str(path), tmp_path):
        [one] = detection.detect(place, training.detector, features=True)
        assert one.path == path
        np.testing.assert_array_equal(
            one.features, training.detector.features([noise(1)[4:36, 4:36]])[0]
        )


def test_how_unusual_files_are(training, tmp_path):
    ramp = np.mgrid[:40, :40][0] * 6
    ramp = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)
    paths = [
        save(noise(2), tmp_path / "a.png"),
        save(ramp, tmp_path / "b.png"),
        save(np.zeros([40, 40, 3], np.uint8), tmp_path / "flat.png"),
    ]
    known, odd, flat = detection.detect(
        paths, training.detector, one_class=True
    )
    for one in (known, odd, flat):
        assert one.verdict is None and one.probability is None
    (expected,) = training.detector.unusualness(
        training.detector.features([noise(2)[4:36, 4:36]])
    )
    assert known.unusual == expected and known.unusual.share < 1
    assert odd.unusual.share == 1
    count = training.report.pictures["real"]
    assert odd.unusual.real_pictures == count
    assert odd.to_text() == f"{odd.unusual} (40x40 PNG RGB, cut to 32x32)"
    assert flat.unusual is None
    assert flat.to_text().startswith("nothing to compare with real pictures (")
    assert "unlike what" not in odd.to_text()


def test_each_picture_is_prepared_once(training, tmp_path, monkeypatch):
    for i in range(3):
        save(noise(i), tmp_path / f"{i}.png")
    save(np.zeros([40, 40, 3], np.uint8), tmp_path / "flat.png")
    prepared, seen = training.detector.prepared, []

    def counted(image, quality):
        seen.append(image)
        return prepared(image, quality)

    monkeypatch.setattr(training.detector, "prepared", counted)
    assert len(list(detection.detect(tmp_path, training.detector))) == 4
    assert len(seen) == 4


def test_a_folder_is_walked_once_and_as_it_is_asked_for(
    training, tmp_path, monkeypatch
):
    walked = []
    scan = file_detection.find_files

    def counted(*arguments):
        walked.append(arguments)
        yield from scan(*arguments)

    monkeypatch.setattr(file_detection, "find_files", counted)
    save(noise(1), tmp_path / "a.png")
    save(noise(1), tmp_path / "out" / "b.png")
    predictions = detection.detect(
        tmp_path, training.detector, exclude=tmp_path / "out"
    )
    assert walked == []
    assert [one.path.name for one in predictions] == ["a.png"]
    assert len(walked) == 1


def test_links_to_folders_are_warned_of_at_the_end(training, tmp_path):
    save(noise(1), tmp_path / "a.png")
    (tmp_path / "circle").symlink_to(tmp_path)
    with pytest.warns(UserWarning, match="not followed: 1, e.g. .*circle"):
        assert len(list(detection.detect(tmp_path, training.detector))) == 1


@pytest.mark.parametrize("frames", [0, -1, 2.5, None, True])
def test_frames_that_are_no_number(frames, training):
    with pytest.raises(ValueError, match="`frames`. Expected a positive"):
        detection.detect("a.png", training.detector, frames)


def test_nothing_is_written_over(training, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="exists already"):
        detection.train_detector("a", "b", tmp_path)


@pytest.mark.parametrize(
    "real, fake, message",
    [
        ("nowhere", "fake", "Received: real='.*nowhere'"),
        ("real", "nowhere", "Received: fake='.*nowhere'"),
        ("real", "real", "mixed up"),
        (".", "fake", "mixed up"),
    ],
)
def test_folders_that_are_none(real, fake, message, tmp_path):
    for kind in ("real", "fake"):
        save(noise(1), tmp_path / kind / "a.png")
    for function in (
        detection.train_detector,
        lambda *folders: detection.file_robustness(None, *folders),
    ):
        with pytest.raises(ValueError, match=message):
            function(tmp_path / real, tmp_path / fake)


def test_what_is_far_smaller_than_in_training_is_unsure(
    training, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        training.detector, "verdicts", lambda some: np.full(len(some), "real")
    )
    monkeypatch.setattr(training.detector, "limit", np.inf)
    for side in (24, 23):
        save(noise(1)[:side, :side], tmp_path / f"{side}.png")
    smaller, near = detection.detect(tmp_path, training.detector)
    assert near.path.name == "24.png"
    assert near.verdict == "real" and near.remarks == ("trained on 32x32",)
    assert smaller.verdict == "unsure" and smaller.probability is not None
    assert smaller.remarks == (
        "trained on 32x32", "far smaller than in training"
    )  # fmt: skip
    assert smaller.to_text().startswith("unsure, ")


def test_a_spectrum_unlike_those_in_training_is_unsure(
    training, tmp_path, monkeypatch
):
    # All that is near is decided.
    monkeypatch.setattr(training.detector, "lower", 0.5)
    monkeypatch.setattr(training.detector, "upper", 0.5)
    rows = np.mgrid[:40, :40][0] * 6
    ramp = np.repeat(rows[..., None], 3, axis=2).astype(np.uint8)
    like = save(noise(301), tmp_path / "like.png")
    unlike = save(ramp, tmp_path / "unlike.png")
    like, unlike = detection.detect([like, unlike], training.detector)
    assert like.verdict == "real"
    assert unlike.verdict == "unsure"
    assert 0 <= unlike.probability <= 1
    (remark,) = (one for one in unlike.remarks if "unlike what" in one)
    assert any(
        remark.endswith(part.title) for part in training.detector.features.parts
    )
    assert not any("unlike what" in one for one in like.remarks)


def test_what_is_too_small_for_the_features_is_unsure(
    training, tmp_path, monkeypatch
):
    monkeypatch.setattr(type(training.detector.features), "least_size", 32)
    path = save(noise(302)[:20, :20], tmp_path / "small.png")
    (prediction,) = detection.detect(path, training.detector)
    assert prediction.verdict == "unsure" and prediction.probability is None
    assert "smaller than the 32 pixels" in prediction.to_text()
