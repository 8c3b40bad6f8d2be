"""From folders and archives to arrays and batches, by way of the cache."""

import errno
import json
import os
import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from specgan import data
from specgan.data import cache
from specgan.data import loading
from specgan.signal import to_uint8


@pytest.fixture
def archive(tmp_path, folder):
    return shutil.make_archive(tmp_path / "pictures", "zip", folder)


@pytest.fixture
def decodings(monkeypatch):
    """A list that grows by one whenever a source is decoded."""
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return decode(*arguments)

    decode = loading.decode
    monkeypatch.setattr(loading, "decode", counted)
    return calls


def centre(pixels, side):
    top, left = (pixels.shape[1] - side) // 2, (pixels.shape[2] - side) // 2
    return pixels[:, top : top + side, left : left + side]


def spoil(folder):
    """Add four files that are no pictures of use; returns their names."""
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
    whole = (folder / "a" / "000.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (4, 4)).save(folder / "small.png")
    return ["empty.png", "half.png", "small.png", "text.jpg"]


def test_a_folder_is_read_recursively_in_the_order_of_names(folder, pixels):
    array = data.load_array(folder, image_size=20)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, centre(pixels, 20))


def test_a_path_may_be_text(folder, pixels):
    array = data.load_array(f"{folder}/", image_size=20)
    np.testing.assert_array_equal(array, centre(pixels, 20))


def test_an_archive_equals_its_folder(archive, pixels):
    array = data.load_array(archive, image_size=16, crop=16)
    np.testing.assert_array_equal(array, centre(pixels, 16))


def test_an_archive_of_an_unknown_version(archive):
    content = bytearray(Path(archive).read_bytes())
    entry = content.index(b"PK\1\2")
    content[entry + 6] = 200  # NotImplementedError
    Path(archive).write_bytes(content)
    with pytest.raises(ValueError, match=r"pictures.zip is damaged.*Unpack"):
        data.load_array(archive, image_size=20)


def test_more_pictures_than_a_chunk(tmp_path):
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as file:
        for index in range(600):
            with file.open(f"{index:04}.png", "w") as stream:
                Image.new("L", (2, 2), index % 251).save(stream, "png")
    array = data.load_array(tmp_path / "many.zip", image_size=2, channels=1)
    np.testing.assert_array_equal(array[:, 0, 0, 0], np.arange(600) % 251)


def test_load_gives_the_images_of_the_array(folder):
    dataset = data.load(folder, image_size=16, batch_size=3)
    array = data.load_array(folder, image_size=16) / 127.5 - 1
    assert dataset.cardinality() == 4
    images = np.concatenate(list(dataset))
    by_first_pixel = np.lexsort(images[:, 0, 0].T)
    expected = array[np.lexsort(array[:, 0, 0].T)]
    np.testing.assert_allclose(images[by_first_pixel], expected, atol=1e-6)


def test_load_mirrors_as_from_array_does(folder):
    arguments = {"batch_size": 3, "flip": True, "seed": 2, "first_epoch": 4}
    loaded = data.load(folder, image_size=16, **arguments)
    array = data.load_array(folder, image_size=16)
    expected = data.from_array(array, **arguments)
    np.testing.assert_array_equal(list(loaded), list(expected))


def test_limit_takes_the_first(folder, pixels):
    array = data.load_array(folder, image_size=20, limit=5)
    np.testing.assert_array_equal(array, centre(pixels, 20)[:5])


def test_numpy_integers_will_do(folder):
    size = np.int64(8)
    array = data.load_array(folder, image_size=size, crop=size, limit=size)
    assert array.shape == (8, 8, 8, 3)


def test_hidden_and_other_files_are_passed_over(folder):
    (folder / "readme.txt").write_text("pictures")
    (folder / "a" / "._000.png").write_bytes(b"left by a Macintosh")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "000.png").write_bytes(b"")
    assert len(data.load_array(folder, image_size=8)) == 12


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_unusable_files_are_skipped_named_and_counted(tmp_path, folder, kind):
    spoil(folder)
    source = folder
    if kind == "archive":
        source = shutil.make_archive(tmp_path / "spoilt", "zip", folder)
    with pytest.warns(UserWarning) as caught:
        array = data.load_array(source, image_size=8, crop=8)
    assert len(array) == 12
    (warning,) = caught
    message = str(warning.message)
    assert message.startswith("Skipped 4 of 16 pictures of ")
    assert "empty.png (the file is empty)" in message
    assert "text.jpg (not a picture that Pillow can read)" in message
    assert "small.png (a crop of 8 " in message
    assert "half.png (" in message


