"""What tells files apart before a detector does, and how to undo it."""

import io

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image

from specgan.detection import matching
from specgan.detection.matching import differences
from specgan.detection.matching import far_from_training
from specgan.detection.matching import match
from tests.tiny_video import write_video


def pixels(count, height=32, width=24, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, [count, height, width, channels], np.uint8)


def image(array):
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def saved(folder, arrays, suffix, **options):
    """Paths of the pictures, as files."""
    folder.mkdir(exist_ok=True)
    paths = []
    for place, array in enumerate(arrays):
        paths.append(folder / f"{place}{suffix}")
        image(array).save(paths[-1], **options)
    return paths


def test_nothing_differs(tmp_path):
    real = saved(tmp_path / "real", pixels(4), ".jpg", quality=80)
    fake = saved(tmp_path / "fake", pixels(6, seed=1), ".jpg", quality=80)
    assert differences(real, fake) == []


@pytest.mark.parametrize(
    "first, second, expected",
    [
        (
            [pixels(4), ".jpg"],
            [pixels(4), ".png"],
            ["codecs.*accuracy of 100%: real JPEG \\(4\\), fake PNG \\(4\\)"],
        ),
        (
            [pixels(4), ".png"],
            [pixels(3, 24, 24), ".png"],
            [r"sizes.*100%: real 24x32 \(4\), fake 24x24 \(3\)"],
        ),
        (
            [pixels(4), ".png"],
            [pixels(4, channels=1), ".png"],
            [r"modes.*real RGB \(4\), fake L \(4\)"],
        ),
        (
            [pixels(4), ".png"],
            [pixels(4, 9, 9, 1), ".bmp"],
            ["sizes", "modes", "codecs"],
        ),
    ],
)
def test_differences_are_told(tmp_path, first, second, expected):
    told = differences(
        saved(tmp_path / "real", *first), saved(tmp_path / "fake", *second)
    )
    assert len(told) == len(expected)
    for message, pattern in zip(told, expected, strict=True):
        pytest.raises(ValueError, _raise, message).match(pattern)


def _raise(message):
    raise ValueError(message)


def test_quality_tables(tmp_path):
    real = saved(tmp_path / "real", pixels(4), ".jpg", quality=75)
    fake = saved(tmp_path / "fake", pixels(4), ".jpg", quality=90)
    [message] = differences(real, fake)
    assert "quality tables differ" in message
    assert "real quality 75 (4), fake quality 90 (4)" in message


def test_tables_of_a_camera(tmp_path):
    own = [list(range(7, 71))] * 2
    real = saved(tmp_path / "real", pixels(4), ".jpg", qtables=own)
    fake = saved(tmp_path / "fake", pixels(4), ".jpg", quality=75)
    [message] = differences(real, fake)
    assert "real a table of its own (7, 8, 9, ...) (4)" in message


def test_shares_tell_as_much_as_they_do(tmp_path):
    jpeg = saved(tmp_path / "jpeg", pixels(4), ".jpg")
    png = saved(tmp_path / "png", pixels(4), ".png")
    assert differences([*jpeg, *png], [*jpeg, *png]) == []
    # 3/4 of real and 1/4 of fake are JPEG: who says so is right in 3/4.
    told = differences([*jpeg[:3], png[0]], [jpeg[3], *png[1:]])
    assert len(told) == 1 and "accuracy of 75%" in told[0]


def test_videos(tmp_path):
    pytest.importorskip("av")
    arrays = pixels(3, 32, 48)
    real = write_video(tmp_path / "a.mp4", arrays, "mpeg4")
    fake = write_video(tmp_path / "a.mkv", arrays, "ffv1", "bgr0")
    assert differences([real], [real]) == []
    modes, codecs = differences([real], [fake])
    assert "real yuv420p (1), fake bgr0 (1)" in modes
    assert "real mpeg4 (1), fake ffv1 (1)" in codecs


def test_unreadable_files(tmp_path):
    good = saved(tmp_path / "good", pixels(2), ".png")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    [message] = differences([*good, broken], good)
    assert "1 real files are not readable pictures" in message
    with pytest.raises(ValueError, match="no fake pictures.*1 that cannot"):
        differences(good, [broken])


