import numpy as np
import pytest
from PIL import Image

from specgan.data.framing import Framing
from specgan.data.framing import TooSmall


def random_pixels(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def overlaps(size, target):
    """The share of input pixel j in output pixel i: [target, size]."""
    edges_in = np.arange(size + 1)
    edges_out = np.linspace(0, size, target + 1)
    upper = np.minimum(edges_in[None, 1:], edges_out[1:, None])
    lower = np.maximum(edges_in[None, :-1], edges_out[:-1, None])
    return np.clip(upper - lower, 0, None) * target / size


@pytest.mark.parametrize("size, target", [(32, 16), (30, 16), (89, 64)])
def test_shrinking_is_the_exact_area_average(size, target):
    pixels = random_pixels(size, size, 3)
    weights = overlaps(size, target)
    expected = np.einsum("ih,hwc,jw->ijc", weights, pixels, weights)
    actual = Framing(target)(Image.fromarray(pixels)).astype(float)
    # Half a step of rounding and nothing more.
    assert np.abs(actual - expected).max() < 0.501


def test_shrinking_does_not_fold_high_frequencies_back():
    # A pattern at Nyquist has no place in half the size: it becomes grey.
    rows, columns = np.mgrid[:32, :32]
    pixels = ((rows + columns) % 2 * 255).astype(np.uint8)
    actual = Framing(16, channels=1)(Image.fromarray(pixels))
    assert set(np.unique(actual)) <= {127, 128}


def test_enlarging_is_pillow_bicubic():
    image = Image.fromarray(random_pixels(20, 20, 3))
    expected = np.asarray(image.resize((48, 48), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(
        Framing(48, resize="enlarge")(image), expected
    )


def test_padding_surrounds_with_black():
    pixels = random_pixels(20, 20, 3)
    padded = Framing(25, resize="pad")(Image.fromarray(pixels))
    np.testing.assert_array_equal(
        padded, np.pad(pixels, ((2, 3), (2, 3), (0, 0)))
    )
    # What is large enough is shrunk whatever the choice.
    for resize in ("pad", "enlarge"):
        np.testing.assert_array_equal(
            Framing(10, resize=resize)(Image.fromarray(pixels)),
            Framing(10)(Image.fromarray(pixels)),
        )


@pytest.mark.parametrize("size", [(20, 20), (20, 40)])
def test_smaller_pictures_are_refused(size):
    image = Image.fromarray(random_pixels(*size, 3))
    with pytest.raises(TooSmall, match="20x20 pixels are too few for 21x21"):
        Framing(21)(image)


def test_equal_size_alters_no_pixel():
    pixels = random_pixels(16, 16, 3)
    np.testing.assert_array_equal(Framing(16)(Image.fromarray(pixels)), pixels)


@pytest.mark.parametrize("height, width", [(16, 23), (31, 16)])
def test_the_square_is_the_largest_at_the_centre(height, width):
    pixels = random_pixels(height, width, 3)
    top, left = (height - 16) // 2, (width - 16) // 2
    np.testing.assert_array_equal(
        Framing(16)(Image.fromarray(pixels)),
        pixels[top : top + 16, left : left + 16],
    )


def test_crop_counts_from_the_centre():
    # The frame of the CelebA faces at half size.
    pixels = random_pixels(109, 89, 3)
    framing = Framing(64, crop=64, crop_offset=(5, -1))
    np.testing.assert_array_equal(
        framing(Image.fromarray(pixels)), pixels[27:91, 11:75]
    )


@pytest.mark.parametrize(
    "size, crop, offset",
    [(16, 17, (0, 0)), (20, 16, (3, 0)), (20, 16, (0, -3))],
)
def test_crop_beyond_the_picture(size, crop, offset):
    framing = Framing(8, crop=crop, crop_offset=offset)
    with pytest.raises(ValueError, match=f"crop of {crop} .*{size}x{size}"):
        framing(Image.new("RGB", (size, size)))


def test_grey_is_rec_601_luma():
    pixels = random_pixels(8, 8, 3)
    actual = Framing(8, channels=1)(Image.fromarray(pixels))
    assert actual.shape == (8, 8, 1)
    expected = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(actual[..., 0] - expected).max() < 0.51


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_mode_keeps_black_and_white(tmp_path, mode, channels):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:, 4:] = 255
    suffix = "tif" if mode == "CMYK" else "png"
    file = tmp_path / f"picture.{suffix}"
    Image.fromarray(pixels).convert("RGB").convert(mode).save(file)
    with Image.open(file) as image:
        actual = Framing(8, channels)(image)
    np.testing.assert_array_equal(
        actual, np.repeat(pixels[..., None], channels, axis=-1)
    )


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (2, 2), (0, 0, 200, 0))
    image.putpixel((1, 0), (0, 0, 200, 255))
    image.putpixel((0, 1), (0, 0, 0, 128))
    actual = Framing(2)(image)
    expected = [[[255] * 3, [0, 0, 200]], [[127] * 3, [255] * 3]]
    np.testing.assert_array_equal(actual, expected)


def test_a_transparent_colour_of_a_palette_is_laid_on_white(tmp_path):
    image = Image.new("P", (2, 1), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "palette.png", transparency=0)
    with Image.open(tmp_path / "palette.png") as image:
        image = image.resize((2, 2))
        actual = Framing(2)(image)
    np.testing.assert_array_equal(actual[0], [[255] * 3, [40, 50, 60]])


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bit_grey_keeps_its_range(tmp_path, suffix):
    pixels = np.array([[0, 65535], [257 * 100, 257 * 7 + 128]], np.uint16)
    Image.fromarray(pixels).save(tmp_path / f"deep.{suffix}")
    with Image.open(tmp_path / f"deep.{suffix}") as image:
        actual = Framing(2, channels=1)(image)
    np.testing.assert_array_equal(actual[..., 0], [[0, 255], [100, 7]])


@pytest.mark.parametrize(
    "pixels, message",
    [
        (np.full((4, 4), 0.5, np.float32), "floats of unknown range"),
        (np.full((4, 4), 70000, np.int32), "exceed 16 bits"),
    ],
)
def test_pixels_of_unknown_range(pixels, message):
    with pytest.raises(ValueError, match=message):
        Framing(4)(Image.fromarray(pixels))


def test_exif_orientation_is_followed(tmp_path):
    pixels = random_pixels(8, 12, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn by a quarter, clockwise, to see it upright.
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as image:
        actual = Framing(8)(image)
    upright = np.rot90(pixels, -1)  # [12, 8, 3]
    np.testing.assert_array_equal(actual, upright[2:10])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": 0}, "`image_size`.*positive integer.*image_size=0"),
        ({"image_size": -4}, "image_size=-4"),
        ({"image_size": 16.0}, "image_size=16.0"),
        ({"image_size": True}, "image_size=True"),
        ({"image_size": 8, "channels": 2}, "1 .grey. or 3.*channels=2"),
        ({"image_size": 8, "crop": 0}, "`crop`.*positive integer.*crop=0"),
        ({"image_size": 8, "crop_offset": (1, 0)}, "Expected `crop`"),
        ({"image_size": 8, "crop": 8, "crop_offset": 5}, "two integers"),
        ({"image_size": 8, "resize": "cubic"}, "way to resize.*shrink"),
        ({"image_size": 8, "crop": 8, "crop_offset": (1.5, 0)}, "two integers"),
    ],
)
def test_invalid_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Framing(**arguments)
