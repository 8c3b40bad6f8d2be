"""What a detector's training images are like, and what is not."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import kstest
from sklearn.model_selection import KFold

from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import TrainedDetector
from specgan.detection.domain import domain_distances
from specgan.detection.domain import kind_distances
from specgan.detection.domain import part_medians
from specgan.detection.domain_fitting import OUTSIDE
from specgan.detection.domain_fitting import fit_domain
from specgan.detection.unusualness import Unusualness

FEATURES = 12


def images(number, seed, shift=0.0):
    """Rows in a plane of 4 dimensions, with a little noise around it."""
    plane = np.random.default_rng(0).normal(size=[4, FEATURES])
    draw = np.random.default_rng(seed)
    rows = draw.normal(shift, 1, [number, 4]) @ plane
    return rows + draw.normal(0, 0.1, rows.shape)


@pytest.fixture(scope="module")
def rows():
    return np.concatenate([images(300, 1), images(300, 2, shift=3)])


@pytest.fixture(scope="module")
def labels():
    return np.repeat([0, 1], 300)


@pytest.fixture(scope="module")
def arrays(rows, labels):
    folds = KFold(5, shuffle=True, random_state=0)
    return fit_domain(rows, labels, list(folds.split(rows)))


def test_distances_by_hand(arrays, rows):
    row = rows[7] + 1
    expected = []
    for kind in ("real", "generated"):
        z = (row - arrays[f"{kind}_mean"]) / arrays[f"{kind}_spread"]
        distance = mahalanobis(
            arrays[f"domain_{kind}_axes"] @ z,
            arrays[f"domain_{kind}_center"],
            np.diag(1 / arrays[f"domain_{kind}_variances"]),
        )
        expected.append(distance**2 / arrays[f"domain_{kind}_scales"][0])
    np.testing.assert_allclose(
        domain_distances(row[None], arrays)[0], min(expected), rtol=1e-9
    )


def test_what_the_axes_do_not_see_counts(arrays):
    few = dict(arrays)
    for name in ("axes", "center", "variances"):
        few[f"domain_real_{name}"] = few[f"domain_real_{name}"][:4]
    few["domain_real_scales"] = np.array([1e9, 2.0])
    row = images(1, 3)
    z = (row - few["real_mean"]) / few["real_spread"]
    axes = few["domain_real_axes"]
    rest = z - z @ axes.T @ axes
    np.testing.assert_allclose(
        kind_distances(row, few, "real"), np.sum(rest**2, axis=1) / 2
    )


def test_few_further_images_are_outside(arrays):
    further = np.concatenate([images(3000, 4), images(3000, 5, shift=3)])
    outside = domain_distances(further, arrays) > arrays["domain_limit"]
    assert outside.mean() < 2 * OUTSIDE


def test_others_are_outside(arrays):
    draw = np.random.default_rng(6)
    others = draw.normal(0, 1, [100, FEATURES])  # Not in the plane.
    for rows in (others, images(100, 7, shift=20)):
        assert np.all(domain_distances(rows, arrays) > arrays["domain_limit"])


def test_strange_training_images_hardly_widen_it(rows, labels):
    folds = list(KFold(5, shuffle=True, random_state=0).split(rows))
    strange = rows.copy()
    strange[::50] *= 30
    plain, wide = (
        kind_distances(images(1000, 9), fit_domain(some, labels, folds), "real")
        for some in (rows, strange)
    )
    # Not by the 18 times that the variance grows with them.
    assert np.median(plain) < 1.5 * np.median(wide)


def test_rare_features_do_not_widen_it(rows, labels):
    # Each of a few images has, of many features, one that no other has.
    few = np.r_[:30, 300:330]
    rare = np.zeros([60, 60])
    np.fill_diagonal(rare, 0.01)
    some = np.concatenate([rows[few], rare], axis=1)
    folds = list(KFold(5, shuffle=True, random_state=0).split(some))
    arrays = fit_domain(some, labels[few], folds)
    others = np.concatenate([images(50, 3, shift=-20), np.zeros([50, 60])], 1)
    assert np.all(domain_distances(others, arrays) > arrays["domain_limit"])
    # What never varies in any image is still seen at once.
    constant = np.concatenate([some, np.zeros([60, 1])], axis=1)
    arrays = fit_domain(constant, labels[few], folds)
    constant[:, -1] = 0.01
    assert np.all(domain_distances(constant, arrays) > 1e3)


def test_the_limit_is_of_some_images(rows, labels):
    folds = list(KFold(5, shuffle=True, random_state=0).split(rows))
    wide = np.arange(len(rows)) % 2 == 0
    noisy = rows + np.where(wide, 1.0, 0.0)[:, None] * images(600, 8)
    outside = []
    for some in (wide, ~wide):
        arrays = fit_domain(noisy, labels, folds, some)
        far = domain_distances(noisy[wide], arrays) > arrays["domain_limit"]
        outside.append(far.mean())
    assert outside[0] < 0.15 < outside[1]


def test_distances_of_real_images_that_were_held_out(arrays, rows, labels):
    known = arrays["domain_real_distances"]
    assert known.shape == (300,) and np.all(np.diff(known) >= 0)
    # Larger than those from the model that was fitted to them as well.
    fitted = np.sort(kind_distances(rows[labels == 0], arrays, "real"))
    assert np.mean(known > fitted) > 0.9
    further = kind_distances(images(3000, 4), arrays, "real")
    ranks = np.searchsorted(known, further) / len(known)
    assert kstest(ranks, "uniform").statistic < 0.1
    half = np.arange(len(rows)) % 2 == 0
    folds = list(KFold(5, shuffle=True, random_state=0).split(rows))
    some = fit_domain(rows, labels, folds, half)["domain_real_distances"]
    assert len(some) == 150


def test_unusual_among_real_images():
    features = SpectralFeatures(length=FEATURES)
    real, fake = images(200, 1), images(200, 2, shift=3)
    detector = SpectralDetector("linear_svm").fit(
        np.concatenate([real, fake]), np.repeat([0, 1], 200)
    )
    trained = TrainedDetector.of(detector, features, {}, real, fake)
    held_out = trained._arrays["domain_real_distances"]
    others = images(50, 3)
    distances = kind_distances(others, trained._arrays, "real")
    for one, distance in zip(
        trained.unusualness(others), distances, strict=True
    ):
        assert one.share == np.mean(held_out < distance)
        assert one.real_pictures == 200
    # As near as can be to the generated ones of the training.
    shares = [one.share for one in trained.unusualness(images(50, 4, shift=8))]
    assert min(shares) == 1.0


@pytest.mark.parametrize(
    "share, text",
    [
        (0.0, "more unusual than none of 2000 real pictures"),
        (0.5, "more unusual than 50.0% of 2000 real pictures"),
        (
            0.9995,
            "more unusual than 99.9% of 2000 real pictures, most of all in "
            "DCT modes",
        ),
        (
            1.0,
            "more unusual than all of 2000 real pictures, most of all in DCT "
            "modes",
        ),
    ],
)
def test_how_unusual_in_words(share, text):
    assert str(Unusualness(share, 2000, "DCT modes")) == text


def test_a_detector_with_perturbed_copies_knows_them():
    draw = np.random.default_rng(0)
    features = SpectralFeatures(length=8)
    real, fake = draw.normal(0, 1, [80, 8]), draw.normal(1, 1, [80, 8])
    copies = [real + 5, fake + 5]
    known = np.concatenate([real, fake])
    detector = SpectralDetector("logistic_regression").fit(
        np.concatenate([known, *copies]),
        np.tile(np.repeat([0, 1], 80), 2),
        np.tile(np.arange(160), 2),
        np.repeat([False, True], 160),
    )
    without, knows = (
        TrainedDetector.of(
            detector,
            features,
            {},
            real,
            fake,
            groups=[np.arange(80), np.arange(80, 160)],
            perturbed=some,
        )  # fmt: skip
        for some in (None, copies)
    )
    assert np.mean(without.distances(copies[0]) > without.limit) > 0.5
    assert np.mean(knows.distances(copies[0]) > knows.limit) < 0.3
    with pytest.raises(ValueError, match="Expected a row for each"):
        TrainedDetector.of(
            detector, features, {}, real, fake, perturbed=[real, fake[:3]]
        )


def test_medians_of_parts():
    deviations = np.random.default_rng(0).exponential(size=[3, 11])
    columns = {"odd": slice(0, 5), "even": slice(5, 11)}
    odd, even = part_medians(deviations, columns)
    np.testing.assert_allclose(odd, np.median(deviations[:, :5], axis=1))
    np.testing.assert_allclose(even, np.median(deviations[:, 5:], axis=1))
