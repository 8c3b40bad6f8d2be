"""Detectors as numbers on disk, as SavedModels, and what comes back."""

import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from specgan.checksums import record_sum
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import TrainedDetector
from specgan.detection import bin_frequencies
from specgan.detection import match
from specgan.detection import relative_spectrum
from specgan.detection.detector_files import renew_checksums
from specgan.detection.relative_graph import relative_spectrum_graph

# Odd, oblong, and two (of ratio 2) with frequencies halfway between rings.
SIZES = [
    (16, 16),
    (17, 40),
    (63, 63),
    (64, 64),
    (86, 43),
    (58, 116),
    (218, 178),
]
LENGTH = 20


def pictures(count, height, width, channels=3, seed=0):
    """Noise of power 1/f^2."""
    draw = np.random.default_rng(seed)
    frequency = np.hypot(
        np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    )
    frequency[0, 0] = np.inf
    noise = draw.normal(size=[count, channels, height, width])
    shaped = np.fft.irfft2(np.fft.rfft2(noise) / frequency, (height, width))
    grey = 128 + shaped * 40 / shaped.std()
    return np.moveaxis(np.rint(grey).clip(0, 255), 1, -1).astype(np.uint8)


def generated(count, height, width, channels=3, seed=0):
    """The same, slightly blurred."""
    images = pictures(count, height, width, channels, seed).astype(np.float64)
    return (0.9 * images + 0.1 * np.roll(images, 1, axis=1)).astype(np.uint8)


@pytest.fixture(scope="module")
def rows():
    features = SpectralFeatures(length=LENGTH)
    return (
        features(pictures(60, 32, 32, seed=1)),
        features(generated(60, 32, 32, seed=2)),
    )


def fitted(rows, classifier="svm", **arguments):
    labels = np.repeat([0, 1], [len(kind) for kind in rows])
    detector = SpectralDetector(classifier, **arguments)
    return detector.fit(np.concatenate(rows), labels)


def trained(rows, about=None, features=None, **arguments):
    features = features or SpectralFeatures(length=LENGTH)
    return TrainedDetector.of(
        fitted(rows, **arguments), features, about or {}, *rows
    )


