"""Detectors as SavedModels, and what comes back."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from specgan.detection import ExportedDetector
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import bin_frequencies
from specgan.detection import checked_graph
from specgan.detection import export_detector
from specgan.detection import match
from specgan.detection import relative_spectrum
from specgan.detection.checked_graph import checked_function
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


def export(rows, path, about=None, features=None, **arguments):
    detector = fitted(rows, **arguments)
    features = features or SpectralFeatures(length=LENGTH)
    export_detector(detector, features, path, about or {}, *rows)
    return detector


@pytest.fixture(scope="module")
def exported(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("detectors") / "mine"
    export(rows, path, {"description": "A line.", "images": 120})
    return path


@pytest.fixture
def copy(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "copy")


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
    detector = export(rows, tmp_path / "mine", **arguments)
    features = SpectralFeatures(length=LENGTH)
    loaded = ExportedDetector.load(tmp_path / "mine")
    alone = tf.saved_model.load(str(tmp_path / "mine"))
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
            assert probabilities.dtype == np.float32
            np.testing.assert_allclose(probabilities, expected, atol=1e-6)
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


def test_mixed_sizes_in_their_order(exported):
    detector = ExportedDetector.load(exported)
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


def test_many_pictures_go_in_parts(exported, monkeypatch):
    detector = ExportedDetector.load(exported)
    images = pictures(7, 32, 32)
    expected = detector.probabilities(images)
    monkeypatch.setattr("specgan.detection.exported_detector._CHUNK", 3000)
    np.testing.assert_allclose(
        detector.probabilities(images), expected, atol=1e-7
    )


def test_several_detectors_at_once(rows, exported, tmp_path):
    """TensorFlow keeps functions by their names, which must not meet."""
    export(rows, tmp_path / "other", classifier="linear_svm")
    image = pictures(1, 32, 32)
    one = ExportedDetector.load(exported)
    before = one.probabilities(image)
    other = ExportedDetector.load(tmp_path / "other")
    again = ExportedDetector.load(exported)
    np.testing.assert_array_equal(one.probabilities(image), before)
    np.testing.assert_array_equal(again.probabilities(image), before)
    assert other.probabilities(image) != before


# === What is said about it ===


def test_attributes(exported, rows):
    detector = ExportedDetector.load(str(exported))
    assert detector.name == "mine"
    assert detector.description == "A line."
    assert detector.about == {"description": "A line.", "images": 120}
    assert 0 < detector.lower < detector.upper < 1
    np.testing.assert_array_equal(detector.frequencies, bin_frequencies(LENGTH))
    for kind, features in zip(("real", "generated"), rows, strict=True):
        mean, spread = detector.reference[kind]
        np.testing.assert_allclose(mean, features.mean(axis=0)[:-1])
        np.testing.assert_allclose(spread, features.std(axis=0)[:-1])
    np.testing.assert_array_equal(
        detector.features(pictures(60, 32, 32, seed=1)), rows[0]
    )


def test_verdicts(exported):
    detector = ExportedDetector.load(exported)
    detector.lower, detector.upper = 0.2, 0.8
    assert list(detector.verdicts([0.1, 0.2, 0.8, 0.9])) == [
        "real",
        "unsure",
        "unsure",
        "generated",
    ]


def test_no_verdict_without_a_bound(rows, tmp_path):
    export(rows, tmp_path / "mine", doubt=0.001)
    detector = ExportedDetector.load(tmp_path / "mine")
    assert (detector.lower, detector.upper) == (0, 1)
    assert set(detector.verdicts([0.0, 1.0])) == {"unsure"}


# === What is not exported ===


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"classifier": "k_means"}, "by k-means are not exported"),
        (
            {"features": SpectralFeatures(official=True, length=LENGTH)},
            "official features are not exported",
        ),
        ({"features": SpectralFeatures(length=9)}, "fitted to other features"),
        ({"about": {"loss": np.nan}}, "must be JSON"),
        ({"about": {"files": {1}}}, "must be JSON"),
        ({"about": ["a"]}, "`about`. Expected a dictionary"),
        ({"about": {"description": "a\nb"}}, "one line of plain text"),
    ],
)
def test_what_cannot_be_exported(arguments, message, rows, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(rows, tmp_path / "mine", **arguments)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", [np.zeros([0, LENGTH]), np.zeros([3, 2])])
def test_rows_of_another_kind(wrong, rows, tmp_path):
    with pytest.raises(ValueError, match="`generated_rows`. Expected feat"):
        export_detector(
            fitted(rows),
            SpectralFeatures(length=LENGTH),
            tmp_path / "mine",
            {},
            rows[0],
            wrong,
        )


def test_whole_or_not_at_all(rows, tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr("specgan.detection.export.sums", full_disk)
    with pytest.raises(OSError, match="no space left"):
        export(rows, tmp_path / "mine")
    assert not any(tmp_path.iterdir())


def test_nothing_is_overwritten(rows, exported):
    with pytest.raises(ValueError, match="exists already"):
        export(rows, exported)


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
def test_wrong_pictures(images, message, exported):
    with pytest.raises(ValueError, match=message):
        ExportedDetector.load(exported).probabilities(images)


@pytest.mark.parametrize("shape", [(1, 32, 32, 2), (1, 32, 15, 3)])
def test_wrong_pictures_to_tensorflow_alone(shape, exported):
    serve = tf.saved_model.load(str(exported)).serve
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected pict"):
        serve(np.zeros(shape, np.uint8))


# === Files that are none ===


def change(path, **changes):
    record = json.loads((path / "detector.json").read_text())
    (path / "detector.json").write_text(json.dumps({**record, **changes}))


def test_another_version(copy):
    change(copy, format_version=2)
    with pytest.raises(ValueError, match="Expected 1. Received: 2"):
        ExportedDetector.load(copy)


@pytest.mark.parametrize(
    "name", ["saved_model.pb", "variables/variables.index"]
)
def test_altered_files(name, copy):
    content = bytearray((copy / name).read_bytes())
    content[-1] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"Expected SHA-256 .* of {name}"):
        ExportedDetector.load(copy)
    (copy / name).unlink()
    with pytest.raises(ValueError, match="Received: no such file"):
        ExportedDetector.load(copy)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"lower": None}, "no float as 'lower'"),
        ({"lower": 0.9, "upper": 0.1}, "bounds 0.9 and 0.1"),
        ({"upper": np.nan}, "bounds"),
        ({"features": {"size": 3}}, "unexpected keyword argument 'size'"),
        ({"features": {"length": "a"}}, "cannot be interpreted as an in"),
        ({"features": {"length": 3}}, "reshape"),
        ({"reference": {}}, "'real'"),
        ({"sha256": {}}, "SHA-256 None of saved_model.pb"),
        ({"format_version": True}, "Received: True"),
        ({"description": "a\x1b[31m\nb"}, "a description that is no line"),
        ({"about": {"matched": {"jpeg": -3}}}, "JPEG of quality"),
        ({"about": {"matched": {"size": True}}}, "a size of True"),
        ({"about": {"matched": "all"}}, "matched is 'all'"),
    ],
)
def test_altered_records(changes, reason, copy):
    change(copy, **changes)
    with pytest.raises(ValueError, match=reason) as told:
        ExportedDetector.load(copy)
    assert "copy" in str(told.value)
    assert "\n" not in str(told.value)


def test_no_detector(tmp_path):
    with pytest.raises(ValueError, match="holds no detector"):
        ExportedDetector.load(tmp_path)
    (tmp_path / "detector.json").write_text("[]")
    with pytest.raises(ValueError, match="damaged"):
        ExportedDetector.load(tmp_path)


# === Programs that are none of ours ===


def put(path, serve):
    """Another program in a detector's place, with the right sums."""
    shutil.rmtree(path / "variables")
    module = tf.Module()
    signature = [tf.TensorSpec([None] * 4, tf.uint8, "images")]
    module.serve = tf.function(serve, input_signature=signature)
    tf.saved_model.save(module, str(path), {"serve": module.serve})
    sign(path)


