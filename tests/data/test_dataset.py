import numpy as np
import pytest
import tensorflow as tf

from specgan import data


@pytest.fixture
def numbered():
    """`uint8` [10, 2, 2, 3], each image filled with its own number."""
    return np.full((2, 2, 3, 10), np.arange(10), np.uint8).transpose(3, 0, 1, 2)


def order(dataset):
    values = np.concatenate([batch[:, 0, 0, 0] for batch in dataset])
    return np.rint((values + 1) * 127.5).astype(int).tolist()


def test_batches_have_a_static_shape_and_a_known_number(numbered):
    dataset = data.from_array(numbered, batch_size=4)
    assert dataset.element_spec == tf.TensorSpec((4, 2, 2, 3), tf.float32)
    assert dataset.cardinality() == 2
    assert [batch.shape for batch in dataset] == [(4, 2, 2, 3)] * 2


def test_nothing_is_tuned_at_run_time(numbered):
    # An epoch that ends would wait for it.
    options = data.from_array(numbered, batch_size=4).options()
    assert options.autotune.enabled is False


def test_values_run_from_minus_1_to_1():
    array = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    (batch,) = data.from_array(array, batch_size=1)
    expected = np.linspace(-1, 1, 256).reshape(1, 16, 16, 1)
    np.testing.assert_allclose(batch, expected, atol=1e-6)


def test_every_epoch_has_an_order_of_its_own(numbered):
    dataset = data.from_array(numbered, batch_size=5)
    first, second = order(dataset), order(dataset)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_the_orders_are_a_function_of_the_seed_alone(numbered):
    def orders(seed, global_seed):
        tf.random.set_seed(global_seed)
        dataset = data.from_array(numbered, batch_size=5, seed=seed)
        return [order(dataset) for _ in range(3)]

    assert orders(seed=0, global_seed=1) == orders(seed=0, global_seed=2)
    assert orders(seed=0, global_seed=1) != orders(seed=1, global_seed=1)


def test_repeat_goes_on_to_the_next_epoch(numbered):
    repeated = order(data.from_array(numbered, batch_size=5).repeat(2))
    dataset = data.from_array(numbered, batch_size=5)
    assert repeated == order(dataset) + order(dataset)


def test_the_images_left_out_change(numbered):
    dataset = data.from_array(numbered, batch_size=4)
    left_out = [set(range(10)) - set(order(dataset)) for _ in range(5)]
    assert all(len(images) == 2 for images in left_out)
    assert len(set(map(frozenset, left_out))) > 1


def test_labels_stay_with_their_images(numbered):
    labels = np.arange(10) % 3
    dataset = data.from_array(numbered, labels, batch_size=4, seed=1)
    images, of = dataset.element_spec
    assert of == tf.TensorSpec((4,), tf.int32)
    seen = []
    for images, of in dataset:
        numbers = np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int)
        np.testing.assert_array_equal(of, labels[numbers])
        seen += numbers.tolist()
    assert seen == order(data.from_array(numbered, batch_size=4, seed=1))


@pytest.mark.parametrize(
    "labels",
    [np.zeros(9, int), np.zeros(10), np.full(10, -1), np.eye(10, dtype=int)],
)
def test_labels_of_another_kind(numbered, labels):
    with pytest.raises(ValueError, match="one label.*Received"):
        data.from_array(numbered, labels, batch_size=4)


def test_without_shuffle(numbered):
    dataset = data.from_array(numbered, batch_size=4, shuffle=False)
    assert order(dataset) == order(dataset) == list(range(8))


@pytest.fixture
def noise():
    """`uint8` [64, 4, 4, 1], none of which is its own mirror image."""
    return np.random.default_rng(0).integers(0, 256, [64, 4, 4, 1], np.uint8)


def epochs_of(array, count, **arguments):
    """`uint8` images of the first epochs, a list."""
    dataset = data.from_array(array, batch_size=16, **arguments)
    return [
        np.rint((np.concatenate(list(dataset)) + 1) * 127.5).astype(np.uint8)
        for _ in range(count)
    ]


@pytest.mark.parametrize("shuffle", [True, False])
def test_half_of_the_images_are_mirrored(noise, shuffle):
    plain = epochs_of(noise, 3, shuffle=shuffle)
    mirrored = []
    for flipped, images in zip(
        epochs_of(noise, 3, shuffle=shuffle, flip=True), plain, strict=True
    ):
        as_is = np.all(flipped == images, axis=(1, 2, 3))
        np.testing.assert_array_equal(
            flipped, np.where(as_is[:, None, None, None], images,
                              np.flip(images, axis=2)),
        )  # fmt: skip
        mirrored.append(~as_is)
    # 192 fair coins: 6 standard deviations are 0.22.
    assert abs(np.mean(mirrored) - 0.5) < 0.22
    assert np.any(mirrored[0] != mirrored[1])


def test_flips_are_a_function_of_seed_and_epoch(noise):
    first, second, third = epochs_of(noise, 3, flip=True, seed=4)
    resumed = epochs_of(noise, 2, flip=True, seed=4, first_epoch=1)
    np.testing.assert_array_equal(resumed, [second, third])
    (other,) = epochs_of(noise, 1, flip=True, seed=5, shuffle=False)
    (same,) = epochs_of(noise, 1, flip=True, seed=4, shuffle=False)
    assert np.any(other != same)


def test_flips_leave_the_array_as_it_is(noise):
    before = noise.copy()
    epochs_of(noise, 1, flip=True)
    np.testing.assert_array_equal(noise, before)


def test_a_memory_mapped_array(tmp_path, numbered):
    np.save(tmp_path / "array.npy", numbered)
    mapped = np.load(tmp_path / "array.npy", mmap_mode="r")
    assert order(data.from_array(mapped, batch_size=5)) == order(
        data.from_array(numbered, batch_size=5)
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"batch_size": 11}, "at most 10.*batch_size=11"),
        ({"batch_size": 0}, "`batch_size`.*positive integer.*batch_size=0"),
        ({"batch_size": 2.0}, "batch_size=2.0"),
        ({"seed": -1}, "`seed`.*an integer from 0.*seed=-1"),
        ({"seed": 0.5}, "seed=0.5"),
        ({"flip": "yes"}, "`flip`.*True or False.*flip='yes'"),
        ({"flip": 1}, "flip=1"),
    ],
)
def test_invalid_arguments(numbered, arguments, message):
    with pytest.raises(ValueError, match=message):
        data.from_array(numbered, **arguments)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((8, 4, 4), np.uint8),
        np.zeros((8, 4, 4, 2), np.uint8),
        np.zeros((8, 4, 4, 3), np.float32),
        [[1, 2]],
    ],
)
def test_an_array_of_other_shape_or_type(array):
    with pytest.raises(ValueError, match="Expected uint8 images.*Received"):
        data.from_array(array, batch_size=2)
