import keras
import numpy as np
import pytest

from specgan import layers
from specgan.metrics import ShiftConsistency
from tests.contracts import revived
from tests.contracts import uniform


def test_counts_equal_decisions():
    metric = ShiftConsistency()
    first = [[0.1, 0.9], [0.8, 0.2], [3.0, 1.0]]
    second = [[0.4, 0.6], [0.1, 0.9], [9.0, 8.0]]
    metric.update_state(first, second)
    assert metric.result() == pytest.approx(2 / 3)
    metric.update_state(first[:1], second[:1])
    assert metric.result() == pytest.approx(3 / 4)
    metric.reset_state()
    metric.update_state(first[1:2], second[1:2])
    assert metric.result() == 0


def test_crops_are_parts_of_their_images():
    images = np.arange(2 * 8 * 9, dtype=np.float32).reshape(2, 8, 9, 1)
    seen = []

    def classifier(crops):
        seen.append(np.asarray(crops))
        return np.zeros([2, 3])

    metric = ShiftConsistency(max_shift=3)
    for _ in range(100):
        metric.measure(classifier, images)
    corners = set()
    for crops in seen:
        assert crops.shape == (2, 5, 6, 1)
        for number, crop in enumerate(crops[..., 0]):
            row, column = divmod(int(crop[0, 0]) - 72 * number, 9)
            part = images[number, row : row + 5, column : column + 6, 0]
            np.testing.assert_array_equal(crop, part)
            corners.add((row, column))
    assert corners == set(np.ndindex(4, 4))


def test_batches_do_not_matter_and_the_seed_does():
    images = uniform(12, 8, 8, 1)

    def corners(batches, seed):
        seen = []
        metric = ShiftConsistency(max_shift=3, seed=seed)
        for batch in batches:
            metric.measure(
                lambda crops: (
                    seen.extend(np.asarray(crops)[:, :1, :1, :1])
                    or np.zeros([len(crops), 2])
                ),
                batch,
            )
        return {float(value[0, 0, 0]) for value in seen}

    whole = corners([images], 0)
    assert corners([images[:5], images[5:]], 0) == whole
    assert corners([images], 1) != whole


def test_blurred_pooling_is_steadier():
    """Zhang's finding, on random networks of three poolings."""

    def consistency(pooling):
        keras.utils.set_random_seed(1)
        network = keras.Sequential([keras.Input((24, 24, 1))])
        for _ in range(3):
            network.add(
                keras.layers.Conv2D(8, 3, padding="same", activation="relu")
            )
            network.add(pooling())
        network.add(keras.layers.GlobalAveragePooling2D())
        network.add(keras.layers.BatchNormalization(momentum=0))
        network.add(keras.layers.Dense(8, use_bias=False))
        images = uniform(128, 32, 32, 1)
        # Centred features, so that every class is decided for.
        network(images[:, :24, :24], training=True)
        metric = ShiftConsistency(max_shift=8)
        metric.measure(network, images)
        return metric.result()

    # Noise, the hardest of all images.
    plain = consistency(keras.layers.MaxPool2D)
    assert consistency(layers.MaxBlurPool2D) > plain


def test_config_round_trip():
    metric = ShiftConsistency(max_shift=3, seed=1, name="mine")
    config = {"name": "mine", "max_shift": 3, "seed": 1}
    assert revived(metric).get_config() == config


def test_errors():
    with pytest.raises(ValueError, match="max_shift=0"):
        ShiftConsistency(max_shift=0)
    metric = ShiftConsistency(max_shift=4)
    with pytest.raises(ValueError, match="more than 4 pixels"):
        metric.measure(lambda images: images, uniform(1, 8, 4, 1))
    with pytest.raises(ValueError, match="two tensors of scores"):
        metric.update_state(uniform(2, 3), uniform(2, 4))
    with pytest.raises(ValueError, match="Expected at least one"):
        metric.result()


def test_more_errors():
    with pytest.raises(ValueError, match="seed=-1"):
        ShiftConsistency(seed=-1)
    metric = ShiftConsistency(max_shift=4)
    with pytest.raises(ValueError, match="at least one image"):
        metric.measure(lambda images: images, uniform(0, 8, 8, 1))
    with pytest.raises(ValueError, match="The images hold NaN"):
        metric.measure(lambda images: images, uniform(1, 8, 8, 1) * np.nan)
    with pytest.raises(ValueError, match="Expected finite scores"):
        metric.update_state([[0.0, 1.0]], [[np.nan, 1.0]])
    with pytest.raises(ValueError, match="not empty"):
        metric.update_state(np.zeros([0, 3]), np.zeros([0, 3]))