def sign(path):
    content = (path / "saved_model.pb").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    change(path, sha256={"saved_model.pb": digest})


def constant(images):
    return tf.zeros_like(images[:, 0, 0, 0], tf.float32)


def test_a_program_that_writes_is_refused(copy, tmp_path):
    target = str(tmp_path / "written")

    def serve(images):
        tf.io.write_file(target, "x")
        return constant(images)

    put(copy, serve)
    with pytest.raises(ValueError, match="more than arithmetic.*WriteFile"):
        ExportedDetector.load(copy)
    assert not (tmp_path / "written").exists()


def test_a_program_hidden_in_a_branch_is_refused(copy, tmp_path):
    target = str(tmp_path / "written")

    def write():
        tf.io.write_file(target, "x")
        return 0.0

    def serve(images):
        return constant(images) + tf.cond(
            tf.reduce_all(images == 77), write, lambda: 0.0
        )

    put(copy, serve)
    with pytest.raises(ValueError, match="WriteFile") as told:
        ExportedDetector.load(copy)
    assert "If" in str(told.value)


def test_python_is_refused(copy):
    put(
        copy,
        lambda images: tf.ensure_shape(
            tf.numpy_function(lambda x: x, [constant(images)], tf.float32),
            [None],
        ),
    )
    with pytest.raises(ValueError, match="PyFunc"):
        ExportedDetector.load(copy)


