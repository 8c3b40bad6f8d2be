"""Pieces of pictures beside what Pillow makes of the whole."""

import io

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image
from PIL import ImageOps

from specgan.data import jpeg
from specgan.data.lazy_pixels import LazyPixels
from specgan.data.lazy_pixels import blocks


def noise(height, width, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, [height, width, channels], np.uint8)


@pytest.mark.parametrize("orientation", range(1, 10))
def test_pieces_are_upright(orientation, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = Image.fromarray(noise(13, 20))
    image.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        whole = np.asarray(ImageOps.exif_transpose(image))
    with Image.open(tmp_path / "a.png") as image:
        pixels = LazyPixels.of(image)
    assert pixels.shape == whole.shape and len(pixels) == len(whole)
    assert pixels.dtype == whole.dtype
    np.testing.assert_array_equal(pixels, whole)
    np.testing.assert_array_equal(pixels[2:5], whole[2:5])
    np.testing.assert_array_equal(pixels[3:9, 1:4], whole[3:9, 1:4])
    np.testing.assert_array_equal(pixels[-4:99, -3:], whole[-4:99, -3:])
    batch = pixels[np.newaxis]
    assert batch.shape == (1, *whole.shape) and len(batch) == 1
    np.testing.assert_array_equal(batch, whole[None])
    np.testing.assert_array_equal(batch[:, 2:7, 1:4], whole[None, 2:7, 1:4])


@pytest.mark.parametrize(
    "mode, channels",
    [
        *[("1", 1), ("L", 1), ("RGB", 3), ("P", 3), ("CMYK", 3)],
        *[("RGBA", 3), ("LA", 3), ("YCbCr", 3)],
    ],
)
def test_pieces_are_grey_or_rgb(mode, channels):
    image = Image.fromarray(noise(9, 12)).convert(mode)
    if image.mode.endswith("A"):
        alpha = Image.fromarray(noise(9, 12, seed=1)[..., 0])
        image.putalpha(alpha)
        white = Image.new("RGBA", image.size, "white")
        expected = Image.alpha_composite(white, image.convert("RGBA"))
        expected = np.asarray(expected.convert("RGB"))
    else:
        expected = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    pixels = LazyPixels.of(image)
    assert pixels.shape == (9, 12, channels)
    np.testing.assert_array_equal(
        pixels[2:6, 3:7], expected.reshape(9, 12, -1)[2:6, 3:7]
    )


def test_sixteen_bits_become_eight():
    deep = np.arange(0, 65536, 257 * 2, dtype=np.uint16).reshape(8, 16)
    for image in (
        Image.fromarray(deep), Image.fromarray(deep.astype(np.int32))
    ):  # fmt: skip
        pixels = LazyPixels.of(image)
        np.testing.assert_array_equal(
            np.asarray(pixels)[..., 0], 2 * np.arange(128).reshape(8, 16)
        )


@pytest.mark.parametrize(
    "image, message",
    [
        (Image.new("F", (9, 9)), "floats of unknown range"),
        (Image.new("I", (9, 9), 70000), "exceed 16 bits"),
        (Image.new("I", (9, 9), -1), "exceed 16 bits"),
    ],
)
def test_unknown_levels(image, message):
    with pytest.raises(ValueError, match=message):
        LazyPixels.of(image)


@pytest.mark.parametrize("key", [0, (slice(2), 1), (slice(2),) * 3, ...])
def test_only_slices(key):
    with pytest.raises(IndexError, match="slices of rows"):
        LazyPixels.of(Image.new("L", (9, 9)))[key]


@pytest.mark.parametrize("size", [(1, 1), (37, 50), (8, 4000), (4000, 8)])
@pytest.mark.parametrize("multiple", [1, 8])
@pytest.mark.parametrize("pixels", [1, 300, 10**6])
def test_blocks_cover_a_picture_once(size, multiple, pixels):
    covered = np.zeros(size, int)
    for rows, columns in blocks(*size, multiple, pixels):
        part = covered[rows, columns]
        part += 1
        assert part.shape == (
            rows.stop - rows.start, columns.stop - columns.start
        )  # fmt: skip
        assert part.size <= max(pixels, multiple**2)
        assert rows.start % multiple == columns.start % multiple == 0
    assert np.all(covered == 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(70, 90), (33, 16), (17, 130)])
def test_compressed_pieces_are_those_of_the_whole(size, channels, monkeypatch):
    array = noise(*size, channels)
    whole = jpeg.compressed(array, 40)
    image = jpeg.to_image(array)
    np.testing.assert_array_equal(
        jpeg.compressed(LazyPixels.of(image), 40), whole
    )
    monkeypatch.setattr(jpeg, "_WHOLE", 100)
    pixels = jpeg.compressed(LazyPixels.of(image), 40)
    assert isinstance(pixels, LazyPixels)
    for top, bottom in ((0, 1), (5, 16), (16, 33), (31, 70), (0, 200)):
        for left, right in ((0, 16), (15, 17), (1, 200)):
            np.testing.assert_array_equal(
                pixels[top:bottom, left:right], whole[top:bottom, left:right]
            )


@pytest.mark.parametrize("channels", [1, 3])
def test_compressed_is_what_pillow_reads_of_such_a_file(channels):
    array = np.random.default_rng(0).integers(0, 256, [37, 50, channels])
    array = array.astype(np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(array[..., 0] if channels == 1 else array)
    image.save(file, "JPEG", quality=60, subsampling="4:2:0")
    with Image.open(file) as image:
        expected = np.asarray(image).reshape(array.shape)
    np.testing.assert_array_equal(jpeg.compressed(array, 60), expected)