@pytest.fixture(scope="module")
def saved(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("detectors") / "mine"
    about = {"description": "A line.", "images": 120}
    trained(rows, about).save(path, "The card.", saved_model=True)
    return path


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


# === Equality with scikit-learn ===


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("length", [2, 64])
def test_features_equal_numpy(length, normalize):
    graph = tf.function(
        lambda images: relative_spectrum_graph(images, length, normalize),
        input_signature=[tf.TensorSpec([None] * 4, tf.uint8)],
    )
    for size in SIZES:
        for channels in (1, 3):
            images = pictures(2, *size, channels)
            expected = relative_spectrum(images, length, normalize)
            np.testing.assert_allclose(
                graph(images), expected, rtol=0, atol=1e-9
            )


@pytest.mark.parametrize(
    "arguments",
    [
        {"classifier": "svm"},
        {"classifier": "svm", "C": 6.37, "gamma": 0.01, "standardize": False},
        {"classifier": "linear_svm"},
        {"classifier": "logistic_regression", "false_positive_rate": 0.1},
        {"classifier": "logistic_regression", "doubt": 0.001},  # Unbounded.
    ],
)
def test_probabilities_equal_scikit_learn(arguments, rows, tmp_path):
    detector = fitted(rows, **arguments)
    features = SpectralFeatures(length=LENGTH)
    about = TrainedDetector.of(detector, features, {}, *rows)
    about.save(tmp_path / "mine")
    about.export(tmp_path / "served")
    loaded = TrainedDetector.load(tmp_path / "mine")
    alone = tf.saved_model.load(str(tmp_path / "served"))
    spans = []
    for size in SIZES:
        for channels in (1, 3):
            images = np.concatenate(
                [
                    pictures(3, *size, channels, seed=3),
                    generated(3, *size, channels, seed=4),
                ]
            )
            expected = detector.predict_proba(features(images))[:, 1]
            probabilities = loaded.probabilities(images)
            assert probabilities.dtype == np.float64
            np.testing.assert_allclose(probabilities, expected, rtol=1e-14)
            np.testing.assert_allclose(
                alone.serve(images), expected, rtol=0, atol=1e-6
            )
            np.testing.assert_array_equal(
                loaded.verdicts(probabilities),
                detector.verdict(features(images)),
            )
            spans.append(np.ptp(expected))
    assert max(spans) > 0.5
    bounds = alone.bounds()
    assert float(bounds["lower"]) == pytest.approx(loaded.lower)
    assert float(bounds["upper"]) == pytest.approx(loaded.upper)


def test_mixed_sizes_in_their_order(saved):
    detector = TrainedDetector.load(saved)
    images = [
        pictures(1, *size, channels, seed)[0]
        for seed, (size, channels) in enumerate(
            [((40, 50), 3), ((16, 16), 1), ((40, 50), 3), ((40, 50), 1)]
        )
    ]
    np.testing.assert_allclose(
        detector.probabilities(images),
        [detector.probabilities([image])[0] for image in images],
        atol=1e-7,
    )


def test_many_pictures_go_in_parts(saved, monkeypatch):
    detector = TrainedDetector.load(saved)
    images = pictures(7, 32, 32)
    expected = detector.probabilities(images)
    monkeypatch.setattr("specgan.detection.equal_shapes._CHUNK", 3000)
    monkeypatch.setattr("specgan.detection.log_odds._CHUNK", 200)
    np.testing.assert_allclose(
        detector.probabilities(images), expected, atol=1e-7
    )


def test_several_detectors_at_once(rows, saved):
    image = pictures(1, 32, 32)
    one = TrainedDetector.load(saved)
    before = one.probabilities(image)
    other = trained(rows, classifier="linear_svm")
    again = TrainedDetector.load(saved)
    np.testing.assert_array_equal(one.probabilities(image), before)
    np.testing.assert_array_equal(again.probabilities(image), before)
    assert other.probabilities(image) != before


def test_a_loaded_detector_is_saved_again(saved, tmp_path):
    detector = TrainedDetector.load(saved)
    detector.save(tmp_path / "again", "The card.", saved_model=True)
    again = TrainedDetector.load(tmp_path / "again")
    image = pictures(1, 32, 32)
    np.testing.assert_array_equal(
        again.probabilities(image), detector.probabilities(image)
    )
    assert again.about == detector.about


def test_saving_and_judging_need_no_tensorflow(saved):
    program = (
        "import sys, numpy as np\n"
        "from specgan.detection import TrainedDetector\n"
        f"detector = TrainedDetector.load({str(saved)!r})\n"
        "detector.probabilities(np.zeros([1, 16, 16, 3], np.uint8))\n"
        "sys.exit(bool({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


# === What is said about it ===


def test_attributes(saved, rows):
    detector = TrainedDetector.load(str(saved))
    assert detector.name == "mine"
    assert detector.description == "A line."
    assert detector.about == {"description": "A line.", "images": 120}
    assert 0 < detector.lower < detector.upper < 1
    np.testing.assert_array_equal(detector.frequencies, bin_frequencies(LENGTH))
    for kind, features in zip(("real", "generated"), rows, strict=True):
        mean, spread = detector.reference[kind]
        # But for the farthest images.
        deviation = features.std(axis=0)[:-1]
        assert np.all(
            np.abs(mean - features.mean(axis=0)[:-1]) < 0.2 * deviation
        )
        np.testing.assert_allclose(spread, deviation, rtol=0.2)
    np.testing.assert_array_equal(
        detector.features(pictures(60, 32, 32, seed=1)), rows[0]
    )


def test_verdicts(saved):
    detector = TrainedDetector.load(saved)
    detector.lower, detector.upper = 0.2, 0.8
    assert list(detector.verdicts([0.1, 0.2, 0.8, 0.9])) == [
        "real",
        "unsure",
        "unsure",
        "generated",
    ]


def test_no_verdict_without_a_bound(rows, tmp_path):
    trained(rows, doubt=0.001).save(tmp_path / "mine")
    detector = TrainedDetector.load(tmp_path / "mine")
    assert (detector.lower, detector.upper) == (0, 1)
    assert set(detector.verdicts([0.0, 1.0])) == {"unsure"}


# === What is not saved ===


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"classifier": "k_means"}, "by k-means are not saved"),
        (
            {"features": SpectralFeatures(reference_code=True, length=LENGTH)},
            "reference code are not saved",
        ),
        ({"features": SpectralFeatures(length=9)}, "fitted to other features"),
        ({"about": {"loss": np.nan}}, "must be JSON"),
        ({"about": {"files": {1}}}, "must be JSON"),
        ({"about": ["a"]}, "`about`. Expected a dictionary"),
        ({"about": {"description": "a\nb"}}, "one line of plain text"),
    ],
)
def test_what_cannot_be_saved(arguments, message, rows):
    with pytest.raises(ValueError, match=message):
        trained(rows, **arguments)


@pytest.mark.parametrize("wrong", [np.zeros([0, LENGTH]), np.zeros([3, 2])])
def test_rows_of_another_kind(wrong, rows):
    with pytest.raises(ValueError, match="`generated_rows`. Expected feat"):
        TrainedDetector.of(
            fitted(rows), SpectralFeatures(length=LENGTH), {}, rows[0], wrong
        )


