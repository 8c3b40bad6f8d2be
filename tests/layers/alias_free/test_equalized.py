import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from specgan.layers.alias_free import EqualizedConv2D
from specgan.layers.alias_free import EqualizedDense
from specgan.layers.alias_free import MinibatchStandardDeviation
from tests.contracts import run_layer_test
from tests.contracts import two_replicas
from tests.contracts import uniform

ROOT = 2**0.5


def leaky(values):
    return ROOT * np.where(values > 0, values, 0.2 * values)


@pytest.mark.parametrize(
    "layer_class, arguments, input_shape, output_shape, num_weights",
    [
        (EqualizedDense, {"units": 5}, (3, 4), (3, 5), 2),
        (
            EqualizedDense,
            {
                "units": 4,
                "activation": "leaky_relu",
                "learning_rate_multiplier": 0.01,
                "bias_initial": [1.0, 0.0, 0.0, 0.5],
            },
            (3, 4),
            (3, 4),
            2,
        ),
        (
            EqualizedConv2D,
            {"filters": 5, "kernel_size": 3, "activation": "leaky_relu"},
            (2, 6, 8, 3),
            (2, 6, 8, 5),
            2,
        ),
        (
            EqualizedConv2D,
            {
                "filters": 5,
                "kernel_size": 1,
                "use_bias": False,
                "downsampling": True,
                "gain": 0.5,
            },
            (2, 6, 8, 3),
            (2, 3, 4, 5),
            1,
        ),
        (
            EqualizedConv2D,
            {"filters": 2, "kernel_size": 3, "downsampling": True},
            (2, 6, 8, 3),
            (2, 3, 4, 2),
            2,
        ),
        (
            MinibatchStandardDeviation,
            {"group_size": 2, "num_channels": 2},
            (4, 3, 5, 6),
            (4, 3, 5, 8),
            0,
        ),
    ],
)
def test_contract(
    layer_class, arguments, input_shape, output_shape, num_weights
):
    run_layer_test(
        layer_class, arguments, input_shape, output_shape, num_weights
    )


def test_dense_is_scaled_when_it_is_used():
    layer = EqualizedDense(3, "leaky_relu", 0.01, bias_initial=[1.0, 2.0, 3.0])
    inputs = uniform(5, 16)
    outputs = layer(inputs)
    np.testing.assert_allclose(layer.bias, [100, 200, 300], rtol=1e-6)
    expected = inputs @ layer.kernel.numpy() * 0.01 / 4 + [1, 2, 3]
    np.testing.assert_allclose(outputs, leaky(expected), rtol=1e-5)


def test_first_weights_have_their_deviation():
    layer = EqualizedDense(200, learning_rate_multiplier=0.1)
    layer.build((None, 200))
    np.testing.assert_allclose(np.std(layer.kernel), 10, rtol=0.02)
    layer = EqualizedConv2D(100, 3)
    layer.build((None, 8, 8, 100))
    np.testing.assert_allclose(np.std(layer.kernel), 1, rtol=0.02)
    layer = EqualizedDense(4, weight_initial=0.0)
    assert not np.any(layer(uniform(2, 3)))


def test_power_is_kept():
    normal = np.random.default_rng(0).normal(size=[2, 64, 64, 32])
    outputs = EqualizedConv2D(32, 3, "leaky_relu")(normal.astype("float32"))
    inside = outputs[:, 1:-1, 1:-1].numpy()
    np.testing.assert_allclose(np.mean(inside**2), 1.04, rtol=0.05)


def convolved(maps, kernel):
    """Same-size cross-correlation with zeros beyond the border, float64."""
    return np.stack(
        [
            sum(
                scipy.ndimage.correlate(
                    maps[..., i], kernel[None, :, :, i, o], mode="constant"
                )
                for i in range(kernel.shape[2])
            )
            for o in range(kernel.shape[3])
        ],
        axis=-1,
    )


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("downsampling", [False, True])
def test_convolution_equals_plain_one(kernel_size, downsampling):
    layer = EqualizedConv2D(
        4, kernel_size, "leaky_relu", downsampling=downsampling, gain=0.5
    )
    maps = uniform(2, 8, 6, 3)
    outputs = layer(maps)
    layer.bias.assign([0.1, -0.2, 0.3, 0.0])
    outputs = layer(maps)
    maps = maps.astype("float64")
    kernel = layer.kernel.numpy() / np.sqrt(kernel_size**2 * 3)
    if not downsampling:
        expected = convolved(maps, kernel)
    else:
        # Both filters as one, around the middle of four pixels; then halved.
        blur = np.array([1, 3, 3, 1]) / 8
        wide = np.zeros([kernel_size + 3, kernel_size + 3, 3, 4])
        for y, x in np.ndindex(4, 4):
            wide[y : y + kernel_size, x : x + kernel_size] += (
                blur[y] * blur[x] * kernel
            )
        border = kernel_size // 2 + 1
        padded = np.pad(
            maps, [(0, 0), (border, border), (border, border), (0, 0)]
        )
        windows = np.lib.stride_tricks.sliding_window_view(
            padded, wide.shape[:2], axis=(1, 2)
        )[:, ::2, ::2]
        expected = np.einsum("bhwiyx,yxio->bhwo", windows, wide)
    expected = 0.5 * leaky(expected + layer.bias.numpy())
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_clamp_is_before_the_gain():
    layer = EqualizedConv2D(2, 1, gain=0.5, clamp=3.0)
    outputs = layer(1e4 * uniform(1, 4, 4, 2))
    np.testing.assert_allclose(np.max(np.abs(outputs)), 1.5)


