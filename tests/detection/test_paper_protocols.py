"""The experiments of Table 1, on small folders."""

import json

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier

from specgan.detection import SpectralFeatures
from specgan.detection import paper_protocols
from specgan.detection.file_sampling import sample_files
from specgan.detection.matching import match
from specgan.detection.paper_protocols import PROTOCOLS
from specgan.detection.paper_protocols import run_paper_protocol
from tests.tiny_video import write_video


def save(path, seed, deviation, size=(12, 12), mean=128):
    draw = np.random.default_rng(seed)
    noise = draw.normal(mean, deviation, [*size, 3])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(path)


def spreads(images):
    """Logarithms of the standard deviations of rows and of columns."""
    return np.array(
        [
            [
                np.log(image.std(axis=0).mean() + 1),
                np.log(image.std(axis=1).mean() + 1),
            ]
            for image in images
        ]
    )


def levels(images):
    return np.array([[image.mean(), image.std()] for image in images])


@pytest.fixture
def folders(tmp_path):
    for place in range(30):
        save(tmp_path / "real" / f"{place}.png", place, 20)
        save(tmp_path / "fake" / f"{place}.jpg", 100 + place, 40)
    return tmp_path / "real", tmp_path / "fake"


@pytest.fixture
def videos(tmp_path):
    # Frames of a video are alike, whichever kind it is.
    draw = np.random.default_rng(0)
    for kind in ("real", "fake"):
        for video in range(12):
            deviation, mean = draw.uniform(3, 15), draw.uniform(60, 190)
            for frame in range(4):
                path = tmp_path / kind / f"{kind}{video}" / f"{frame}.png"
                save(path, frame, deviation, mean=mean)
    return tmp_path / "real", tmp_path / "fake"


def test_celeba(folders):
    result = run_paper_protocol("celeba", *folders, spreads)
    assert list(result.reports) == [
        "linear SVM",
        "SVM",
        "polynomial SVM",
        "logistic regression",
        "k-means",
    ]
    report = result.reports["SVM"]
    assert report.scores["balanced_accuracy"].mean > 0.95
    assert report.groups == {"real": 30, "fake": 30}
    told = " ".join(result.warnings)
    assert "codecs differ" in told
    assert "The paper has 1000 real pictures; here are 30" in told
    assert "real pictures are 178x218; here most are 12x12" in told
    assert "fake pictures are 128x128; here most are 12x12" in told
    assert json.loads(json.dumps(result.as_dict()))["name"] == "celeba"
    table = result.lines()
    assert table[0].startswith("celeba: faces")
    assert sum(line.startswith("balanced accuracy") for line in table) == 5


def test_the_paper_s_features_unless_given(folders):
    nearest = {"nearest": KNeighborsClassifier(1)}
    for name in ("faces-hq", "celeba"):
        features = SpectralFeatures(**PROTOCOLS[name].features)
        first, second = (
            run_paper_protocol(name, *folders, some, nearest).as_dict()
            for some in (None, features)
        )
        assert first == second


def test_pictures_too_small_for_the_features_are_skipped(folders):
    save(folders[0] / "tiny.png", 0, 20, (3, 3))
    nearest = {"nearest": KNeighborsClassifier(1)}
    result = run_paper_protocol("celeba", *folders, classifiers=nearest)
    [(file, why)] = result.skipped
    assert file.endswith("tiny.png") and "too small" in why
    save(folders[0] / "large.png", 0, 20, (20, 20))
    with pytest.raises(
        ValueError, match="12x12, 20x20. Cut all to one size by `match_size`"
    ):
        run_paper_protocol("faces-hq", *folders, classifiers=nearest)