def test_whole_or_not_at_all(rows, tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError("no space left")

    place = "specgan.detection.trained_detector.write_record"
    monkeypatch.setattr(place, full_disk)
    with pytest.raises(OSError, match="no space left"):
        trained(rows).save(tmp_path / "mine")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "write", [TrainedDetector.save, TrainedDetector.export]
)
def test_nothing_is_overwritten(write, rows, saved):
    with pytest.raises(ValueError, match="exists already"):
        write(trained(rows), saved)


# === Pictures that are none ===


@pytest.mark.parametrize(
    "images, message",
    [
        ([], "There are no pictures"),
        (np.zeros([2, 32, 32, 3]), "Expected uint8"),
        (np.zeros([2, 32, 32, 4], np.uint8), "1 or 3 channels"),
        (np.zeros([2, 32, 15, 3], np.uint8), "at least 16 pixels"),
        ([np.zeros([1, 1, 3], np.uint8)], "at least 16 pixels"),
    ],
)
def test_wrong_pictures(images, message, saved):
    with pytest.raises(ValueError, match=message):
        TrainedDetector.load(saved).probabilities(images)


@pytest.mark.parametrize("shape", [(1, 32, 32, 2), (1, 32, 15, 3)])
def test_wrong_pictures_to_tensorflow_alone(shape, saved):
    serve = tf.saved_model.load(str(saved / "saved_model")).serve
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected pict"):
        serve(np.zeros(shape, np.uint8))


def test_pictures_are_prepared_as_those_of_the_training(rows):
    about = {"matched": {"size": 24, "jpeg": (75, 50)}}
    detector = trained(rows, about)
    (picture,) = pictures(1, 40, 32)
    prepared, remarks = detector.prepared(picture)
    np.testing.assert_array_equal(prepared, *match([picture], 24, 75))
    assert remarks == ["cut to 24x24", "compressed at quality 75"]
    again, remarks = detector.prepared(prepared, quality=60)
    np.testing.assert_array_equal(again, prepared)
    assert remarks == []


# === Files that are none ===


def change(path, **changes):
    """Alter a record, with the right checksum of its own."""
    record = json.loads((path / "detector.json").read_text()) | changes
    record["record_sha256"] = record_sum(record)
    (path / "detector.json").write_text(json.dumps(record))


def one_line_about(path, error):
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["detector.npz", "README.md", "saved_model/saved_model.pb"]
)
def test_altered_files(name, copy):
    content = bytearray((copy / name).read_bytes())
    content[-1] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"Expected SHA-256 .* of {name}"):
        TrainedDetector.load(copy)
    (copy / name).unlink()
    with pytest.raises(ValueError, match="Received: no such file"):
        TrainedDetector.load(copy)


def test_every_file_has_its_checksum(saved):
    record = json.loads((saved / "detector.json").read_text())
    files = {
        file.relative_to(saved).as_posix()
        for file in saved.rglob("*")
        if file.is_file()
    }
    assert set(record["sha256"]) == files - {"detector.json"}
    assert {"README.md", "detector.npz"} < files


def test_an_altered_record(copy):
    path = copy / "detector.json"
    record = json.loads(path.read_text())
    record["about"]["images"] += 1
    path.write_text(json.dumps(record))
    with pytest.raises(ValueError, match="was altered") as error:
        TrainedDetector.load(copy)
    one_line_about(copy, error)


def test_a_record_may_be_laid_out_anew(copy):
    path = copy / "detector.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(record.items()))))
    TrainedDetector.load(copy)


def test_a_card_that_was_edited(copy):
    (copy / "README.md").write_text("Another card.")
    renew_checksums(copy)
    TrainedDetector.load(copy)


def spectrum(**changes):
    """The `features` of a record, with other arguments."""
    arguments = {"reference_code": False, "length": LENGTH, "normalize": True}
    return {
        "features": [{"name": "spectrum", "arguments": arguments | changes}]
    }


