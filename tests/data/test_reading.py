"""The one reader of pictures: pixels, header, remarks, errors."""

import functools
import io
import warnings

import numpy as np
import pytest
from PIL import Image

from specgan.data import reading
from specgan.data.jpeg import standard_quality


def save(path, mode="RGB", size=(20, 10), **options):
    noise = np.random.default_rng(0).integers(0, 256, [*size[::-1], 3])
    Image.fromarray(noise.astype(np.uint8)).convert(mode).save(path, **options)
    return path


def opener(path):
    return functools.partial(reading.open_file, path)


def pixels(image):
    return np.asarray(image.convert("RGB"))


def test_pixels_header_and_remarks(tmp_path):
    path = save(tmp_path / "a.png", "RGBA")
    one = reading.read_picture("a", opener(path), pixels)
    assert one.name == "a" and one.error is None
    assert one.header == (20, 10, "PNG", "RGBA", None)
    assert one.remarks == ("alpha laid on white",)
    with Image.open(path) as image:
        np.testing.assert_array_equal(one.pixels, pixels(image))


@pytest.mark.parametrize("quality", [1, 50, 75, 100])
def test_the_quality_of_a_jpeg_file(quality, tmp_path):
    path = save(tmp_path / "a.jpg", quality=quality)
    header = reading.read_header(opener(path))
    assert header[:4] == (20, 10, "JPEG", "RGB")
    assert header.quality == standard_quality(header.tables) == quality
    save(path, qtables=[[7] * 64] * 2)
    assert reading.read_header(opener(path)).quality is None
    assert reading.read_header(opener(save(tmp_path / "a.bmp"))).quality is None


def test_a_header_is_read_without_pixels(tmp_path, monkeypatch):
    def refused(self):
        raise AssertionError("pixels were read")

    path = save(tmp_path / "a.png")
    monkeypatch.setattr(Image.Image, "load", refused)
    assert reading.read_header(opener(path)).width == 20


def test_pictures_keep_their_order_over_chunks(tmp_path, monkeypatch):
    paths = [save(tmp_path / f"{i}.png", size=(20, 10 + i)) for i in range(9)]
    paths.insert(4, tmp_path / "missing.png")
    for limits, expected in (
        ({"_PIXELS": 700}, None),
        ({"_PICTURES": 4}, [4, 4, 2]),
    ):
        with monkeypatch.context() as patch:
            for name, value in limits.items():
                patch.setattr(reading, name, value)
            pairs = ((path, opener(path)) for path in paths)
            chunks = list(reading.read_pictures(pairs, pixels))
        if expected:
            assert [len(chunk) for chunk in chunks] == expected
        assert len(chunks) > 2
        readings = [one for chunk in chunks for one in chunk]
        assert [one.name for one in readings] == paths
        assert readings[4].error == "there is no such file"
        heights = [len(one.pixels) for one in readings if not one.error]
        assert heights == list(range(10, 19))


def test_a_picture_that_cannot_be_converted(tmp_path):
    def convert(image):
        raise ValueError("of two\nlines")

    one = reading.read_picture("a", opener(save(tmp_path / "a.png")), convert)
    assert one == reading.Reading("a", error="of two lines")


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "the file is empty"),
        (b"words", "not a picture that Pillow can read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_what_is_no_picture(content, reason, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    one = reading.read_picture("a", opener(path), pixels)
    assert reason in one.error and one.pixels is None and one.header is None
    with pytest.raises(Exception) as error:
        reading.read_header(opener(path))
    assert reading.error_text(error.value) == one.error


def test_too_many_pixels_are_an_error_and_nothing_else_is_shown(
    tmp_path, monkeypatch
):
    path = save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150)
    [[one]] = reading.read_pictures([("a", opener(path))], pixels)
    assert one.error.startswith("too large: more than 150 pixels; cut it")

    def noisy(image):
        warnings.warn("an odd file", stacklevel=1)
        return pixels(image)

    monkeypatch.undo()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        [[one]] = reading.read_pictures([("a", opener(path))], noisy)
    assert one.error is None and not caught


@pytest.mark.parametrize(
    "levels, is_flat", [([77], True), ([77, 78], False), ([0, 255], False)]
)
def test_flat_pictures(levels, is_flat):
    column = np.resize(np.array(levels, np.uint8), [16, 16, 1])
    for channels in (1, 3):
        some = reading.Reading("a", np.repeat(column, channels, axis=-1))
        assert some.is_flat is is_flat


def test_a_picture_in_memory():
    file = io.BytesIO()
    Image.new("L", (3, 2)).save(file, "PNG")
    header = reading.read_header(lambda: reading.open_image(file))
    assert header[:4] == (3, 2, "PNG", "L")
