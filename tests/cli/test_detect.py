"""`specgan detect` and `train-detector`: contracts, and every bad input."""

import functools
import io
import json
import os
import shutil
import struct
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image
from PIL import PngImagePlugin

from specgan.cli.main import main
from specgan.data import reading
from specgan.detection import SpectralFeatures
from specgan.detection import bin_frequencies
from specgan.detection import detect as predict
from specgan.detection import detector_training
from specgan.detection import feature_sets
from specgan.detection import whole_pictures
from specgan.detection.figures import explanation
from specgan.detection.matching import as_trained
from specgan.detection.matching import match
from specgan.detection.protocol import Protocol
from specgan.detection.unusualness import Unusualness
from tests.parsed_page import ParsedPage
from tests.tiny_video import write_video
from zoo import detectors

pytestmark = pytest.mark.filterwarnings("default")

SIZE = 32


def smooth(seed, shape=(SIZE, SIZE), deviation=1.0):
    """A picture of some colours without high frequencies: "generated"."""
    noise = np.random.default_rng(seed).normal(0, 1, (*shape, 3))
    soft = scipy.ndimage.gaussian_filter(noise, (deviation, deviation, 0))
    levels = 128 + 50 * soft / soft.std()
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def rough(seed, shape=(SIZE, SIZE)):
    """A picture of noise: "real"."""
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)


class Stub:
    """Says what is wanted of a detector: smooth pictures are generated."""

    name = "stub"
    is_one_class = False
    matched = {}
    features = SpectralFeatures(length=12)
    frequencies = bin_frequencies(12)
    reference = {
        "real": (np.zeros(11), np.ones(11)),
        "generated": (np.linspace(0, -30, 11), np.ones(11)),
    }

    def __init__(self):
        self.batches = []

    def probabilities_of_features(self, rows):
        self.batches.append(len(rows))
        return np.where(rows[:, -2] < -5, 0.9, 0.1)

    limit = 2.0

    def judge(self, rows, probabilities):
        return self.verdicts(probabilities), np.ones(len(rows))

    def strangest(self, rows):
        return ["1-D spectrum"] * len(rows)

    def unusualness(self, rows):
        shares = np.where(rows[:, -2] < -5, 0.97, 0.5)
        return [Unusualness(one, 200, "1-D spectrum") for one in shares]

    def profiles(self, row):
        return row[..., :-1]

    def verdicts(self, probabilities):
        return np.where(probabilities > 0.5, "generated", "real")

    def prepared(self, picture, quality=None):
        return as_trained(picture, self.matched, quality)


@pytest.fixture
def stub(monkeypatch):
    stub = Stub()
    monkeypatch.setattr(detectors, "load_detector", lambda name: stub)
    names = {"stub": "a stub"}
    monkeypatch.setattr(detectors, "detector_names", lambda: names)
    return stub


def save(pixels, path, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def detect(*arguments):
    return main(["detect", *map(str, arguments)])


def as_json(capsys, *arguments, code=0):
    assert detect(*arguments, "--json") == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


# === Detect ===


def test_a_line_a_picture(stub, tmp_path, capsys):
    real = save(rough(1), tmp_path / "a.jpg", quality=95)
    fake = save(smooth(2), tmp_path / "b.png")
    assert detect(fake, real) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{fake}: generated, 90.0% generated (32x32 PNG RGB)"
    assert second == f"{real}: real, 10.0% generated (32x32 JPEG RGB)"


def test_a_page_of_all_predictions(stub, tmp_path, capsys):
    save(rough(1), tmp_path / "in" / "a.jpg")
    save(smooth(2), tmp_path / "in" / "b.png")
    (tmp_path / "in" / "c.png").write_bytes(b"broken")
    out = tmp_path / "page.html"
    assert detect(tmp_path / "in", "--html", out) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2
    page = ParsedPage(out.read_text("utf-8"))
    assert ["generated", "1"] in page.cells and ["real", "1"] in page.cells
    assert ["not read", "1"] in page.cells and ["all files", "3"] in page.cells
    assert detect(tmp_path / "in", "--html", tmp_path / "page.txt") == 2
    assert "Expected .html. Received: --html" in one_line(capsys)


def test_how_unusual_instead_of_a_verdict(stub, tmp_path, capsys):
    fake = save(smooth(2), tmp_path / "a.png")
    real = save(rough(1), tmp_path / "b.png")
    flat = save(np.zeros([32, 32, 3], np.uint8), tmp_path / "c.png")
    assert detect(tmp_path, "--one-class") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{fake}: more unusual than 97.0% of 200 real pictures, most of all "
        "in 1-D spectrum (32x32 PNG RGB)",
        f"{real}: more unusual than 50.0% of 200 real pictures (32x32 PNG RGB)",
        f"{flat}: nothing to compare with real pictures (32x32 PNG RGB, flat, "
        "without a spectrum)",
    ]
    first, _, last = as_json(capsys, tmp_path, "--one-class")
    assert first["unusual"] == {
        "share": 0.97, "real_pictures": 200, "strangest": "1-D spectrum",
    }  # fmt: skip
    assert last["unusual"] is None
    assert not {"verdict", "probability", "votes"} & set(first)
    out = tmp_path / "out"
    assert detect(tmp_path, "--one-class", "--explain", out) == 0
    assert len(list(out.iterdir())) == 3
    assert detect(tmp_path, "--one-class", "--html", "a.html") == 2
    assert "Expected --html or --one-class" in capsys.readouterr().err


