"""FID, KID, precision and recall: one contract, and an oracle for each."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from specgan.metrics import FrechetInceptionDistance
from specgan.metrics import KernelInceptionDistance
from specgan.metrics import PrecisionRecall
from specgan.metrics.frechet_inception_distance import frechet_distance
from specgan.metrics.kernel_inception_distance import kernel_distance
from specgan.metrics.precision_recall import precision_recall
from tests.contracts import two_replicas
from tests.metrics.feature_sets import MeanColours
from tests.metrics.feature_sets import features
from tests.metrics.feature_sets import pictures

METRICS = [FrechetInceptionDistance, KernelInceptionDistance, PrecisionRecall]

pytestmark = pytest.mark.filterwarnings("ignore:.*is biased upwards")


def values(metric):
    result = metric.result()
    return result if isinstance(result, dict) else {metric.name: result}


# === The contract ===


@pytest.mark.parametrize("metric_class", METRICS)
def test_batches_and_their_order_between_kinds_do_not_matter(metric_class):
    real, fake = features(60, 1), features(50, 2, shift=0.3)
    whole = metric_class(MeanColours())
    whole.update_features(real=real, fake=fake)
    parts = metric_class(MeanColours())
    for start in range(0, 50, 7):
        parts.update_features(fake=fake[start : start + 7])
    for start in range(0, 60, 25):
        parts.update_features(real=real[start : start + 25])
    assert values(parts) == pytest.approx(values(whole), rel=1e-5)


@pytest.mark.parametrize("metric_class", METRICS)
def test_images_go_through_the_network(metric_class):
    network = MeanColours()
    real, fake = pictures(40, 1), pictures(40, 2, level=50)
    by_images = metric_class(network)
    by_images.update_state(real=real, fake=fake)
    by_features = metric_class(network)
    by_features.update_features(real=network(real), fake=network(fake))
    assert values(by_images) == values(by_features)


@pytest.mark.parametrize("metric_class", METRICS)
def test_another_network_names_the_measure(metric_class):
    network = MeanColours("mean-colours")
    metric = metric_class(network)
    metric.update_state(real=pictures(20, 1), fake=pictures(20, 2))
    names = {metric.name, *values(metric)}
    assert all("mean-colours" in name for name in names)
    assert not any("fid" in name or "kid" in name for name in names)


@pytest.mark.parametrize("metric_class", METRICS)
def test_reset(metric_class):
    metric = metric_class(MeanColours())
    metric.update_features(real=features(30, 1), fake=features(30, 2))
    first = values(metric)
    metric.update_features(fake=features(30, 3, shift=1.0))
    assert values(metric) != first
    metric.reset_fake()
    metric.update_features(fake=features(30, 2))
    assert values(metric) == pytest.approx(first, rel=1e-6)
    metric.reset_state()
    with pytest.raises(ValueError, match="0 real"):
        metric.result()


@pytest.mark.parametrize("metric_class", METRICS)
def test_memory_does_not_grow(metric_class):
    metric = metric_class(MeanColours())
    before = [variable.shape for variable in metric.variables]
    metric.update_features(real=features(200, 1), fake=features(200, 2))
    assert [variable.shape for variable in metric.variables] == before


@pytest.mark.parametrize("metric_class", METRICS)
def test_replicas_equal_one_device(metric_class):
    real, fake = features(40, 1), features(40, 2, shift=0.2)
    alone = metric_class(MeanColours())
    alone.update_features(real=real, fake=fake)
    strategy = two_replicas()
    with strategy.scope():
        metric = metric_class(MeanColours())

    def parts(of):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                of[context.replica_id_in_sync_group * 20 :][:20]
            )
        )

    @tf.function
    def update(real, fake):
        strategy.run(
            lambda r, f: metric.update_features(real=r, fake=f),
            args=(real, fake),
        )

    update(parts(real), parts(fake))
    assert values(metric) == pytest.approx(values(alone), rel=1e-6)


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("kind", ["real", "fake"])
def test_too_few_images(metric_class, kind):
    metric = metric_class(MeanColours())
    other = {"real": "fake", "fake": "real"}[kind]
    metric.update_features(**{other: features(30, 1), kind: features(1, 2)})
    with pytest.raises(ValueError, match=f"1 {kind}"):
        metric.result()


@pytest.mark.parametrize("metric_class", METRICS)
def test_features_of_another_network(metric_class):
    with pytest.raises(ValueError, match=r"\[n, 12\]"):
        metric_class(MeanColours()).update_features(real=features(9, 1, 7))


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("kind", ["real", "fake"])
def test_features_that_are_not_finite(metric_class, kind):
    wrong = features(9, 1)
    wrong[3, 4] = np.nan
    metric = metric_class(MeanColours())
    with pytest.raises(ValueError, match="The features hold NaN.* 1 of 108"):
        metric.update_features(**{kind: wrong})
    assert getattr(metric, kind).count == 0


# === Fréchet distance ===


def moments(rows):
    return np.mean(rows, axis=0), np.cov(rows, rowvar=False)


def test_frechet_distance_against_sqrtm():
    mean_1, covariance_1 = moments(features(200, 1))
    mean_2, covariance_2 = moments(features(300, 2, shift=0.5, scale=1.3))
    root = scipy.linalg.sqrtm(covariance_1 @ covariance_2).real
    expected = np.sum((mean_1 - mean_2) ** 2) + np.trace(
        covariance_1 + covariance_2 - 2 * root
    )
    ours = frechet_distance(mean_1, covariance_1, mean_2, covariance_2)
    assert ours == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_singular_covariances():
    # Fewer images than features: the trace is the nuclear norm of the
    # product of the centred features.
    one, two = features(20, 1, 64), features(30, 2, 64, shift=0.1)
    centred = [rows - rows.mean(axis=0) for rows in (one, two)]
    overlap = np.linalg.norm(centred[0] @ centred[1].T, "nuc")
    expected = (
        np.sum((one.mean(axis=0) - two.mean(axis=0)) ** 2)
        + np.sum(centred[0] ** 2) / 19
        + np.sum(centred[1] ** 2) / 29
        - 2 * overlap / np.sqrt(19 * 29)
    )
    ours = frechet_distance(*moments(one), *moments(two))
    assert ours == pytest.approx(expected, rel=1e-6)


def test_fid_streams_in_float64():
    # A large mean beside a small spread: float32 sums would lose it.
    real, fake = features(500, 1, shift=1e3), features(400, 2, shift=1e3 + 0.1)
    fid = FrechetInceptionDistance(MeanColours())
    for start in range(0, 500, 64):
        fid.update_features(
            real=real[start : start + 64], fake=fake[start : start + 64]
        )
    expected = frechet_distance(*moments(real), *moments(fake))
    assert fid.result() == pytest.approx(expected, rel=1e-6)


def test_fid_of_the_same_images_is_zero():
    rows = features(300, 1)
    fid = FrechetInceptionDistance(MeanColours())
    fid.update_features(real=rows, fake=rows)
    assert fid.result() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count, warns", [(2047, True), (2048, False)])
def test_fid_warns_of_few_images(count, warns):
    fid = FrechetInceptionDistance(MeanColours())
    fid.update_features(real=features(2048, 1), fake=features(count, 2))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fid.result()
    assert any("biased upwards" in str(one.message) for one in caught) == warns


# === Kernel distance ===


def test_kernel_distance_pair_by_pair():
    real, fake = features(7, 1), features(5, 2, shift=0.4)

    def kernel(x, y):
        return (x @ y / 12 + 1) ** 3

    def mean_of_pairs(rows):
        pairs = itertools.permutations(rows, 2)
        return np.mean([kernel(x, y) for x, y in pairs])

    between = np.mean([kernel(x, y) for x in real for y in fake])
    expected = mean_of_pairs(real) + mean_of_pairs(fake) - 2 * between
    assert float(kernel_distance(real, fake)) == pytest.approx(expected)


def test_kid_is_unbiased():
    # Two samples of one distribution, many times over: zero on average.
    distances = [
        float(kernel_distance(features(20, 2 * i), features(20, 2 * i + 1)))
        for i in range(300)
    ]
    error = np.std(distances) / np.sqrt(len(distances))
    assert abs(np.mean(distances)) < 3 * error


def test_kid_has_a_spread_and_is_repeatable():
    results = []
    for _ in range(2):
        kid = KernelInceptionDistance(MeanColours(), subset_size=50, seed=3)
        kid.update_features(real=features(50, 1), fake=features(50, 2))
        results.append(kid.result())
    assert results[0] == results[1]
    assert results[0]["kid_std"] > 0


def test_kid_keeps_the_first_images():
    kid = KernelInceptionDistance(MeanColours(), capacity=30)
    kid.update_features(real=features(30, 1), fake=features(20, 2))
    kid.update_features(fake=features(10, 3))
    full = kid.result()
    kid.update_features(real=features(9, 4), fake=features(9, 5))
    assert kid.result() == full


# === Precision, recall, density, coverage ===


def brute_force(real, fake, k, dense_k):
    """Every pair by itself, as the papers write it."""
    between = np.linalg.norm(real[:, None] - fake[None], axis=-1)

    def reach(rows, neighbours):
        distances = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
        return np.sort(distances, axis=1)[:, neighbours]

    dense = between <= reach(real, dense_k)[:, None]
    return (
        np.mean(np.any(between <= reach(real, k)[:, None], axis=0)),
        np.mean(np.any(between <= reach(fake, k)[None], axis=1)),
        np.sum(dense) / (dense_k * len(fake)),
        np.mean(np.any(dense, axis=1)),
    )


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_precision_recall_against_brute_force(shift):
    real = np.float32(features(80, 1))
    fake = np.float32(features(60, 2, shift=shift, scale=0.7))
    ours = precision_recall(real=real, fake=fake)
    assert tuple(ours) == pytest.approx(brute_force(real, fake, 3, 5))


def test_a_collapsed_generator_has_precision_and_no_recall():
    real = np.float32(features(300, 1, dimension=2))
    centre = real[np.argmin(np.linalg.norm(real - real.mean(0), axis=1))]
    draw = np.random.default_rng(0)
    fake = np.float32(centre + 1e-3 * draw.normal(size=[300, 2]))
    collapsed = precision_recall(real=real, fake=fake)
    assert collapsed.precision > 0.95
    assert collapsed.recall < 0.05
    assert collapsed.coverage < 0.05
    swapped = precision_recall(real=fake, fake=real)
    assert swapped.precision < 0.05
    assert swapped.recall > 0.95


def test_precision_recall_of_the_same_images():
    rows = np.float32(features(100, 1))
    ours = precision_recall(real=rows, fake=rows)
    assert (ours.precision, ours.recall, ours.coverage) == (1, 1, 1)


def test_precision_recall_takes_names_only():
    with pytest.raises(TypeError):
        precision_recall(features(9, 1), features(9, 2))


@pytest.mark.parametrize(
    "arguments",
    [
        (KernelInceptionDistance, {"subsets": 0}),
        (KernelInceptionDistance, {"subset_size": -1}),
        (KernelInceptionDistance, {"capacity": 1.5}),
        (PrecisionRecall, {"neighbours": 0}),
        (PrecisionRecall, {"capacity": True}),
    ],
)
def test_bad_arguments(arguments):
    metric_class, wrong = arguments
    with pytest.raises(ValueError, match=next(iter(wrong))):
        metric_class(MeanColours(), **wrong)
