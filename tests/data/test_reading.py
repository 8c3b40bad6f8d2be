"""The one reader of pictures: pixels, header, remarks, errors."""

import dataclasses
import functools
import io
import warnings
import weakref
import zlib

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image
from PIL import ImageOps

from specgan.data import reading
from specgan.data.jpeg import standard_quality
from specgan.data.lazy_pixels import LazyPixels


def save(path, mode="RGB", size=(20, 10), **options):
    noise = np.random.default_rng(0).integers(0, 256, [*size[::-1], 3])
    Image.fromarray(noise.astype(np.uint8)).convert(mode).save(path, **options)
    return path


def opener(path):
    return functools.partial(reading.open_file, path)


def pixels(image):
    return np.asarray(image.convert("RGB"))


def test_formats_are_those_of_the_endings():
    known = Image.registered_extensions()
    assert set(reading.FORMATS) == {
        known[ending] for ending in reading.EXTENSIONS & set(known)
    }


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


def test_a_large_picture_is_read_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_PIXELS", 1000)
    sides = [10, 10, 40, 10, 40, 40]
    paths = [
        save(tmp_path / f"{i}.png", size=(side, side))
        for i, side in enumerate(sides)
    ]
    pairs = ((path, opener(path)) for path in paths)
    images = []

    def convert(image):
        images.append(weakref.ref(image))
        living = [one() for one in images if one() is not None]
        assert sum(one.width * one.height for one in living) <= 1600
        return pixels(image)

    counts = []
    for chunk in reading.read_pictures(pairs, convert):
        assert [one.error for one in chunk] == [None] * len(chunk)
        counts.append(len(chunk))
        del chunk
    assert counts == [2, 1, 1, 1, 1]


def test_readings_are_finished(tmp_path):
    paths = [save(tmp_path / "a.jpg"), tmp_path / "b.jpg", tmp_path / "c.jpg"]
    save(paths[2], size=(9, 9))

    def finish(one, image):
        if image.width < 10:
            raise ValueError("too narrow")
        return dataclasses.replace(one, annotation=(image.format, image.size))

    pairs = [(path.name, opener(path)) for path in paths]
    [[first, missing, narrow]] = reading.read_pictures(pairs, pixels, finish)
    assert first.annotation == ("JPEG", (20, 10))
    assert missing.error and missing.annotation is None
    assert narrow == reading.Reading("c.jpg", error="too narrow")


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


@pytest.mark.parametrize("lazy", [False, True])
def test_pictures_are_flat_or_not_to_their_end(lazy):
    last = np.full([300, 200, 1], 77, np.uint8)
    # 1/12 of the variance is 5000 pixels of one level more.
    for count, is_flat in ((4900, True), (6000, False)):
        last.ravel()[-6000:] = 77
        last.ravel()[-count:] = 78
        variance = np.var(last)
        assert (variance <= 1 / 12) is np.bool_(is_flat)
        pixels = LazyPixels.of(Image.fromarray(last[..., 0])) if lazy else last
        assert reading.Reading("a", pixels).is_flat is is_flat


def test_a_picture_in_memory():
    file = io.BytesIO()
    Image.new("L", (3, 2)).save(file, "PNG")
    header = reading.read_header(lambda: reading.open_image(file))
    assert header[:4] == (3, 2, "PNG", "L")


def turned(path, orientation, size=(20, 10), **options):
    """The same noise, which a viewer shows turned as EXIF numbers it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return save(path, size=size, exif=exif, **options)


def with_late_chunk(path, name, content):
    """Move a chunk behind the pixels of a PNG, where it may be, too."""
    whole = path.read_bytes()
    chunk = len(content).to_bytes(4, "big") + name + content
    chunk += zlib.crc32(name + content).to_bytes(4, "big")
    path.write_bytes(whole[:-12] + chunk + whole[-12:])
    return path


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 7, 8])
def test_sizes_count_after_turning(ending, orientation, tmp_path):
    path = turned(tmp_path / f"a.{ending}", orientation)
    expected = (10, 20) if orientation >= 5 else (20, 10)
    assert reading.read_header(opener(path))[:2] == expected

    def upright(image):
        return np.asarray(ImageOps.exif_transpose(image))

    one = reading.read_picture("a", opener(path), upright)
    assert one.header[:2] == expected == one.pixels.shape[1::-1]


XMP = b'<x:xmpmeta><rdf tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize(
    "name, content",
    [
        (b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"tEXt", b"Comment\0of no matter"),
    ],
)
def test_an_orientation_behind_the_pixels(name, content, tmp_path):
    path = save(tmp_path / "a.png", size=(300, 200))
    with_late_chunk(path, b"tEXt", b"date:create\0today")
    with_late_chunk(path, name, content)
    expected = (300, 200) if name == b"tEXt" else (200, 300)
    assert reading.read_header(opener(path))[:2] == expected
    with Image.open(path) as image:  # By Pillow itself.
        assert ImageOps.exif_transpose(image).size == expected
    one = reading.read_picture("a", opener(path), pixels)
    assert one.error is None and one.header[:2] == expected


def test_a_camera_file_of_two_pictures_is_jpeg(tmp_path):
    path = save(tmp_path / "a.jpg", quality=75)
    with Image.open(path) as first, Image.new("RGB", (20, 10)) as second:
        first.save(
            tmp_path / "b.jpg", "MPO", save_all=True,
            append_images=[second], quality=75,
        )  # fmt: skip
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.format == "MPO"
    one = reading.read_picture("b", opener(tmp_path / "b.jpg"), pixels)
    assert one.header == reading.read_header(opener(tmp_path / "b.jpg"))
    assert one.header[2:4] == ("JPEG", "RGB") and one.header.quality == 75
    assert one.remarks == ("first of 2 frames",)