def test_folders_are_searched_in_the_order_of_names(stub, tmp_path, capsys):
    names = ["a.png", "a/z.PNG", "a-b/c.jpg", "b.png", "a/y/x.gif"]
    for name in [*names, ".hidden.png", ".hidden/a.png"]:
        save(rough(1), tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "circle").symlink_to(tmp_path)
    told = as_json(capsys, tmp_path)
    paths = [str(tmp_path / name) for name in sorted(names)]
    assert [one["path"] for one in told] == paths


def test_links_to_folders_are_not_followed_but_told(stub, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    save(rough(1), tmp_path / "in" / "a.png")
    for name in ("circle", "circle.png"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "in")
    assert detect(tmp_path / "in") == 0
    streams = capsys.readouterr()
    assert len(streams.out.splitlines()) == 1
    (line,) = streams.err.splitlines()
    assert "warning: Links to folders are not followed: 2, e.g. " in line
    assert str(tmp_path / "in" / "circle") in line


def test_files_keep_their_order_and_their_names(
    stub, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    names = ["z.png", "new\nline.png", "a b.png"]
    for name in names:
        save(rough(1), tmp_path / name)
    told = as_json(capsys, *names)
    assert [one["path"] for one in told] == names
    assert detect(*names) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[1].startswith(r"'new\nline.png': real")


def test_mixed_sizes_are_measured_as_they_are(stub, tmp_path, capsys):
    shapes = [(SIZE, 3 * SIZE), (SIZE, SIZE), (16, 33), (SIZE, 3 * SIZE)]
    for i, shape in enumerate(shapes):
        save((smooth if i % 2 else rough)(i, shape), tmp_path / f"{i}.png")
    told = as_json(capsys, tmp_path)
    assert [(one["height"], one["width"]) for one in told] == shapes
    assert [one["verdict"] for one in told] == ["real", "generated"] * 2


def test_few_pictures_are_in_memory_at_once(stub, tmp_path, monkeypatch):
    for i in range(10):
        save(rough(i), tmp_path / f"{i}.png")
    monkeypatch.setattr(reading, "_PIXELS", 3 * SIZE**2)
    assert detect(tmp_path) == 0
    assert stub.batches == [3, 3, 3, 1]


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6
    return save(rough(1, (20, 40)), path, exif=exif)


def animated(path):
    pages = [Image.fromarray(rough(i)) for i in range(12)]
    pages[0].save(path, save_all=True, append_images=pages[1:])


def sixteen_bits(path):
    save(rough(1)[..., 0].astype(np.uint16) * 257, path)


def png(path, width, height, depth, rows):
    def part(name, content):
        sum_ = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + sum_

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


def sixteen_bits_rgb(path):
    pixels = rough(1).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    png(path, SIZE, SIZE, 16, rows)


@pytest.mark.parametrize(
    "name, write, expected",
    [
        ("grey.png", lambda p: save(rough(1), p, "L"), ("PNG", "L", [])),
        ("ink.jpg", lambda p: save(rough(1), p, "CMYK"), ("JPEG", "CMYK", [])),
        ("palette.png", lambda p: save(rough(1), p, "P"), ("PNG", "P", [])),
        ("bits.png", lambda p: save(rough(1), p, "1"), ("PNG", "1", [])),
        (
            "alpha.png",
            lambda p: save(rough(1), p, "RGBA"),
            ("PNG", "RGBA", ["alpha laid on white"]),
        ),
        (
            "deep.png",
            sixteen_bits,
            ("PNG", "I;16", ["16 bits, upper 8 read"]),
        ),
        (
            "deep-rgb.png",
            sixteen_bits_rgb,
            ("PNG", "RGB", ["16 bits, upper 8 read"]),
        ),
        ("many.gif", animated, ("GIF", "P", ["first of 12 frames"])),
        ("many.png", animated, ("PNG", "RGB", ["first of 12 frames"])),
        ("many.tif", animated, ("TIFF", "RGB", ["first of 12 frames"])),
    ],
)
def test_what_was_read_is_told(name, write, expected, stub, tmp_path, capsys):
    write(tmp_path / name)
    (told,) = as_json(capsys, tmp_path / name)
    assert (told["format"], told["mode"], told["notes"]) == expected
    assert told["verdict"] == "real" and told["probability"] == 0.1
    assert (told["width"], told["height"]) == (SIZE, SIZE)


def test_the_upper_8_of_16_bits(tmp_path):
    sixteen_bits(tmp_path / "a.png")
    sixteen_bits_rgb(tmp_path / "b.png")
    ((grey, colour),) = whole_pictures.read(
        [tmp_path / "a.png", tmp_path / "b.png"]
    )
    np.testing.assert_array_equal(grey.pixels, rough(1)[..., :1])
    np.testing.assert_array_equal(colour.pixels, rough(1))


def test_pictures_are_turned_upright(stub, tmp_path, capsys):
    (told,) = as_json(capsys, turned(tmp_path / "a.jpg"))
    assert (told["width"], told["height"]) == (20, 40)


@pytest.mark.parametrize("spread", [0, 1e-3])
def test_flat_pictures_are_unsure(spread, stub, tmp_path, capsys):
    pixels = np.full([64, 64, 3], 77, np.uint8)
    pixels[: int(64 * 64 * spread), 0] += 1
    path = save(pixels, tmp_path / "flat.png")
    (told,) = as_json(capsys, path)
    assert told["verdict"] == "unsure" and told["probability"] is None
    assert told["notes"] == ["flat, without a spectrum"]
    assert detect(path, "--explain", tmp_path / "out") == 0
    assert "unsure (64x64 PNG RGB, flat" in capsys.readouterr().out
    assert stub.batches == []


# === Detect: what cannot be read ===


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    file = io.BytesIO()
    Image.fromarray(rough(1)).save(file, "PNG")
    path.write_bytes(file.getvalue()[:1500])


def bomb(path):
    png(path, 12000, 10000, 8, b"")


def one_pixel(path):
    save(np.zeros([1, 1, 3], np.uint8), path)


def floats(path):
    save(rough(1)[..., 0].astype(np.float32), path)


def program(path):
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n")


BROKEN = {
    "empty.png": (empty, "the file is empty"),
    "truncated.png": (truncated, "truncated"),
    "words.png": (lambda path: path.write_text("words"), "not a picture"),
    "program.png": (program, "not a picture"),
    "bomb.png": (bomb, "too large: more than 89478485 pixels"),
    "one.png": (one_pixel, "too small: 1x1"),
    "float.tif": (floats, "floats"),
    "missing.png": (lambda path: None, "no such file"),
    "folder": (lambda path: path.mkdir(), "no pictures in this folder"),
    "dangling.png": (
        lambda path: path.symlink_to("nowhere"),
        "a link that leads nowhere",
    ),
    "itself.png": (
        lambda path: path.symlink_to(path),
        "a link that leads nowhere",
    ),
    "pipe.png": (os.mkfifo, "not a regular file"),
    "pipe.mp4": (os.mkfifo, "not a regular file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_and_the_rest_go_on(name, stub, tmp_path, capsys):
    write, reason = BROKEN[name]
    write(tmp_path / name)
    before = save(rough(1), tmp_path / "before.png")
    after = save(smooth(2), tmp_path / "sub" / "after.png")
    places = [before, tmp_path / name, after]
    assert detect(*places) == 1
    streams = capsys.readouterr()
    assert [line.split(": ")[0] for line in streams.out.splitlines()] == [
        str(before), str(after),
    ]  # fmt: skip
    (line,) = streams.err.splitlines()
    assert line.startswith(f"specgan detect: {tmp_path / name}: ")
    assert reason in line
    told = as_json(capsys, *places, code=1)
    assert [one.get("verdict") for one in told] == ["real", None, "generated"]
    assert told[1]["path"] == str(tmp_path / name)
    assert reason in told[1]["error"]
    assert set(told[1]) == {"path", "error"}


@pytest.mark.parametrize(
    "name", ["dangling.png", "itself.png", "pipe.png", "pipe.mp4"]
)
def test_what_is_broken_is_found_in_folders(name, stub, tmp_path, capsys):
    BROKEN[name][0](tmp_path / name)
    save(rough(1), tmp_path / "z.png")
    broken, good = as_json(capsys, tmp_path, code=1)
    assert broken["path"] == str(tmp_path / name)
    assert BROKEN[name][1] in broken["error"]
    assert good["verdict"] == "real"


def test_an_empty_name_is_refused(stub, capsys):
    with pytest.raises(SystemExit, match="2"):
        detect("a.png", "")
    assert "expected the name of a file or folder, received ''" in one_line(
        capsys
    )


def test_nothing_but_broken_files(stub, tmp_path, capsys):
    for name in ("empty.png", "truncated.png"):
        BROKEN[name][0](tmp_path / name)
    assert detect(tmp_path) == 1
    assert stub.batches == []


# === Detect: what the detector was not trained on ===


@pytest.mark.parametrize(
    "matched, name, options, expected",
    [
        ({"size": SIZE, "jpeg": None}, "a.png", {}, []),
        ({"size": SIZE, "jpeg": 75}, "a.jpg", {"quality": 75}, []),
        ({"size": 40, "jpeg": None}, "a.png", {}, ["trained on 40x40"]),
        (
            {"size": 64, "jpeg": None},
            "a.png",
            {},
            ["trained on 64x64", "far smaller than in training"],
        ),
        (
            {"size": None, "jpeg": 75},
            "a.png",
            {},
            ["compressed at quality 75"],
        ),
        ({"size": 16, "jpeg": None}, "a.png", {}, ["cut to 16x16"]),
        (
            {"size": 40, "jpeg": 75},
            "a.jpg",
            {"quality": 90},
            ["trained on 40x40", "compressed at quality 75"],
        ),
        ({"jpeg": [75, 60, 45]}, "a.jpg", {"quality": 50}, []),
        (
            {"jpeg": [75, 60, 45]},
            "a.jpg",
            {"quality": 95},
            ["compressed at quality 75"],
        ),
        (
            {"jpeg": [75, 60, 45]},
            "a.jpg",
            {"quality": 30},
            ["trained on JPEG of quality 45 and more, not 30"],
        ),
        (
            {"jpeg": [75]},
            "a.jpg",
            {"qtables": [[7] * 64] * 2},
            ["compressed at quality 75"],
        ),
        (
            {"size": 16, "jpeg": 75},
            "a.jpg",
            {"quality": 75},
            ["cut to 16x16", "compressed at quality 75"],
        ),
    ],
)
def test_what_differs_from_the_training_is_told(
    matched, name, options, expected, stub, tmp_path, capsys
):
    stub.matched = matched
    path = save(rough(1), tmp_path / name, **options)
    (told,) = as_json(capsys, path)
    assert told["notes"] == expected
    assert detect(path) == 0
    line = capsys.readouterr().out
    assert all(note in line for note in expected)


def test_what_a_file_says_of_itself_comes_first(stub, tmp_path, capsys):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a castle")
    path = save(rough(1), tmp_path / "a.png", pnginfo=info)
    statement = "parameters of a generator: a castle"
    assert detect(path) == 0
    # The verdict is the detector's.
    assert f" PNG text: {statement}; real, " in capsys.readouterr().out
    (told,) = as_json(capsys, path)
    assert told["provenance"] == [
        {"source": "PNG text", "text": statement, "generated": True}
    ]


def test_pictures_are_made_as_those_of_the_training(
    stub, tmp_path, monkeypatch
):
    seen = []

    class Features(SpectralFeatures):
        def transform(self, images):
            seen.extend(images)
            return super().transform(images)

    monkeypatch.setattr(stub, "features", Features(length=12))
    stub.matched = {"size": 16, "jpeg": 60}
    pixels = rough(1)
    assert detect(save(pixels, tmp_path / "a.png")) == 0
    (expected,) = match([pixels], 16, 60)
    np.testing.assert_array_equal(seen, [expected])


# === Detect: output that nobody reads ===


def test_a_broken_pipe_ends_quietly(stub, tmp_path, monkeypatch, capsys):
    save(rough(1), tmp_path / "a.png")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert detect(tmp_path) == 141
        pipe.write("What is left over goes nowhere.")
    assert capsys.readouterr().err == ""


# === Detect: videos ===


def film(path, kinds, seed=0):
    """A video of smooth ("s"), rough ("r") and flat (" ") frames."""
    pytest.importorskip("av")
    make = {"s": smooth, "r": rough, " ": lambda seed: np.zeros_like(rough(1))}
    frames = [make[kind](seed + i) for i, kind in enumerate(kinds)]
    return write_video(path, np.stack(frames), "ffv1", "bgr0")


def test_a_video_is_judged_by_its_majority(stub, tmp_path, capsys):
    path = film(tmp_path / "a.mkv", "sssrs  s")
    (told,) = as_json(capsys, path)
    assert told.pop("probability") == pytest.approx((5 * 0.9 + 0.1) / 6)
    assert told == {
        "path": str(path),
        "verdict": "generated",
        "votes": {"generated": 5, "real": 1, "unsure": 0},
        "width": SIZE,
        "height": SIZE,
        "format": "ffv1",
        "mode": "bgr0",
        "notes": ["2 flat frames left out"],
        "provenance": [],
    }
    assert detect(path) == 0
    assert capsys.readouterr().out == (
        f"{path}: generated, 76.7% generated on average of 6 frames: 5 "
        "generated, 1 real, 0 unsure (32x32 ffv1 bgr0, 2 flat frames left "
        "out)\n"
    )


@pytest.mark.parametrize(
    "kinds, share", [("srr ", 0.5), ("rsss", 0.97), ("  ", None)]
)
def test_a_video_is_as_unusual_as_its_median_frame(
    kinds, share, stub, tmp_path, capsys
):
    path = film(tmp_path / "a.mkv", kinds)
    (told,) = as_json(capsys, path, "--one-class")
    assert (told["unusual"] and told["unusual"]["share"]) == share
    assert "votes" not in told
    [one] = predict(path, stub, features=True, one_class=True)
    (ax,) = explanation(stub, one).axes
    labels = {line.get_label() for line in ax.lines}
    assert ("mean of its frames" in labels) == (share is not None)


@pytest.mark.parametrize(
    "kinds, verdict", [("srrr", "real"), ("ssrr", "unsure"), ("  ", "unsure")]
)
def test_without_a_majority_a_video_is_unsure(
    kinds, verdict, stub, tmp_path, capsys
):
    (told,) = as_json(capsys, film(tmp_path / "a.mkv", kinds))
    assert told["verdict"] == verdict
    assert (told["probability"] is None) == (kinds == "  ")


def test_a_truncated_video_is_told(tmp_path):
    pytest.importorskip("av")
    frames = np.stack([rough(i) for i in range(40)])
    path = write_video(tmp_path / "a.avi", frames)
    for one in whole_pictures.read_video(path, 3):
        assert [frame.remarks for frame in one] == 3 * [()]
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    for one in whole_pictures.read_video(path, 3):
        assert len(one) == 3
        for frame in one:
            (note,) = frame.remarks
            assert note.startswith("truncated: ")
            assert note.endswith(" of 40 frames")


def test_few_frames_are_in_memory_at_once(stub, tmp_path, monkeypatch, capsys):
    path = film(tmp_path / "a.mkv", "s" * 40)
    monkeypatch.setattr(reading, "_PIXELS", 3 * SIZE**2)
    (told,) = as_json(capsys, path, "--frames", 10)
    assert sum(told["votes"].values()) == 10
    assert stub.batches == [3, 3, 3, 1]


def test_videos_and_pictures_keep_their_order(stub, tmp_path, capsys):
    film(tmp_path / "b.mkv", "rr")
    film(tmp_path / "d.MKV", "ss")
    for name in ("a.png", "c.png", "e.png"):
        save(rough(1), tmp_path / name)
    (tmp_path / "f.mp4").write_bytes(b"broken")
    (tmp_path / "g.mp4").mkdir()
    told = as_json(capsys, tmp_path, tmp_path / "h.mp4", code=1)
    assert [Path(one["path"]).name for one in told] == [
        "a.png", "b.mkv", "c.png", "d.MKV", "e.png", "f.mp4", "h.mp4",
    ]  # fmt: skip
    assert [one.get("verdict") for one in told[:5]] == [
        "real", "real", "real", "generated", "real",
    ]  # fmt: skip
    assert "not a video that can be read" in told[5]["error"]
    assert told[6]["error"] == "there is no such file"


def test_a_video_of_too_few_pixels(stub, tmp_path, capsys):
    pytest.importorskip("av")
    frames = np.stack([rough(i, (12, 32)) for i in range(3)])
    path = write_video(tmp_path / "a.mkv", frames, "ffv1", "bgr0")
    (told,) = as_json(capsys, path, code=1)
    assert "too small: 32x12" in told["error"]


def test_without_the_library_videos_are_told(
    stub, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "av", None)
    save(rough(1), tmp_path / "a.png")
    (tmp_path / "b.mp4").write_bytes(b"a film")
    save(rough(1), tmp_path / "c.png")
    assert detect(tmp_path) == 1
    streams = capsys.readouterr()
    assert len(streams.out.splitlines()) == 2
    (line,) = streams.err.splitlines()
    assert "b.mp4: videos need PyAV: pip install 'specgan[video]'" in line


def test_an_explanation_of_a_video(stub, tmp_path):
    path = film(tmp_path / "a.mkv", "sr ")
    [one] = predict(path, stub, frames=9, features=True)
    (ax,) = explanation(stub, one).axes
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(
        lines["mean of its frames"].get_ydata(),
        stub.features([smooth(0), rough(1)]).mean(axis=0)[:-1],
    )


# === Detect: explanations ===


def test_explanations(stub, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(rough(1), tmp_path / "a" / "same $name.png")
    save(smooth(2), tmp_path / "b" / "same $name.png")
    # A folder within those that are searched is not searched itself.
    assert detect(".", "--explain", "a-out") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    written = sorted(path.name for path in (tmp_path / "a-out").iterdir())
    assert written == ["000001-same $name.png", "000002-same $name.png"]
    with Image.open(tmp_path / "a-out" / written[0]) as image:
        assert image.width > 500
    assert detect("a", "--explain", "a-out") == 2
    assert "nothing is overwritten" in one_line(capsys)


def test_explanations_have_names_that_can_be_printed(stub, tmp_path):
    name = "new\nline\x1b[31m \udcff" + "ü" * 90
    save(rough(1), tmp_path / "in" / f"{name}.png")
    assert detect(tmp_path / "in", "--explain", tmp_path / "out") == 0
    (written,) = (tmp_path / "out").iterdir()
    assert written.name == f"000001-new_line_[31m _{'ü' * 45}.png"


def test_an_explanation_shows_the_picture_against_both_bands(stub, tmp_path):
    path = save(smooth(1), tmp_path / "a.png")
    [one] = predict(path, stub, features=True)
    (ax,) = explanation(stub, one).axes
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(
        lines["this picture"].get_ydata(),
        stub.features([smooth(1)])[0, :-1],
    )
    np.testing.assert_array_equal(
        lines["mean generated"].get_ydata(), stub.reference["generated"][0]
    )
    assert len(ax.collections) == 2
    assert "dB" in ax.get_ylabel() and "cycles per pixel" in ax.get_xlabel()
    assert "generated, 90.0%" in ax.get_title()


# === Detect: which detector ===


def test_without_a_detector_the_command_is_told(stub, monkeypatch, capsys):
    monkeypatch.setattr(detectors, "detector_names", dict)
    assert detect("a.png") == 2
    assert "specgan train-detector" in one_line(capsys)


def test_an_empty_name_is_no_detector(capsys):
    assert detect("a.png", "--detector", "") == 2
    assert "Expected one of" in one_line(capsys)


def test_the_first_detector_unless_named(stub, monkeypatch, tmp_path, capsys):
    asked = []

    def load(name):
        asked.append(name)
        return stub

    monkeypatch.setattr(detectors, "load_detector", load)
    path = save(rough(1), tmp_path / "a.png")
    assert detect(path) == 0
    assert detect(path, "--detector", "other/") == 0
    assert asked == ["stub", "other/"]


# === Train ===


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Of real and generated pictures, 20 each; two of them are the same."""
    path = tmp_path_factory.mktemp("folders")
    for i in range(20):
        save(rough(i, (40, 40)), path / "real" / f"{i:02}.png")
        save(smooth(i, (40, 40), 0.5 + i / 100), path / "fake" / f"{i:02}.png")
    save(rough(0, (40, 40)), path / "real" / "copy.png")
    return path


@pytest.fixture
def exported(monkeypatch):
    """What the numbers to be saved are taken from."""
    kept = types.SimpleNamespace()

    class Trained:
        @staticmethod
        def of(
            detector, features, about, real_rows, generated_rows, name,
            groups, perturbed,
        ):  # fmt: skip
            vars(kept).update(locals())
            json.dumps(about)
            return Trained()

        def save(self, path):
            kept.path = path

    monkeypatch.setattr(detector_training, "TrainedDetector", Trained)
    quick = functools.partial(Protocol, splits=2)
    monkeypatch.setattr(detector_training, "Protocol", quick)
    return kept


def train(folders, *arguments, real="real", fake="fake"):
    return main(
        ["train-detector", "--real", str(folders / real)]
        + ["--fake", str(folders / fake), "--out", str(folders / "new")]
        + [str(one) for one in arguments]
    )


@pytest.mark.parametrize("classifier", ["svm", "logistic_regression"])
def test_train_detector(classifier, folders, exported, capsys):
    options = ["--classifier", classifier]
    assert train(folders, *options) == 0
    printed = capsys.readouterr().out
    assert "21 real and 20 fake pictures in 20 and 20 groups" in printed
    for told in ("balanced accuracy", "real/real", "fake/fake", "Doubt:"):
        assert told in printed
    assert exported.real_rows.shape == (21, exported.features.length)
    assert exported.generated_rows.shape == (20, exported.features.length)
    assert [len(some) for some in exported.perturbed] == [21, 20]
    rows = np.concatenate([exported.real_rows, exported.generated_rows])
    assert np.mean(
        exported.detector.predict(rows) == np.repeat([0, 1], [21, 20])
    ) > 0.9  # fmt: skip
    assert exported.about["description"]
    scores = exported.about["protocol"]["scores"]
    assert scores["balanced_accuracy"]["mean"] > 0.9


def test_options_of_train_detector(folders, exported, capsys):
    options = ["--num", 12, "--match-size", 32, "--match-jpeg", 80]
    options += ["--false-positive-rate", 0.1]
    assert train(folders, *options) == 0
    assert len(exported.real_rows) == len(exported.generated_rows) == 12
    assert exported.detector.false_positive_rate == 0.1
    assert exported.about["matched"] == {"size": 32, "jpeg": 80}
    warning = "Received: 12 of real and 12 of fake pictures"
    assert warning in capsys.readouterr().err


def test_both_kinds_are_matched(exported, folders, monkeypatch):
    seen = set()

    class Look(SpectralFeatures):
        def _rows(self, images):
            seen.update(one.shape for one in images)
            return super()._rows(images)

    monkeypatch.setitem(feature_sets.FEATURES, "spectrum", Look)
    options = ["--match-size", 24, "--features", "spectrum"]
    assert train(folders, *options) == 0
    assert seen == {(24, 24, 3)}


def test_each_generator_is_left_out_once(folders, exported, capsys):
    for i in range(20):
        save(smooth(400 + i, deviation=0.9), folders / "soft" / f"{i}.png")
        save(rough(500 + i), folders / "like real" / f"{i}.png")
    fake = [folders / name for name in ("fake", "soft", "like real")]
    options = ["--fake", *fake]
    options += ["--features", "spectrum", "--no-perturb", "--match-size", 32]
    assert train(folders, *options) == 0
    printed = capsys.readouterr().out
    assert "trained without" in printed
    found, missed = (
        exported.about["left_out"][name]["generated_accuracy"]
        for name in ("fake", "like real")
    )
    assert found >= 0.9  # As "soft", it has no fine detail.
    assert missed < 0.5
    assert exported.perturbed is None
    assert exported.about["fake"] == [str(folder) for folder in fake]


@pytest.mark.parametrize(
    "suffix, size, remedy",
    [("jpg", 40, ["--match-jpeg", 80]), ("png", 48, ["--match-size", 40])],
)
def test_incomparable_files_are_refused_unless_matched(
    suffix, size, remedy, folders, exported, tmp_path, capsys
):
    for i in range(20):
        save(rough(i, (size, size)), tmp_path / "odd" / f"{i}.{suffix}")
    assert train(folders, real=tmp_path / "odd") == 2
    assert remedy[0] in one_line(capsys)
    assert train(folders, *remedy, real=tmp_path / "odd") == 0
    assert "differ" in capsys.readouterr().err


def test_what_cannot_be_read_is_left_out(folders, exported, tmp_path, capsys):
    for i in range(20):
        save(rough(i, (40, 40)), tmp_path / "real" / f"{i}.png")
    empty(tmp_path / "real" / "empty.png")
    save(np.zeros([40, 40, 3], np.uint8), tmp_path / "real" / "flat.png")
    assert train(folders, real=tmp_path / "real") == 0
    told = capsys.readouterr().err
    assert "2 pictures are left out" in told
    assert "empty.png (the file is empty)" in told
    assert "flat.png (flat" in told
    assert len(exported.real_rows) == 20
    assert exported.about["skipped"] == 2


@pytest.mark.parametrize("kind", ["real", "fake"])
def test_the_example_of_what_is_left_out_is_of_its_kind(
    kind, folders, exported, tmp_path, capsys
):
    for i in range(3):
        for one in ("real", "fake"):
            save(np.zeros([40, 40, 3], np.uint8), tmp_path / one / f"{i}.png")
    other = {"real": "fake", "fake": "real"}[kind]
    for i in range(20):
        save(rough(i, (40, 40)), tmp_path / other / f"good{i}.png")
    assert train(tmp_path) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"No {kind} picture could be used" in error
    assert f"e.g. {tmp_path / kind / '0.png'} (flat" in error


def few(path):
    for i in range(3):
        save(rough(i, (40, 40)), path / f"{i}.png")


def copies(path):
    for i in range(20):
        save(rough(0, (40, 40)), path / f"{i}.png")


def flat(path):
    for i in range(20):
        save(np.full([40, 40, 3], i, np.uint8), path / f"{i}.png")


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda path: None, "no such file or folder. Received: --fake"),
        (lambda path: path.mkdir(), "no images here"),
        (lambda path: path.symlink_to(path.parent / "fake"), "mixed up"),
        (few, "too few groups"),
        (copies, "too few groups"),
        (flat, "No fake picture could be used"),
    ],
)
def test_folders_that_nothing_can_be_learned_from(
    write, message, folders, exported, tmp_path, capsys
):
    (tmp_path / "fake").symlink_to(folders / "real")
    write(tmp_path / "odd")
    assert train(folders, fake=tmp_path / "odd") == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not hasattr(exported, "detector")


def test_too_few_real_pictures_for_a_rate(folders, exported, capsys):
    assert train(folders, "--false-positive-rate", "0.01") == 2
    assert "0.01" in one_line(capsys)


@pytest.mark.parametrize(
    "option, value",
    [
        ("--match-size", 8),
        ("--match-jpeg", 101),
        ("--false-positive-rate", 1),
        ("--classifier", "k_means"),
        ("--num", 0),
    ],
)
def test_arguments_out_of_range(option, value, folders, capsys):
    with pytest.raises(SystemExit, match="2"):
        train(folders, option, value)
    assert option in one_line(capsys)


def test_nothing_is_overwritten(folders, capsys):
    assert train(folders, "--out", folders / "real") == 2
    assert "nothing is overwritten" in one_line(capsys)


def test_frames_of_a_video_are_held_out_together(
    folders, exported, tmp_path, capsys
):
    for i in range(7):
        film(tmp_path / "real" / f"{i}.mkv", "rrrrrr", seed=100 + 10 * i)
        film(tmp_path / "fake" / f"{i}.mkv", "ssssss", seed=100 + 10 * i)
    # A video whose frames are in a folder of their own.
    for kind, draw in (("real", rough), ("fake", smooth)):
        for i in range(3):
            save(draw(50 + i), tmp_path / kind / "frames" / f"{i}.png")
    places = {"real": tmp_path / "real", "fake": tmp_path / "fake"}
    options = ["--frames", 4, "--match-jpeg", 80]
    assert train(folders, *options, "--group-folders", **places) == 0
    printed = capsys.readouterr().out
    assert "31 real and 31 fake pictures in 8 and 8 groups" in printed
    assert exported.about["frames"] == 4
    assert train(folders, *options, **places) == 0
    printed = capsys.readouterr().out
    assert "31 real and 31 fake pictures in 10 and 10 groups" in printed
    # As many videos as have that many frames.
    assert train(folders, *options, "--num", 29, **places) == 0
    assert len(exported.real_rows) <= 29


# === The paper's protocols ===


def test_paper_protocol(folders, capsys):
    places = ["--real", folders / "real", "--fake", folders / "fake"]
    command = ["paper-protocol", "faces-hq", *map(str, places)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("faces-hq: high-resolution faces")
    assert "k-means\n21 real and 20 fake pictures" in printed
    assert "Warning: The paper's real pictures are 1024x1024" in printed
    assert main([*command, "--json", "--seed", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reports"]["linear SVM"]["protocol"]["seed"] == 1


def test_an_unknown_paper_protocol(folders, capsys):
    places = ["--real", str(folders / "real"), "--fake", str(folders / "fake")]
    assert main(["paper-protocol", "celebA", *places]) == 2
    assert "Did you mean 'celeba'" in one_line(capsys)


# === Both ===


@pytest.fixture(scope="module")
def trained(folders):
    assert train(folders, "--classifier", "logistic_regression") == 0
    return folders / "new"


def test_from_training_to_verdicts(trained, tmp_path, capsys):
    for i in range(8):
        draw = smooth if i % 2 else rough
        save(draw(100 + i, (40, 40)), tmp_path / f"{i}.png")
    out = tmp_path / "plots"
    told = as_json(
        capsys, tmp_path, "--detector", trained, "--explain", out
    )  # fmt: skip
    probabilities = [one["probability"] for one in told]
    assert min(probabilities[1::2]) > max(probabilities[::2])
    assert len(list(out.iterdir())) == 8


def test_a_detector_of_another_version(trained, tmp_path, capsys):
    copy = shutil.copytree(trained, tmp_path / "copy")
    record = json.loads((copy / "detector.json").read_text())
    record["format_version"] += 1
    (copy / "detector.json").write_text(json.dumps(record))
    assert detect("a.png", "--detector", copy) == 2
    assert "another format version" in one_line(capsys)


@pytest.mark.parametrize("name", ["detector.pkl", "folder/"])
def test_what_is_no_detector_is_not_loaded(name, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    # A pickle that would tell of it, were it loaded.
    (tmp_path / "detector.pkl").write_bytes(b"cos\nabort\n(tR.")
    assert detect("a.png", "--detector", tmp_path / name) == 2
    one_line(capsys)