def test_two_sizes_are_told_before_anything_is_measured(folders, tmp_path):
    for place in range(30):
        save(tmp_path / "large" / f"{place}.png", place, 20, (14, 15))
    nearest = {"nearest": KNeighborsClassifier(1)}
    # Fakes are JPEG, which is told as well.
    places = tmp_path / "large", folders[1]
    with pytest.raises(ValueError, match="--match-size.*codecs differ"):
        run_paper_protocol("faces-hq", *places, classifiers=nearest)
    run_paper_protocol("faces-hq", *places, classifiers=nearest, match_size=12)
    run_paper_protocol("celeba", *places, classifiers=nearest)


def test_faceforensics_splits_by_video(videos, monkeypatch):
    nearest = {"nearest": KNeighborsClassifier(1)}
    result = run_paper_protocol("faceforensics", *videos, levels, nearest)
    report = result.reports["nearest"]
    assert report.groups == {"real": 12, "fake": 12}
    assert report.protocol.vote and report.protocol.folds == 4
    assert report.scores["balanced_accuracy"].mean < 0.8
    # Frame by frame, the videos are remembered.
    monkeypatch.setattr(
        paper_protocols,
        "near_duplicate_groups",
        lambda pictures: np.arange(len(list(pictures))),
    )
    leaking = run_paper_protocol("celeba", *videos, levels, nearest)
    scores = leaking.reports["nearest"].scores
    assert scores["balanced_accuracy"].mean > 0.9


def test_copies_are_held_out_together(tmp_path):
    draw = np.random.default_rng(0)
    for kind in ("real", "fake"):
        (tmp_path / kind).mkdir()
        for i in range(10):
            pixels = draw.integers(0, 256, [16, 16, 3], np.uint8)
            other = np.clip(pixels * 0.9 + 5, 0, 255).astype(np.uint8)
            for name, one in ((f"{i}", pixels), (f"{i}-other", other)):
                Image.fromarray(one).save(tmp_path / kind / f"{name}.png")
    folders = tmp_path / "real", tmp_path / "fake"
    nearest = {"nearest": KNeighborsClassifier(1)}
    result = run_paper_protocol("celeba", *folders, levels, nearest)
    for report in result.reports.values():
        assert report.pictures == {"real": 20, "fake": 20}
        assert report.groups == {"real": 10, "fake": 10}


def test_faceforensics_cuts_the_border(videos):
    seen = []

    def features(images):
        seen.extend(images)
        return spreads(images)

    run_paper_protocol("faceforensics", *videos, features)
    assert {image.shape for image in seen} == {(4, 4, 3)}
    with Image.open(videos[0] / "real0" / "0.png") as image:
        assert np.all(seen[0] == np.asarray(image)[4:-4, 4:-4])


def test_cut():
    frame = np.arange(10 * 8).reshape(10, 8, 1)
    cut = PROTOCOLS["faceforensics"].cut
    np.testing.assert_array_equal(cut(frame), frame[3:7, 2:6])
    assert PROTOCOLS["celeba"].cut(frame) is frame


def test_faceforensics_of_video_files(tmp_path):
    pytest.importorskip("av")
    seen = []

    def features(images):
        seen.extend(images)
        return levels(images)

    for kind, level in (("real", 80), ("fake", 160)):
        for video in range(5):
            frames = np.full([20, 48, 48, 3], level + video, np.uint8)
            write_video(tmp_path / kind / "c23" / f"{video:03}.mp4", frames)
    (tmp_path / "fake" / "broken.mp4").write_bytes(b"broken")
    places = tmp_path / "real", tmp_path / "fake"
    nearest = {"nearest": KNeighborsClassifier(1)}
    result = run_paper_protocol("faceforensics", *places, features, nearest)
    report = result.reports["nearest"]
    assert report.pictures == {"real": 80, "fake": 80}
    assert report.groups == {"real": 5, "fake": 5}
    assert {image.shape for image in seen} == {(16, 16, 3)}
    [(file, _)] = result.skipped
    assert file.endswith("broken.mp4")
    assert "The paper has 2100 real pictures; here are 80." in result.warnings
    # They are passed over where the experiment is not about videos.
    with pytest.raises(ValueError, match="no images here"):
        run_paper_protocol("celeba", *places, features, nearest)


