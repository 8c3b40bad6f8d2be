"""Groups of pictures that are nearly the same."""

import io

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image
from scipy.ndimage import gaussian_filter

from specgan.data import box_resizing
from specgan.data.lazy_pixels import LazyPixels
from specgan.detection import near_duplicates
from specgan.detection.near_duplicates import DISTANCE
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.near_duplicates import perceptual_hash


def scenes(count, seed=0, height=72, width=60, channels=3):
    """Smooth noise, a natural spectrum or nearly so."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=[count, height, width, channels])
    smooth = gaussian_filter(noise, (0, 3, 3, 0)) + 0.2 * gaussian_filter(
        noise, (0, 1, 1, 0)
    )
    return np.clip(128 + 300 * smooth, 0, 255).astype(np.uint8)


def distance(one, other):
    return np.sum(perceptual_hash(one) != perceptual_hash(other))


def compressed(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


CHANGES = {
    "compressed": lambda image: compressed(image, 30),
    "darker": lambda image: (image * 0.7).astype(np.uint8),
    "grey": lambda image: np.asarray(Image.fromarray(image).convert("L"))[
        ..., None
    ],
    "half": lambda image: np.asarray(Image.fromarray(image).resize((30, 36))),
    "twice": lambda image: np.asarray(
        Image.fromarray(image).resize((120, 144))
    ),
    "noisy": lambda image: np.clip(
        image + np.random.default_rng(1).normal(0, 8, image.shape), 0, 255
    ).astype(np.uint8),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_pictures_are_near(change):
    for image in scenes(5):
        assert distance(image, change(image)) <= DISTANCE


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_hashed_rows_after_rows(channels, monkeypatch):
    (image,) = scenes(1, channels=channels)
    whole = Image.fromarray(image.squeeze())
    for pixels in (1, 500, 10**6):
        monkeypatch.setattr(box_resizing, "PIECE", pixels)
        for some in (image, LazyPixels.of(whole)):
            assert distance(some, whole) == 0


def test_other_pictures_are_far():
    hashes = [perceptual_hash(image) for image in scenes(60)]
    assert {len(bits) for bits in hashes} == {255}
    apart = [
        np.sum(one != other)
        for place, one in enumerate(hashes)
        for other in hashes[:place]
    ]
    assert min(apart) > 2 * DISTANCE
    assert np.mean(apart) == pytest.approx(255 / 2, abs=5)


def test_arrays_and_images_hash_alike():
    [image] = scenes(1)
    [grey] = scenes(1, channels=1)
    assert distance(image, Image.fromarray(image)) == 0
    assert distance(grey, Image.fromarray(grey[..., 0])) == 0


def test_groups_of_copies():
    images = scenes(4)
    pictures = [
        images[0],
        images[1],
        CHANGES["half"](images[0]),
        images[2],
        CHANGES["compressed"](images[1]),
        images[3],
    ]
    groups = near_duplicate_groups(iter(pictures))
    assert groups.tolist() == [0, 1, 0, 2, 1, 3]


def test_sources_are_merged():
    images = scenes(5)
    pictures = [*images[:4], CHANGES["darker"](images[1]), images[4]]
    # 1 and 4 are near; 0 and 4, and 2 and 5 share a source.
    groups = near_duplicate_groups(pictures, ["a", "b", "c", "d", "a", "c"])
    assert groups.tolist() == [0, 0, 1, 2, 0, 1]


def test_more_than_a_chunk(monkeypatch):

    pictures = [*scenes(7), *scenes(7)]
    monkeypatch.setattr(near_duplicates, "_ROWS", 3)
    assert near_duplicate_groups(pictures).tolist() == [*range(7), *range(7)]


def test_no_pictures():
    assert near_duplicate_groups([]).tolist() == []


def test_bad_arguments():
    images = scenes(3)
    with pytest.raises(ValueError, match=r"Expected 3 sources.*shape \(2,\)"):
        near_duplicate_groups(images, ["a", "b"])
    with pytest.raises(ValueError, match="`distance`.*distance=0"):
        near_duplicate_groups(images, distance=0)


def test_a_turned_picture_counts_as_it_is_shown():
    [scene] = scenes(1)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    file = io.BytesIO()
    lying = Image.fromarray(np.rot90(scene))
    lying.save(file, "PNG", exif=exif)
    assert distance(scene, Image.open(file)) == 0
