import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import MaxPool2DWithPositions
from specgan.layers import MaxUnpool2D
from specgan.layers import upsampling
from specgan.signal.responses import measured_power_response

SHAPE = (2, 6, 8, 3)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pooled_by_hand(images):
    """Maxima and positions, cell by cell."""
    batch, height, width, channels = images.shape
    shape = (batch, height // 2, width // 2, channels)
    maxima, positions = np.zeros(shape), np.zeros(shape, int)
    for b, i, j, c in np.ndindex(shape):
        cell = images[b, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c]
        maxima[b, i, j, c] = cell.max()
        positions[b, i, j, c] = cell.argmax()
    return maxima, positions


def unpooled_by_hand(maps, positions):
    maps = np.asarray(maps)
    batch, height, width, channels = maps.shape
    images = np.zeros((batch, 2 * height, 2 * width, channels))
    for b, i, j, c in np.ndindex(maps.shape):
        row, column = divmod(int(positions[b, i, j, c]), 2)
        images[b, 2 * i + row, 2 * j + column, c] = maps[b, i, j, c]
    return images


def auto_encoder(size):
    images = keras.Input((*size, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(images)
    x, positions = MaxPool2DWithPositions(name="pool")(x)
    x = keras.layers.Conv2D(4, 3, padding="same")(x)
    x = MaxUnpool2D(name="unpool")(x, positions)
    return keras.Model(images, keras.layers.Conv2D(3, 3, padding="same")(x))


def test_pooling_equals_numpy():
    images = normal(*SHAPE)
    maxima, positions = MaxPool2DWithPositions()(images)
    expected = pooled_by_hand(images)
    np.testing.assert_array_equal(maxima, expected[0])
    np.testing.assert_array_equal(positions, expected[1])
    assert positions.dtype == tf.int32


def test_pooling_equals_tensorflow():
    images = normal(*SHAPE)
    _, flat = tf.nn.max_pool_with_argmax(images, 2, 2, "SAME")
    rows, columns = np.divmod(flat.numpy() // SHAPE[3], SHAPE[2])
    maxima, positions = MaxPool2DWithPositions()(images)
    np.testing.assert_array_equal(positions, 2 * (rows % 2) + columns % 2)
    np.testing.assert_array_equal(maxima, keras.layers.MaxPool2D()(images))


def test_unpooling_equals_numpy():
    maps = normal(2, 3, 4, 5)
    positions = np.random.default_rng(0).integers(4, size=maps.shape)
    np.testing.assert_array_equal(
        MaxUnpool2D()(maps, positions), unpooled_by_hand(maps, positions)
    )


def test_pooling_undoes_unpooling():
    maps = np.abs(normal(2, 3, 4, 5)) + 0.1
    positions = np.random.default_rng(0).integers(4, size=maps.shape)
    again = MaxPool2DWithPositions()(MaxUnpool2D()(maps, positions))
    np.testing.assert_array_equal(again[0], maps)
    np.testing.assert_array_equal(again[1], positions)


def test_of_equal_values_the_first_counts_and_has_the_gradient():
    images = tf.ones((1, 4, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(images)
        maxima, positions = MaxPool2DWithPositions()(images)
    np.testing.assert_array_equal(positions, np.zeros((1, 2, 2, 1)))
    expected = np.zeros((1, 4, 4, 1))
    expected[:, ::2, ::2] = 1
    np.testing.assert_array_equal(tape.gradient(maxima, images), expected)


def test_gradient_of_pooling_is_unpooling_and_back():
    images, maps = tf.constant(normal(*SHAPE)), tf.constant(normal(2, 3, 4, 3))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([images, maps])
        maxima, positions = MaxPool2DWithPositions()(images)
        unpooled = MaxUnpool2D()(maps, positions)
    np.testing.assert_array_equal(
        tape.gradient(maxima, images, maps), unpooled_by_hand(maps, positions)
    )
    upstream = normal(*SHAPE)
    chosen = unpooled_by_hand(np.ones_like(maps), positions) > 0
    cells = np.where(chosen, upstream, 0).reshape(2, 3, 2, 4, 2, 3)
    np.testing.assert_array_equal(
        tape.gradient(unpooled, maps, tf.constant(upstream)),
        cells.sum(axis=(2, 4)),
    )


def test_response_to_noise_is_that_of_zero_insertion():
    # Maxima anywhere: the replica stays whole, at every frequency.
    size, num = 8, 400
    _, positions = MaxPool2DWithPositions()(
        normal(num, 2 * size, 2 * size, 1, seed=1)
    )
    power = measured_power_response(
        lambda maps: MaxUnpool2D()(maps, positions), size, num
    )
    assert power.mean() == pytest.approx(1, abs=0.01)  # None is lost.
    assert np.std(power) < 2 / np.sqrt(num)
    low = power[:4, :4].mean()
    replica = power[size - 4 : size + 4, :4].mean()
    assert replica / low == pytest.approx(1, abs=0.1)


def test_the_coherent_part_of_the_response_is_shaped_like_nearest():
    size, num = 8, 2000
    maps = normal(num, size, size, 1)
    positions = np.random.default_rng(1).integers(4, size=maps.shape)
    unpooled = MaxUnpool2D()(maps, positions).numpy()
    before = np.tile(np.fft.fft2(maps[..., 0]), (2, 2))
    after = np.fft.fft2(unpooled[..., 0])
    response = np.mean(after * before.conj(), axis=0) / np.mean(
        np.abs(before) ** 2, axis=0
    )
    shape = np.abs(np.cos(np.pi * np.fft.fftfreq(2 * size)))
    np.testing.assert_allclose(
        np.abs(response), np.outer(shape, shape), atol=4 / np.sqrt(num)
    )


@pytest.mark.parametrize("size", [(6, 8), (None, None)])
def test_functional_model(size, tmp_path):
    model = auto_encoder(size)
    images = normal(*SHAPE)
    reconstructed = model.predict(images, verbose=0)
    assert reconstructed.shape == SHAPE
    model.save(tmp_path / "model.keras")
    revived = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(revived(images), reconstructed, atol=1e-6)


def test_auto_encoder_learns():
    model = auto_encoder((8, 8))
    model.compile("adam", "mse")
    images = normal(8, 8, 8, 3)
    losses = model.fit(images, images, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(images) ** 2)
    for gradient in tape.gradient(loss, model.trainable_variables):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


@pytest.mark.parametrize("layer_class", [MaxPool2DWithPositions, MaxUnpool2D])
def test_config_round_trip(layer_class):
    layer = layer_class(name="layer")
    config = keras.saving.serialize_keras_object(layer)
    revived = keras.saving.deserialize_keras_object(config)
    assert type(revived) is layer_class
    assert revived.get_config() == layer.get_config()


def test_output_shapes():
    pool, unpool = MaxPool2DWithPositions(), MaxUnpool2D()
    half = (None, 3, None, 5)
    assert pool.compute_output_shape((None, 6, None, 5)) == (half, half)
    assert unpool.compute_output_shape(half, half) == (None, 6, None, 5)
    maxima, positions = pool(keras.Input((6, None, 5)))
    assert maxima.shape == positions.shape == half
    assert (maxima.dtype, positions.dtype) == ("float32", "int32")


@pytest.mark.parametrize(
    "dtype", ["mixed_float16", "mixed_bfloat16", "float64"]
)
def test_types(dtype):
    images = normal(*SHAPE)
    maxima, positions = MaxPool2DWithPositions(dtype=dtype)(images)
    unpooled = MaxUnpool2D(dtype=dtype)(maxima, positions)
    compute_dtype = keras.DTypePolicy(dtype).compute_dtype
    assert maxima.dtype == unpooled.dtype == compute_dtype
    rounded = tf.cast(tf.cast(images, compute_dtype), "float64").numpy()
    expected = unpooled_by_hand(*pooled_by_hand(rounded))
    np.testing.assert_array_equal(tf.cast(unpooled, "float64"), expected)


def test_compiles():
    images = normal(*SHAPE)

    def round_trip(images):
        return MaxUnpool2D()(*MaxPool2DWithPositions()(images))

    compiled = tf.function(round_trip, jit_compile=True)
    np.testing.assert_array_equal(compiled(images), round_trip(images))


@pytest.mark.parametrize("shape", [(1, 5, 4, 1), (1, 4, 5, 1)])
def test_odd_sizes_cannot_be_unpooled(shape):
    layer = MaxPool2DWithPositions()
    with pytest.raises(ValueError, match="even height and width"):
        layer(np.zeros(shape, "float32"))
    with pytest.raises(ValueError, match="even height and width"):
        layer.compute_output_shape(shape)


@pytest.mark.parametrize("shape", [(1, 4, 4, 2), (1, 2, 4, 1), (1, 4, 4)])
def test_maps_must_fit_the_positions(shape):
    with pytest.raises(ValueError, match="do not fit the positions"):
        MaxUnpool2D()(np.zeros(shape, "float32"), np.zeros((1, 4, 4, 1), int))


def test_is_no_unit_by_name():
    with pytest.raises(ValueError, match="Unknown up-sampling unit"):
        upsampling.get("max_unpooling")