@pytest.mark.parametrize(
    "version, reason",
    [
        (1, "SavedModel of format version 1.*specgan train-detector"),
        (2, "Expected 3. Received: 2"),
        (True, "Received: True"),
        ("2", "Received: '2'"),
        (None, "Received: None"),
    ],
)
def test_another_version(version, reason, copy):
    change(copy, format_version=version)
    with pytest.raises(ValueError, match=reason) as error:
        TrainedDetector.load(copy)
    one_line_about(copy, error)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"lower": None}, "'lower' is not a float"),
        ({"lower": 0.9, "upper": 0.1}, "Received: 0.9 and 0.1"),
        ({"upper": np.nan}, "and nan"),
        ({"classifier": "k_means"}, "Unknown classifier"),
        ({"classifier": "linear_svm"}, r"\['weights'\] are missing"),
        ({"features": []}, "at least one kind"),
        ({"features": [{"name": "spectrum"}]}, "'arguments'"),
        ({"features": ["spectrum"]}, "string indices|not"),
        (spectrum(size=3), "with arguments"),
        (spectrum(length="a"), "`length`"),
        (spectrum(length=10**12), "not .10000000"),
        (spectrum(length=3), r"\(20,\), not \(3,"),
        (spectrum(normalize=1), "normalize=1"),
        (spectrum(reference_code=True), "reference code"),
        ({"features": 2 * spectrum()["features"]}, "each kind once"),
        (
            {"features": [{"name": "os.system", "arguments": {}}]},
            "Unknown features",
        ),
        ({"sha256": []}, "'sha256' is not a dict"),
        ({"sha256": {}}, "Expected SHA-256 None of detector.npz"),
        ({"sha256": {"/etc/passwd": "0"}}, "Expected SHA-256"),
        ({"description": "a\x1b[31m\nb"}, "a description that is not one"),
        ({"about": {"matched": {"jpeg": -3}}}, "JPEG of quality"),
        ({"about": {"matched": {"size": True}}}, "a size of True"),
        ({"about": {"matched": "all"}}, "matched is 'all'"),
    ],
)
def test_altered_records(changes, reason, copy):
    change(copy, **changes)
    with pytest.raises(ValueError, match=reason) as error:
        TrainedDetector.load(copy)
    one_line_about(copy, error)


def replace(**changes):
    """A function that writes arrays with others in their place."""

    def write(path, arrays):
        arrays = {**arrays, **changes}
        kept = {name: one for name, one in arrays.items() if one is not None}
        np.savez(path, **kept)

    return write


@pytest.mark.parametrize(
    "write, reason",
    [
        (replace(mean=np.zeros(LENGTH - 1)), r"mean is of shape \(19,\)"),
        (replace(mean=np.zeros([LENGTH, 1])), r"mean is of shape \(20, 1\)"),
        (replace(bias=np.zeros(1)), r"bias is of shape \(1,\), not \(\)"),
        (replace(dual_coefficients=np.zeros(3)), "are 3 for"),
        (
            replace(
                support_vectors=np.zeros([0, LENGTH]),
                dual_coefficients=np.zeros(0),
            ),
            "are 0 for 0",
        ),
        (replace(scale=np.full(LENGTH, np.inf)), "scale is not finite"),
        (replace(scale=np.zeros(LENGTH)), "scale is not positive"),
        (replace(gamma=np.array(-1.0)), "gamma is not positive"),
        (replace(slope=np.array(np.nan)), "slope is not finite"),
        (replace(bias=None), r"\['bias'\] are missing"),
        (replace(real_spread=None), r"\['real_spread'\] are missing"),
        (replace(weights=np.zeros(LENGTH)), r"\['weights'\] are additional"),
        (
            replace(domain_real_distances=np.array([1.0, 3.0, 2.0])),
            "domain_real_distances are 3, or do not ascend",
        ),
        (replace(domain_real_distances=np.zeros(0)), "distances are 0, or do"),
        (replace(domain_real_distances=None), "distances'. are missing"),
        (replace(mean=np.zeros(LENGTH, np.float32)), "mean is float32"),
        (replace(mean=np.zeros(LENGTH, complex)), "mean is complex128"),
        (replace(mean=np.full(LENGTH, "a")), "mean is <U1"),
        (replace(mean=np.array([{}] * LENGTH)), "allow_pickle"),
        (
            lambda path, arrays: path.write_bytes(pickle.dumps(arrays)),
            "is not an archive",
        ),
        (lambda path, arrays: path.write_bytes(b""), "is not an archive"),
        (
            lambda path, arrays: path.write_bytes(path.read_bytes()[:-60]),
            "is not an archive",
        ),
        (
            lambda path, arrays: path.write_bytes(
                path.read_bytes().replace(b"NUMPY", b"NUMPX")
            ),
            "detector.npz",
        ),
    ],
)
def test_wrong_arrays(write, reason, copy):
    path = copy / "detector.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    write(path, arrays)
    renew_checksums(copy)
    with pytest.raises(ValueError, match=reason) as error:
        TrainedDetector.load(copy)
    one_line_about(copy, error)


def test_numbers_that_overflow_are_no_probabilities(rows):
    detector = trained(rows, classifier="linear_svm")
    detector._arrays["scale"] = np.full(LENGTH, 1e-308)
    with pytest.raises(ValueError, match="gives no probabilities"):
        detector.probabilities(pictures(2, 20, 20))


def test_no_arrays(copy):
    (copy / "detector.npz").unlink()
    renew_checksums(copy)
    with pytest.raises(ValueError, match="npz. Received: no such file"):
        TrainedDetector.load(copy)


def test_no_detector(tmp_path):
    with pytest.raises(ValueError, match="holds no detector"):
        TrainedDetector.load(tmp_path)
    (tmp_path / "detector.json").write_text("[]")
    with pytest.raises(ValueError, match="damaged"):
        TrainedDetector.load(tmp_path)