def test_absurdly_large_pictures_are_skipped(folder, monkeypatch):
    Image.new("1", (50, 50)).save(folder / "above.png")
    Image.new("1", (100, 100)).save(folder / "far_above.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with pytest.warns(UserWarning) as caught:
        array = data.load_array(folder, image_size=8)
    assert len(array) == 12
    (warning,) = caught
    message = str(warning.message)
    assert "Skipped 2 of 14" in message
    assert "above.png (too large: more than 2000 pixels; cut" in message
    assert "far_above.png (too large: more than 2000 pixels; cut" in message


def test_at_most_ten_are_named(folder):
    for index in range(13):
        (folder / f"empty{index:02}.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="Skipped 13 of 25") as caught:
        data.load_array(folder, image_size=8)
    message = str(caught[0].message)
    assert message.count("the file is empty") == 10
    assert message.endswith("; and 3 more.")


def test_none_left(tmp_path, cache_dir):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "empty.png").write_bytes(b"")
    with pytest.raises(ValueError, match="No picture of .*none.*empty.png"):
        data.load_array(tmp_path / "none", image_size=8)
    assert not list(cache_dir.iterdir())


def test_the_cache_is_found_again(folder, decodings, cache_dir):
    first = data.load_array(folder, image_size=8)
    second = data.load_array(folder, image_size=8)
    data.load(folder, image_size=8, batch_size=2, seed=3, shuffle=False)
    assert len(decodings) == 1
    assert isinstance(second, np.memmap)
    np.testing.assert_array_equal(first, second)
    suffixes = sorted(path.suffix for path in cache_dir.iterdir())
    assert suffixes == [".json", ".npy"]


@pytest.mark.parametrize(
    "options",
    [
        {"image_size": 9},
        {"channels": 1},
        {"crop": 8},
        {"crop": 8, "crop_offset": (1, 0)},
        {"limit": 11},
    ],
)
def test_the_cache_tells_options_apart(folder, decodings, options):
    data.load_array(folder, image_size=8)
    data.load_array(folder, **{"image_size": 8, **options})
    assert len(decodings) == 2


def change_a_file(folder):
    Image.new("RGB", (20, 20), "red").save(folder / "a" / "000.png")


def touch_a_file(folder):
    os.utime(folder / "a" / "000.png", (1, 1))


def remove_a_file(folder):
    (folder / "a" / "000.png").unlink()


def rename_a_file(folder):
    (folder / "a" / "000.png").rename(folder / "z.png")


@pytest.mark.parametrize(
    "change", [change_a_file, touch_a_file, remove_a_file, rename_a_file]
)
def test_the_cache_notices_changed_files(folder, decodings, change):
    data.load_array(folder, image_size=20)
    change(folder)
    array = data.load_array(folder, image_size=20)
    assert len(decodings) == 2
    assert len(array) == 12 - (change is remove_a_file)


def test_skipped_files_are_named_again_from_the_cache(folder, decodings):
    spoil(folder)
    messages = []
    for _ in range(2):
        with pytest.warns(UserWarning, match="Skipped 4 of 16") as caught:
            data.load_array(folder, image_size=8, crop=8)
        messages.append(str(caught[0].message))
    assert len(decodings) == 1
    assert messages[0] == messages[1]


def changed(content, place, value):
    content[place] = value
    return content


DAMAGES = {
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "longer": lambda content: content + b"more",
    "zeros": lambda content: changed(
        content, slice(200, 230), bytes(30)
    ),  # Of pixels, or of the record.
    "header": lambda content: changed(content, slice(12, 15), b"((("),
}


@pytest.mark.parametrize("part", [".npy", ".json"])
@pytest.mark.parametrize("damage", ["missing", *DAMAGES])
def test_a_damaged_cache_is_made_anew(folder, cache_dir, part, damage):
    first = np.array(data.load_array(folder, image_size=8))
    (entry,) = cache_dir.glob(f"*{part}")
    content = entry.read_bytes()
    entry.unlink()
    if damage != "missing":
        entry.write_bytes(DAMAGES[damage](bytearray(content)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        second = data.load_array(folder, image_size=8)
    np.testing.assert_array_equal(first, second)
    assert entry.read_bytes() == content
    lines = [str(one.message) for one in caught]
    assert len(lines) == (damage != "missing")
    assert all("damaged and are prepared again" in line for line in lines)


def test_names_of_skipped_files_are_covered_as_well(folder, cache_dir):
    spoil(folder)
    with pytest.warns(UserWarning, match="Skipped 4 of 16"):
        data.load_array(folder, image_size=8, crop=8)
    (record,) = cache_dir.glob("*.json")
    text = record.read_text()
    record.write_text(text.replace("the file is empty", "the life is empty"))
    assert record.read_text() != text
    with pytest.warns(UserWarning) as caught:
        data.load_array(folder, image_size=8, crop=8)
    assert "damaged and are prepared again" in str(caught[0].message)
    assert record.read_text() == text


def test_a_cache_without_checksums_is_made_anew(folder, cache_dir, decodings):
    data.load_array(folder, image_size=8)
    (record,) = cache_dir.glob("*.json")
    content = json.loads(record.read_text())
    del content["crc32"]
    record.write_text(json.dumps(content))
    for _ in range(2):
        data.load_array(folder, image_size=8)
    assert len(decodings) == 2


def test_a_checksum_is_verified_once_a_process(folder, monkeypatch):
    data.load_array(folder, image_size=8)
    verified = []
    checksum = cache._checksum
    monkeypatch.setattr(
        cache,
        "_checksum",
        lambda path: verified.append(path) or checksum(path),
    )
    for _ in range(3):
        data.load_array(folder, image_size=8)
    assert len(verified) == 1


def test_an_unwritable_cache_only_warns(tmp_path, folder, pixels):
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="cannot be cached.*`cache_dir`"):
        array = data.load_array(
            folder, image_size=20, cache_dir=tmp_path / "file" / "cache"
        )
    np.testing.assert_array_equal(array, centre(pixels, 20))


def test_a_full_cache_only_warns_and_leaves_nothing(
    folder, pixels, cache_dir, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    spoil(folder)
    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning) as caught:
        array = data.load_array(folder, image_size=20, crop=20)
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 2
    assert "No space left" in messages[0]
    assert "Skipped 4 of 16" in messages[1]
    np.testing.assert_array_equal(array, centre(pixels, 20))
    assert not list(cache_dir.iterdir())


def test_an_interruption_leaves_nothing(folder, cache_dir, monkeypatch):
    def interrupted(*_):
        yield np.zeros((8, 8, 3), np.uint8)
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "decode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load_array(folder, image_size=8)
    assert not list(cache_dir.iterdir())


def test_pickles_are_not_loaded(folder, cache_dir):
    data.load_array(folder, image_size=8)
    (entry,) = cache_dir.glob("*.npy")
    np.save(entry, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.warns(UserWarning, match="damaged and are prepared again"):
        assert data.load_array(folder, image_size=8).dtype == np.uint8


def test_the_users_warning_filters_stay(folder):
    before = list(warnings.filters)
    data.load_array(folder, image_size=8)
    assert warnings.filters == before


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_size": 0}, "image_size=0"),
        ({"limit": 0}, "`limit`.*positive integer.*limit=0"),
        ({"limit": 1.5}, "limit=1.5"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 13}, "at most 12.*batch_size=13"),
        ({"flip": None}, "flip=None"),
        ({"split": "test"}, "no splits.*split='test'.*folder of its own"),
        ({"data_dir": "elsewhere"}, "data_dir='elsewhere'"),
    ],
)
def test_invalid_arguments(folder, options, message):
    with pytest.raises(ValueError, match=message):
        data.load(folder, **{"image_size": 8, **options})