def test_constant_maps_stay_constant_when_they_are_halved():
    layer = EqualizedConv2D(1, 1, use_bias=False, downsampling=True)
    layer.build((None, 8, 8, 1))
    layer.kernel.assign(tf.ones([1, 1, 1, 1]))
    inside = layer(tf.ones([1, 8, 8, 1]))[:, 1:-1, 1:-1]
    np.testing.assert_allclose(inside, 1, rtol=1e-6)


def test_penalties_can_be_differentiated():
    layer = EqualizedConv2D(2, 3, "leaky_relu", downsampling=True)
    maps = tf.constant(uniform(1, 8, 8, 1))
    layer(maps)

    def squares():
        with tf.GradientTape() as tape:
            tape.watch(maps)
            logits = tf.reduce_sum(tf.square(layer(maps)))
        return tf.reduce_sum(tf.square(tape.gradient(logits, maps)))

    with tf.GradientTape() as tape:
        value = squares()
    exact = tape.gradient(value, layer.kernel.value).numpy()
    direction = uniform(*exact.shape, seed=1)
    start, step = layer.kernel.numpy(), 1e-2
    layer.kernel.assign(start + step * direction)
    above = squares()
    layer.kernel.assign(start - step * direction)
    numeric = (above - squares()) / (2 * step)
    np.testing.assert_allclose(np.sum(exact * direction), numeric, rtol=1e-2)


@pytest.mark.parametrize("batch, group", [(8, 4), (2, 4), (6, 3), (4, 1)])
def test_minibatch_standard_deviation(batch, group):
    maps = uniform(batch, 3, 3, 4)
    outputs = MinibatchStandardDeviation(group, num_channels=2)(maps)
    np.testing.assert_array_equal(outputs[..., :4], maps)
    group = min(batch, group)
    for image in range(batch):
        first = image // group * group
        members = maps[first : first + group]
        deviation = np.sqrt(np.var(members, axis=0) + 1e-8)
        for i in range(2):
            expected = np.mean(deviation[..., 2 * i : 2 * i + 2])
            np.testing.assert_allclose(
                outputs[image, ..., 4 + i], expected, rtol=1e-5
            )


def test_equal_images_have_finite_gradients():
    maps = tf.ones([4, 2, 2, 2])
    with tf.GradientTape() as tape:
        tape.watch(maps)
        value = tf.reduce_sum(MinibatchStandardDeviation()(maps))
    assert np.all(np.isfinite(tape.gradient(value, maps)))


def test_replicas_make_the_groups_of_one_device():
    layer = MinibatchStandardDeviation(4)
    maps = uniform(16, 2, 2, 3)
    strategy = two_replicas()
    parts = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            np.split(maps, 2)[context.replica_id_in_sync_group]
        )
    )
    outputs = strategy.run(layer, args=(parts,)).values
    np.testing.assert_allclose(
        np.concatenate(outputs), layer(maps), rtol=1e-5, atol=1e-6
    )


def test_groups_that_do_not_divide_the_batch():
    layer = MinibatchStandardDeviation(4)
    message = "multiple of 4 images. Received: a batch of 6"
    with pytest.raises(ValueError, match=message):
        layer(uniform(6, 2, 2, 1))
    unknown = tf.function(
        layer, input_signature=[tf.TensorSpec([None, 2, 2, 1])]
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiple of 4"):
        unknown(uniform(6, 2, 2, 1))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: EqualizedDense(0), "positive integer. Received: units=0"),
        (lambda: EqualizedDense(1, "leaky_rel"), "Did you mean 'leaky_relu'"),
        (lambda: EqualizedDense(1, None, 0), "is positive. Received: .*=0"),
        (lambda: EqualizedDense(2, bias_initial=[1.0]), "Expected 2 of them"),
        (lambda: EqualizedDense(2, weight_initial=-1), "weight_initial=-1"),
        (lambda: EqualizedConv2D(1, 2), "odd size. Received: kernel_size=2"),
        (
            lambda: EqualizedConv2D(1, 3, downsampling=True)(
                uniform(1, 5, 4, 1)
            ),
            "even height and width. Received: 5 and 4",
        ),
        (
            lambda: MinibatchStandardDeviation(2, 2)(uniform(2, 2, 2, 3)),
            "divide 3. Received: num_channels=2",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_learning_rate_multiplier_slows_the_effect():
    """One step of Adam moves the effective weights by its multiple."""
    moves = []
    for multiplier in (1.0, 0.01):
        keras.utils.set_random_seed(0)
        layer = EqualizedDense(8, learning_rate_multiplier=multiplier)
        inputs = uniform(4, 16)
        before = layer(inputs)
        optimizer = keras.optimizers.Adam(1e-3)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs) ** 2)
        variables = layer.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        moves.append(np.linalg.norm(layer(inputs) - before))
    np.testing.assert_allclose(moves[1] / moves[0], 0.01, rtol=0.05)


def test_first_biases_of_an_array_are_saved(tmp_path):
    biases = np.array([1.0, 2.0])
    model = keras.Sequential(
        [keras.Input([3]), EqualizedDense(2, bias_initial=biases)]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config()["bias_initial"] == [1.0, 2.0]