def test_a_jpeg_gives_its_grey_channel(folders):
    seen = []

    def features(images):
        seen.extend(images)
        return spreads(images)

    run_paper_protocol("celeba", *folders, features)
    assert [image.shape[-1] for image in seen] == [3] * 30 + [1] * 30
    with Image.open(sorted(folders[1].iterdir())[0]) as image:
        luma = np.asarray(image.convert("YCbCr"))[..., 0]
    assert np.abs(seen[30][..., 0] - luma.astype(float)).mean() < 1


@pytest.mark.parametrize("grey", [True, False])
def test_pictures_are_turned_upright(grey, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (20, 12)).save(tmp_path / "a.jpg", exif=exif)
    pixels = paper_protocols._pixels_of(tmp_path / "a.jpg", grey)
    assert pixels.shape == (20, 12, 1 if grey else 3)


def test_pictures_are_drawn_by_the_seed(folders):
    chosen = [
        sample_files(folders[0], 5, np.random.default_rng(seed))
        for seed in (0, 0, 1)
    ]
    assert len(chosen[0]) == 5
    assert chosen[0] == chosen[1] != chosen[2]


def test_broken_files_are_skipped(folders):
    (folders[0] / "0.png").write_bytes(b"broken")
    result = run_paper_protocol("celeba", *folders, spreads)
    [(file, _)] = result.skipped
    assert file.endswith("0.png")
    assert result.reports["SVM"].pictures == {"real": 29, "fake": 30}
    assert any("Skipped: " in line for line in result.lines())


def test_what_the_paper_sets():
    assert {name: paper.pictures for name, paper in PROTOCOLS.items()} == {
        "faces-hq": 500,
        "celeba": 1000,
        "faceforensics": 2100,
    }
    svm = PROTOCOLS["celeba"].classifiers["SVM"]()
    assert (svm.kernel, svm.C, svm.gamma) == ("rbf", 6.37, 0.86)
    assert [name for name, p in PROTOCOLS.items() if p.grouped] == [
        "faceforensics"
    ]
    lengths = {
        name: SpectralFeatures(**paper.features)(
            np.random.default_rng(0).integers(0, 256, [1, 64, 64, 1], np.uint8)
        ).shape[1]
        for name, paper in PROTOCOLS.items()
    }
    assert lengths == {"faces-hq": 43, "celeba": 80, "faceforensics": 300}


def test_bad_input(folders, tmp_path):
    with pytest.raises(ValueError, match="protocol.*Did you mean 'celeba'"):
        run_paper_protocol("celebA", *folders, spreads)
    with pytest.raises(ValueError, match="no such folder.*nowhere"):
        run_paper_protocol("celeba", "nowhere", folders[1], spreads)
    with pytest.raises(ValueError, match="too few groups.*1 and 1"):
        run_paper_protocol("faceforensics", *folders, spreads)
    with pytest.raises(ValueError, match="same number of features.*12, 13"):
        save(folders[0] / "other.png", 0, 20, (13, 13))
        paper_protocols._CHUNK, before = 1, paper_protocols._CHUNK
        try:
            run_paper_protocol(
                "celeba", *folders, lambda images: images[0][:1, :, 0]
            )
        finally:
            paper_protocols._CHUNK = before
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="no images here"):
        run_paper_protocol("celeba", empty, folders[1], spreads)


def test_pictures_are_cut_and_compressed_alike(folders):
    seen = []

    def features(images):
        seen.extend(images)
        return spreads(images)

    run_paper_protocol(
        "celeba", *folders, features, match_size=10, match_jpeg=50
    )
    assert {image.shape for image in seen} == {(10, 10, 3)}
    with Image.open(folders[0] / "0.png") as image:
        (expected,) = match([np.asarray(image)], 10, 50)
    np.testing.assert_array_equal(seen[0], expected)
