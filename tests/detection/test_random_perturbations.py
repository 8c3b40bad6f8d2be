"""Random perturbations: shares, strengths, sizes, seeds and bad input."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from specgan.detection import RandomPerturbations


def pictures(count, seed=0, size=32, channels=3):
    """Noise, which no perturbation leaves as it is."""
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, [count, size, size, channels], np.uint8)


def perturbed(some, seed=0, **options):
    return RandomPerturbations(**options)(some, np.random.default_rng(seed))


def only(way, **options):
    """Perturbations that all go one way, which nothing else reveals."""
    perturb = RandomPerturbations(unperturbed=0, **options)
    perturb._perturbed = getattr(perturb, way)
    return perturb


def jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(
        file, "JPEG", quality=quality, subsampling="4:2:0"
    )
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("channels", [1, 3])
def test_sizes_remain(channels):
    some = [
        *pictures(40, channels=channels),
        *(one[:17, :25] for one in pictures(40, channels=channels)),
    ]
    before = [one.copy() for one in some]
    changed = perturbed(some)
    for one, same, altered in zip(some, before, changed, strict=True):
        np.testing.assert_array_equal(one, same)
        assert altered.shape == one.shape and altered.dtype == np.uint8


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_the_share_left_as_it_is(share):
    some = pictures(300, size=16)
    strong = {"factor": (0.5, 0.6), "blur": (1, 1), "noise": (5, 5)}
    changed = perturbed(some, unperturbed=share, quality=(30, 50), **strong)
    same = [np.array_equal(*both) for both in zip(some, changed, strict=True)]
    assert np.mean(same) == pytest.approx(share, abs=0.08 * (0 < share < 1))


def test_what_happens_depends_on_seed_and_number_alone():
    some = pictures(30)
    together = perturbed(some)
    rng, perturb = np.random.default_rng(0), RandomPerturbations()
    # In parts; and the first ones of another size.
    parts = perturb(list(some[:10, :20, :20]), rng) + perturb(some[10:], rng)
    for one, other in zip(together[10:], parts[10:], strict=True):
        np.testing.assert_array_equal(one, other)
    others = perturbed(some, seed=1)
    assert any(
        not np.array_equal(*both) for both in zip(together, others, strict=True)
    )


def test_compression_is_jpegs():
    some = pictures(4)
    changed = only("_compressed", quality=(60, 60))(
        some, np.random.default_rng(0)
    )
    for one, altered in zip(some, changed, strict=True):
        np.testing.assert_array_equal(altered, jpeg(one, 60))


def test_qualities_are_all_of_the_range():
    [one] = pictures(1, size=16)
    levels = {jpeg(one, quality).tobytes() for quality in (70, 71, 72)}
    changed = only("_compressed", quality=(70, 72))(
        [one] * 40, np.random.default_rng(0)
    )
    assert {altered.tobytes() for altered in changed} == levels


def test_a_crop_is_a_square_of_a_larger_compressed_picture():
    # All of a block has its mean at quality 1; blocks begin anywhere.
    some = pictures(60)
    changed = only("_compressed_elsewhere", quality=(1, 1))(
        some, np.random.default_rng(0)
    )
    starts = set()
    for altered in changed:
        steps = np.abs(np.diff(altered.astype(int), axis=0)).sum(axis=(1, 2))
        sums = [steps[first::8].sum() for first in range(8)]
        starts.add(np.argmax(sums))
    assert len(starts) > 5


@pytest.mark.parametrize("factor, shrinks", [(1.5, False), (0.5, True)])
def test_resized_pictures_are_cut_or_mirrored(factor, shrinks):
    # A cosine of 8 pixels per period, whose frequency tells the factor.
    wave = 128 + 60 * np.cos(2 * np.pi * np.arange(64) / 8)
    some = np.broadcast_to(wave[:, None, None], (64, 64, 1))
    [changed] = only("_resized", factor=(factor, factor))(
        [some.astype(np.uint8)], np.random.default_rng(0)
    )
    column = changed[:, 32, 0].astype(float)
    centre = column[16:48] - column[16:48].mean()
    spectrum = np.abs(np.fft.rfft(centre * np.hanning(32), 512))
    frequency = np.argmax(spectrum) / 512
    assert frequency == pytest.approx(1 / (8 * factor), abs=0.01)
    if shrinks:
        np.testing.assert_array_equal(column[:16], column[16:32][::-1])


def test_blur_and_noise_are_of_the_given_strength():
    grey = np.full([1, 64, 64, 3], 128, np.uint8)
    grey[0, 0, 0] = 0  # Not flat.
    [noise] = only("_noisy", noise=(4, 4))(grey, np.random.default_rng(0))
    assert (noise[1:] - 128.0).std() == pytest.approx(4, rel=0.05)
    point = np.zeros([1, 31, 31, 1], np.uint8)
    point[0, 15, 15] = 255
    [soft] = only("_blurred", blur=(1, 1))(point, np.random.default_rng(0))
    assert soft[15, 15, 0] == round(255 / (2 * np.pi))


def test_reposts_are_compressed_last():
    some = pictures(3)
    changed = only("_reposted", quality=(50, 50), factor=(1, 1), reposts=1)(
        some, np.random.default_rng(0)
    )
    for one, altered in zip(some, changed, strict=True):
        np.testing.assert_array_equal(altered, jpeg(one, 50))


def test_all_ways_are_taken():
    taken = set()
    perturb = RandomPerturbations(unperturbed=0)
    for name in ("_compressed", "_compressed_elsewhere", "_resized",
                 "_blurred", "_noisy", "_reposted"):  # fmt: skip

        def way(picture, rng, name=name):
            taken.add(name)
            return picture.copy()

        setattr(perturb, name, way)
    perturb(pictures(60, size=16), np.random.default_rng(0))
    assert len(taken) == 6


def test_what_would_be_flat_stays_and_is_warned_of():
    # Of a single bright pixel a wide filter leaves nothing.
    points = np.full([6, 32, 32, 1], 100, np.uint8)
    points[:, 16, 16] = 150
    perturb = only("_blurred", blur=(8, 8))
    with pytest.warns(UserWarning, match="6 of 6 pictures would be flat"):
        changed = perturb(points, np.random.default_rng(0))
    for one, same in zip(points, changed, strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize(
    "some, message",
    [
        ([], "There are no pictures"),
        (np.zeros([1, 32, 32, 3]), "Expected uint8"),
        (np.zeros([1, 32, 32, 2], np.uint8), "1 or 3 channels"),
        (np.zeros([1, 15, 32, 3], np.uint8), "too small.*15x32"),
    ],
)
def test_bad_pictures(some, message):
    with pytest.raises(ValueError, match=message):
        perturbed(some)


def test_a_seed_is_not_a_generator():
    with pytest.raises(ValueError, match="`rng`.*default_rng.*Received: rng=0"):
        RandomPerturbations()(pictures(1), 0)


@pytest.mark.parametrize(
    "name, value",
    [
        *itertools.product(["unperturbed"], [-0.1, 1.1, None, True]),
        *itertools.product(["quality"], [(0, 50), (50, 40), (1.5, 9), 75]),
        *itertools.product(["factor"], [(0.1, 1), (1, 5), (1, np.nan), (1,)]),
        *itertools.product(["blur", "noise"], [(-1, 1), (0, np.inf), "ab"]),
        *itertools.product(["reposts"], [0, 1.0, True]),
    ],
)
def test_bad_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*Expected.*Received"):
        RandomPerturbations(**{name: value})
