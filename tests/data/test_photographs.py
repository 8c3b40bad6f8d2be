import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from specgan import data


def test_patches_are_cut_every_8_pixels_without_resampling():
    actual = data.load_array("photos", image_size=400)
    expected = [
        np.lib.stride_tricks.sliding_window_view(image, (400, 400, 3))
        for image in load_sample_images().images
    ]
    expected = [
        patch.tobytes()
        for windows in expected
        for patch in windows[::8, ::8, 0].reshape(-1, 400, 400, 3)
    ]
    assert len(actual) == 2 * 4 * 31
    assert {patch.tobytes() for patch in actual} == set(expected)


def test_the_first_patches_stem_from_both_photographs():
    all_patches = data.load_array("photos", image_size=64)
    some = data.load_array("photos", image_size=64, limit=100)
    assert len(all_patches) == 6716
    np.testing.assert_array_equal(some, all_patches[:100])
    # The flower is much darker than the temple.
    brightness = some.mean(axis=(1, 2, 3))
    assert (brightness > 130).sum() > 20
    assert (brightness < 80).sum() > 20


def test_grey_patches_are_those_of_the_luma():
    grey = data.load_array("photos", image_size=32, channels=1, limit=3)
    colour = data.load_array("photos", image_size=32, limit=3)
    for one, other in zip(grey, colour, strict=True):
        expected = np.asarray(Image.fromarray(other).convert("L"))
        np.testing.assert_array_equal(one[..., 0], expected)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": 428}, "at most 427.*image_size=428"),
        ({"image_size": 16, "crop": 16}, "no `crop`.*crop=16"),
        ({"image_size": 16, "split": "test"}, "no splits.*split='test'"),
        ({"image_size": 16, "data_dir": "x"}, "no `data_dir`.*data_dir='x'"),
        ({"image_size": 16, "limit": 0}, "`limit`.*limit=0"),
    ],
)
def test_invalid_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load_array("photos", **arguments)


def test_the_photographs_are_taken_whole():
    assert data.load_array("photos", image_size=427).shape[1:] == (427, 427, 3)