def test_folders_are_classes(folder, tmp_path):
    options = {"image_size": 20}
    numbers, names = data.load_labels(folder, **options)
    assert names == ["a", "b"]
    assert numbers.tolist() == [0] * 6 + [1] * 6
    pairs = data.load(folder, batch_size=12, labels=True, **options)
    ((images, labels),) = pairs
    array = data.load_array(folder, **options)
    for image, label in zip(to_uint8(images), labels, strict=True):
        (index,) = np.flatnonzero(np.all(array == image, axis=(1, 2, 3)))
        assert numbers[index] == label

    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", folder)
    of_archive, names = data.load_labels(zipped, **options)
    assert names == ["a", "b"] and of_archive.tolist() == numbers.tolist()


def test_labels_of_pictures_that_are_skipped(folder):
    (folder / "a" / "001.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="Skipped 1 of 12"):
        array = data.load_array(folder, image_size=20)
    numbers, _ = data.load_labels(folder, image_size=20)
    assert len(array) == len(numbers) == 11
    assert numbers.tolist() == [0] * 5 + [1] * 6


def test_classes_that_cannot_be(folder):
    options = {"image_size": 20}
    with pytest.raises(ValueError, match="no image.*none of b.*more images"):
        data.load_labels(folder, limit=6, **options)
    (folder / "c").mkdir()
    with pytest.raises(ValueError, match="Expected images of all 3.*none of c"):
        data.load_labels(folder, **options)
    shutil.copy(folder / "a" / "000.png", folder / "loose.png")
    with pytest.raises(ValueError, match="1 of them, such as 'loose.png'"):
        data.load_labels(folder, **options)
    with pytest.raises(ValueError, match="no classes"):
        data.load("photos", labels=True, **options)


def test_enlarging_is_asked_for_by_name(tmp_path):
    """Not done silently, since it falsifies the spectrum."""
    for number, size in enumerate([8, 8, 12]):
        pixels = np.full([size, size, 3], 200, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    with pytest.warns(UserWarning, match="Skipped 2 of 3.*8x8 pixels are too"):
        assert len(data.load_array(tmp_path, image_size=12)) == 1
    message = "smaller than the images.*16.*resize='pad'.*resize='enlarge'"
    with pytest.raises(ValueError, match=message):
        data.load_array(tmp_path, image_size=16)
    for resize in ("pad", "enlarge"):
        array = data.load_array(tmp_path, image_size=16, resize=resize)
        assert array.shape == (3, 16, 16, 3)
        assert np.all(array[:, 0] == 0) == (resize == "pad")