def test_variables_are_refused(copy):
    variable = tf.Variable(0.0)
    module = tf.Module()
    module.variable = variable
    module.serve = tf.function(
        lambda images: constant(images) + variable,
        input_signature=[tf.TensorSpec([None] * 4, tf.uint8, "images")],
    )
    shutil.rmtree(copy / "variables")
    tf.saved_model.save(module, str(copy), {"serve": module.serve})
    sign(copy)
    with pytest.raises(ValueError, match="VarHandleOp"):
        ExportedDetector.load(copy)


def test_arithmetic_of_others_is_run(copy):
    put(copy, constant)
    detector = ExportedDetector.load(copy)
    assert list(detector.probabilities(pictures(2, 20, 20))) == [0, 0]


@pytest.mark.parametrize(
    "serve",
    [
        lambda images: tf.cast(images, tf.float32),
        lambda images: constant(images) + np.nan,
        lambda images: constant(images) + 2,
        lambda images: tf.cast(constant(images), tf.int32),
        lambda images: tf.reduce_sum(constant(images)),
    ],
)
def test_what_gives_no_probabilities_is_refused(serve, copy):
    put(copy, serve)
    with pytest.raises(ValueError, match="cannot be read"):
        ExportedDetector.load(copy)


def test_answers_are_looked_at_every_time(copy):
    # The pictures of the first look are black.
    put(copy, lambda x: constant(x) + tf.reduce_mean(tf.cast(x, tf.float32)))
    detector = ExportedDetector.load(copy)
    with pytest.raises(ValueError, match="gives no probabilities"):
        detector.probabilities(pictures(2, 20, 20))


def test_a_function_that_calls_itself_is_refused(copy):
    path = copy / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    # All of them, since which of them the signature reaches depends on what
    # TensorFlow traced before.
    for function in saved.meta_graphs[0].graph_def.library.function:
        call = function.node_def.add(name="again", op="PartitionedCall")
        call.attr["f"].func.name = function.signature.name
    path.write_bytes(saved.SerializeToString())
    sign(copy)
    with pytest.raises(ValueError, match="call themselves"):
        ExportedDetector.load(copy)


def test_functions_that_grow_without_measure_are_refused(copy, monkeypatch):
    monkeypatch.setattr(checked_graph, "MOST_OPERATIONS", 20)
    with pytest.raises(ValueError, match="operations, and is not run"):
        ExportedDetector.load(copy)


def test_pictures_are_prepared_as_those_of_the_training(rows, tmp_path):
    detector = SpectralDetector(C=0.5).fit(
        np.concatenate(rows), np.repeat([0, 1], [60, 60])
    )
    about = {"matched": {"size": 24, "jpeg": [75, 50]}}
    export_detector(
        detector, SpectralFeatures(length=LENGTH), tmp_path / "a", about, *rows
    )
    exported = ExportedDetector.load(tmp_path / "a")
    (picture,) = pictures(1, 40, 32)
    prepared, told = exported.prepared(picture)
    np.testing.assert_array_equal(prepared, *match([picture], 24, 75))
    assert told == ["cut to 24x24", "compressed at quality 75"]
    again, told = exported.prepared(prepared, quality=60)
    np.testing.assert_array_equal(again, prepared)
    assert told == []


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"text"])
def test_no_saved_model(content, copy):
    (copy / "saved_model.pb").write_bytes(content)
    sign(copy)
    with pytest.raises(ValueError, match="cannot be used"):
        ExportedDetector.load(copy)


def test_no_such_signature(exported):
    with pytest.raises(ValueError, match="a signature 'sample'"):
        checked_function(exported / "saved_model.pb", "sample")