@pytest.mark.parametrize("channels", [1, 3])
def test_match_alters_no_pixel_without_compression(channels):
    arrays = pixels(3, 33, 24, channels)
    for matched in (
        match(arrays, 16, channels=channels),
        match([image(array) for array in arrays], 16, channels=channels),
    ):
        assert len(matched) == 3
        assert np.all(np.stack(matched) == arrays[:, 8:24, 4:20])


def test_match_makes_modes_and_sizes_alike():
    matched = match([*pixels(1, 20, 30, 1), *pixels(1, 64, 64, 3)], 20)
    assert {array.shape for array in matched} == {(20, 20, 3)}
    assert {array.dtype for array in matched} == {np.dtype(np.uint8)}


def test_match_compresses_as_pillow_does():
    [array] = pixels(1, 24, 24)
    file = io.BytesIO()
    Image.fromarray(array[4:20, 4:20]).save(
        file, "JPEG", quality=60, subsampling=2
    )
    [matched] = match([array], 16, jpeg_quality=60)
    assert np.all(matched == np.asarray(Image.open(file)))
    [grey] = match([array], 16, jpeg_quality=60, channels=1)
    assert grey.shape == (16, 16, 1)


def test_match_leaves_its_input_alone():
    turned = image(pixels(1)[0])
    turned.getexif()[0x0112] = 6
    match([turned], 16)
    assert turned.size == (24, 32)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"size": 25}, "smaller.*25x25 pixels. Received: 24x32 at place 0"),
        ({"size": 0}, "`size`"),
        ({"size": 8, "jpeg_quality": 101}, "`jpeg_quality`.*from 1 to 100"),
        ({"size": 8, "jpeg_quality": 0}, "`jpeg_quality`"),
        ({"size": 8, "channels": 2}, "`channels`"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        match(pixels(1), **arguments)


def test_turned_and_upright_pictures_are_of_one_size(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lying = pixels(4, height=24, width=32)
    real = saved(tmp_path / "real", lying, ".jpg", quality=80, exif=exif)
    fake = saved(tmp_path / "fake", pixels(6), ".jpg", quality=80)
    assert differences(real, fake) == []


def test_a_file_of_two_pictures_is_of_the_same_codec(tmp_path):
    second = Image.new("RGB", (24, 32))
    real = saved(
        tmp_path / "real", pixels(4), ".jpg", format="MPO", quality=80,
        save_all=True, append_images=[second],
    )  # fmt: skip
    fake = saved(tmp_path / "fake", pixels(6), ".jpg", quality=80)
    assert differences(real, fake) == []


SMALL, COARSE = "far smaller than in", "compressed far more than in"


@pytest.mark.parametrize(
    "shape, matched, quality, expected",
    [
        ((64, 64, 3), {"size": 64, "jpeg": None}, None, []),
        ((300, 48, 3), {"size": 64, "jpeg": None}, None, []),
        ((300, 47, 3), {"size": 64, "jpeg": None}, None, [SMALL]),
        ((20, 20, 3), {"size": 64, "jpeg": [75]}, 50, [SMALL, COARSE]),
        ((16, 16, 3), {"size": None, "jpeg": None}, 1, []),
        ((16, 16, 3), {}, 1, []),
        ((64, 64, 3), {"size": 64, "jpeg": [95, 75]}, 63, []),
        ((64, 64, 3), {"size": 64, "jpeg": [95, 75]}, 62, [COARSE]),
        ((64, 64, 3), {"size": 64, "jpeg": 45}, 30, []),
        ((64, 64, 3), {"size": 64, "jpeg": 45}, 29, [COARSE]),
        ((64, 64, 3), {"size": 64, "jpeg": 45}, 100, []),
    ],
)
def test_what_is_far_from_training(shape, matched, quality, expected):
    reasons = far_from_training(shape, matched, quality)
    assert [reason.removesuffix(" training") for reason in reasons] == expected


def test_steps_are_those_of_libjpeg():
    for quality in (20, 45, 50, 60, 75, 90):
        file = io.BytesIO()
        Image.new("L", (8, 8)).save(file, "JPEG", quality=quality)
        [table] = Image.open(file).quantization.values()
        file = io.BytesIO()
        Image.new("L", (8, 8)).save(file, "JPEG", quality=50)
        [middle] = Image.open(file).quantization.values()
        assert matching._step(quality) == pytest.approx(
            sum(table) / sum(middle), rel=0.05
        )
