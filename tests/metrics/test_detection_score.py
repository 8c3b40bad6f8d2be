"""A spectral classifier on held-out images, and its control."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from specgan.metrics import DetectionScore
from specgan.signal import from_uint8
from specgan.signal import to_uint8
from tests.contracts import two_replicas


def pictures(count, seed, deviation=0.2, size=16, channels=1):
    """White noise, whose power differs between images as between scenes."""
    draw = np.random.default_rng(seed)
    contrast = np.exp(draw.normal(0, 0.1, [count, 1, 1, 1])) * deviation
    noise = draw.normal(0, 1, [count, size, size, channels])
    return to_uint8(contrast * noise).numpy()


def measured(real, fake, **settings):
    metric = DetectionScore(**settings)
    metric.update_state(real=real, fake=fake)
    return metric


def numpy_features(images):
    """dB of rings 1, ..., M // 2 and the corner, with a Hann window."""
    size = images.shape[1]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    window = np.outer(hann, hann)
    window /= np.sqrt(np.mean(window**2))
    grey = images[..., 0] / 127.5 - 1
    grey = (grey - grey.mean((1, 2), keepdims=True)) * window
    power = np.abs(np.fft.fft2(grey)) ** 2 / size**2
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency) * size
    ring = np.minimum(np.floor(radius + 0.5), size // 2 + 1)
    means = [power[:, ring == k].mean(1) for k in range(1, size // 2 + 2)]
    return 10 * np.log10(np.transpose(means) + (2 / 255) ** 2 / 12)


def test_equals_numpy_and_scikit_learn():
    real, fake = pictures(100, 1), pictures(40, 2, 0.21)
    values = measured(real, fake, splits=3, seed=7).result()
    real, fake = numpy_features(real), numpy_features(fake)
    draw = np.random.default_rng(7)
    accuracies = []
    for _ in range(3):
        drawn = draw.permutation(real)
        generated = draw.permutation(fake)
        first, second = drawn[:40], drawn[40:80]
        for other in (generated, second):
            train = np.concatenate([first[:32], other[:32]])
            test = np.concatenate([first[32:], other[32:]])
            scaler = StandardScaler().fit(train)
            machine = SVC().fit(scaler.transform(train), [0] * 32 + [1] * 32)
            told = machine.predict(scaler.transform(test))
            accuracies.append(np.mean(told == [0] * 8 + [1] * 8))
    scores, controls = accuracies[::2], accuracies[1::2]
    assert values == pytest.approx(
        {
            "detection_score": np.mean(scores),
            # Nadeau and Bengio: 1/J + n_test / n_train.
            "detection_score_std": np.std(scores, ddof=1)
            * np.sqrt(1 / 3 + 8 / 32),
            "detection_control": np.mean(controls),
            "detection_control_std": np.std(controls, ddof=1)
            * np.sqrt(1 / 3 + 8 / 32),
        }
    )


def test_images_of_one_kind_are_guessed():
    values = measured(pictures(400, 1), pictures(200, 2)).result()
    for name in ("detection_score", "detection_control"):
        assert abs(values[name] - 0.5) < 3 * values[f"{name}_std"], name
        assert 0.005 < values[f"{name}_std"] < 0.05


def test_another_power_is_detected_and_the_control_is_not():
    values = measured(pictures(400, 1), pictures(200, 2, 0.4)).result()
    assert values["detection_score"] > 0.99
    assert abs(values["detection_control"] - 0.5) < 0.1


def test_a_spread_too_small_is_detected():
    real = pictures(800, 1)
    draw = np.random.default_rng(2)
    fake = to_uint8(0.2 * draw.normal(size=[400, 16, 16, 1]))
    values = measured(real, fake).result()
    assert values["detection_score"] > 0.55


@pytest.mark.parametrize("window", [None, "hann"])
def test_brightness_is_not_detected(window):
    real = pictures(400, 1, 0.1)
    fake = pictures(200, 2, 0.1) + np.uint8(60)
    values = measured(real, fake, window=window).result()
    assert abs(values["detection_score"] - 0.5) < 0.1


# === Streaming ===


def test_batches_do_not_matter():
    real, fake = pictures(40, 1), pictures(30, 2)
    whole = measured(real, fake, splits=3).result()
    parts = DetectionScore(splits=3)
    for start in range(0, 30, 20):
        parts.update_state(fake=fake[start : start + 20])
    for start in range(0, 40, 30):
        parts.update_state(real=real[start : start + 30])
    assert parts.result() == whole


def test_it_keeps_the_first_images():
    real, fake = pictures(100, 1), pictures(40, 2)
    metric = measured(real, fake, capacity=20, splits=2)
    first = measured(real[:40], fake[:20], capacity=20, splits=2)
    assert metric.result() == first.result()
    sizes = [variable.numpy().size for variable in metric.variables]
    metric.update_state(real=real, fake=fake)
    assert sizes == [v.numpy().size for v in metric.variables]
    assert sum(sizes) == (40 + 20) * 9 + 2


def test_the_same_seed_gives_the_same():
    real, fake = pictures(40, 1), pictures(30, 2)
    metric = measured(real, fake, splits=3)
    values = metric.result()
    assert values == metric.result()
    assert values == measured(real, fake, splits=3).result()
    assert values != measured(real, fake, splits=3, seed=1).result()


def test_colours_and_floats():
    real, fake = pictures(30, 1, channels=3), pictures(30, 2, channels=3)
    values = measured(real, fake, splits=2).result()
    nearly = measured(
        from_uint8(real) + 0.4 * 2 / 255, from_uint8(fake), splits=2
    )
    assert nearly.result() == values


def test_reset():
    real, fake = pictures(40, 1), pictures(20, 2)
    metric = measured(real, fake, splits=2)
    first = metric.result()
    metric.reset_fake()
    with pytest.raises(ValueError, match="40 real, 0 fake"):
        metric.result()
    metric.update_state(fake=fake)
    assert metric.result() == first
    metric.reset_state()
    with pytest.raises(ValueError, match="0 real, 0 fake"):
        metric.result()


def test_replicas_equal_one_device():
    real, fake = pictures(40, 1), pictures(40, 2)
    alone = measured(real, fake, splits=2)
    strategy = two_replicas()
    with strategy.scope():
        metric = DetectionScore(splits=2)
        metric.build(16, 16)

    def parts(of):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                of[context.replica_id_in_sync_group * 20 :][:20]
            )
        )

    @tf.function
    def update(real, fake):
        strategy.run(metric.update_state, args=(real, fake))

    update(parts(real), parts(fake))
    assert metric.result() == alone.result()


# === Errors ===


def test_too_few_images():
    metric = DetectionScore()
    with pytest.raises(ValueError, match="20 real and 10 gen.*0 real, 0 fake"):
        metric.result()
    metric.update_state(real=pictures(19, 1), fake=pictures(10, 2))
    with pytest.raises(ValueError, match="Received: 19 real, 10 fake"):
        metric.result()
    metric.update_state(real=pictures(1, 3))
    metric.result()


def test_one_size_only():
    metric = DetectionScore()
    metric.update_state(real=pictures(5, 1))
    with pytest.raises(ValueError, match="Expected 16x16.*Received: 20x20"):
        metric.update_state(fake=pictures(5, 1, size=20))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"capacity": 9}, "capacity=9"),
        ({"capacity": 0}, "capacity=0"),
        ({"splits": 1}, "splits=1"),
        ({"splits": 2.5}, "splits=2.5"),
        ({"window": "hamming"}, "window='hamming'"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        DetectionScore(**settings)
