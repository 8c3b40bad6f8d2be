import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.layers.spectral_head2d import SpectralHead2D
from specgan.signal.responses import KERNELS

VARIANTS = [
    {},
    {"activation": None},
    {"depth": 1},
    {"kernel_size": 3, "depth": 2, "interpolation": "bilinear"},
]
every_variant = pytest.mark.parametrize("options", VARIANTS)


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def kernels(head):
    layers = [head.up_convolution, *head.convolutions]
    return [layer.kernel.numpy().astype(np.float64) for layer in layers]


def composed(first, second):
    """The kernel that correlates as the two kernels one after the other."""
    # [height, width, in, middle], [height, width, middle, out]
    return np.array(
        [
            [
                sum(
                    scipy.signal.convolve2d(
                        first[:, :, i, m], second[:, :, m, o]
                    )
                    for m in range(first.shape[3])
                )
                for o in range(second.shape[3])
            ]
            for i in range(first.shape[2])
        ]
    ).transpose(2, 3, 0, 1)


def test_linear_head_is_one_convolution_13_wide():
    head = SpectralHead2D(channels=2, filters=3, activation=None)
    images = normal(1, 16, 17, 4)
    outputs = head(images).numpy()
    first, second, third = kernels(head)
    kernel = composed(composed(first, second), third)
    assert kernel.shape == (13, 13, 4, 2)
    upsampled = images.repeat(2, axis=1).repeat(2, axis=2)
    expected = tf.nn.conv2d(upsampled.astype(np.float64), kernel, 1, "VALID")
    np.testing.assert_allclose(outputs[:, 6:-6, 6:-6], expected, atol=1e-5)


def test_linear_head_answers_an_impulse_13_wide():
    # Zeros inserted: one pixel in, the whole filter out.
    head = SpectralHead2D(
        channels=1, filters=3, activation=None, interpolation="zero_insertion"
    )
    impulse = np.zeros((1, 17, 17, 1), np.float32)
    impulse[0, 8, 8] = 1
    answer = head(impulse).numpy()[0, :, :, 0]
    first, second, third = kernels(head)
    kernel = composed(composed(first, second), third)[:, :, 0, 0]
    expected = np.pad(kernel[::-1, ::-1], [(10, 11)] * 2)
    np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_activation_makes_the_head_nonlinear():
    images = normal(1, 8, 8, 3)
    for activation, linear in [(None, True), ("relu", False)]:
        head = SpectralHead2D(channels=1, filters=4, activation=activation)
        halves = head(images) + head(-images)
        assert np.allclose(halves, 0, atol=1e-5) == linear


def test_last_convolution_is_linear():
    head = SpectralHead2D(channels=1, filters=4, activation="relu")
    outputs = head(normal(4, 8, 8, 3))
    assert np.min(outputs) < 0 < np.max(outputs)


@pytest.mark.parametrize("kernel_initializer", ["glorot_uniform", "he_normal"])
def test_convolutions_of_equal_shape_draw_different_kernels(
    kernel_initializer,
):
    initializer = keras.initializers.get(kernel_initializer)
    head = SpectralHead2D(4, 4, depth=4, kernel_initializer=initializer)
    head.build((None, 8, 8, 4))
    drawn = kernels(head)
    for one, other in zip(drawn, drawn[1:], strict=False):
        assert not np.allclose(one, other)


@every_variant
def test_number_of_weights(options):
    head = SpectralHead2D(channels=3, filters=8, **options)
    head.build((None, 8, 8, 5))
    maps = [5] + [8] * (head.depth - 1) + [3]
    shapes = [weight.shape for weight in head.trainable_weights]
    size = head.kernel_size
    expected = []
    for inputs, outputs in zip(maps, maps[1:], strict=False):
        expected += [(size, size, inputs, outputs), (outputs,)]
    assert shapes == expected


@every_variant
def test_config_round_trip(options):
    head = SpectralHead2D(3, 8, kernel_initializer="he_normal", **options)
    config = keras.saving.serialize_keras_object(head)
    revived = keras.saving.deserialize_keras_object(config)
    assert revived.get_config() == head.get_config()


@every_variant
@pytest.mark.parametrize("size", [(4, 4), (5, 7), (None, None)])
def test_symbolic_model(options, size, tmp_path):
    inputs = keras.Input((*size, 5))
    head = SpectralHead2D(3, 8, **options)
    outputs = head(inputs)
    twice = tuple(2 * length if length else None for length in size)
    assert outputs.shape == (None, *twice, 3)
    assert head.compute_output_shape(inputs.shape) == outputs.shape
    model = keras.Model(inputs, outputs)
    images = normal(2, 5 if size[0] is None else size[0], size[1] or 7, 5)
    predicted = model.predict(images, verbose=0)
    assert predicted.shape == (2, *(2 * n for n in images.shape[1:3]), 3)
    model.save(tmp_path / "model.keras")
    revived = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(revived(images), predicted, atol=1e-6)


@every_variant
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(options, policy):
    images = normal(1, 6, 6, 5)
    head = SpectralHead2D(3, 8, dtype=policy, **options)
    outputs = head(images)
    assert outputs.dtype == head.compute_dtype
    assert {weight.dtype for weight in head.weights} == {"float32"}
    exact = SpectralHead2D(3, 8, **options)
    exact.build(images.shape)
    exact.set_weights(head.get_weights())
    np.testing.assert_allclose(
        tf.cast(outputs, "float32"), exact(images), atol=0.1
    )


@pytest.mark.parametrize("interpolation", KERNELS)
def test_compiles(interpolation):
    images = normal(1, 5, 6, 5)
    head = SpectralHead2D(3, 8, interpolation=interpolation)
    head.build(images.shape)
    compiled = tf.function(head, jit_compile=True)
    np.testing.assert_allclose(compiled(images), head(images), atol=1e-5)


@every_variant
def test_gradient_flows(options):
    images = tf.constant(normal(2, 6, 6, 5))
    head = SpectralHead2D(3, 8, **options)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_mean(tf.square(head(images) - 1))
    gradients = tape.gradient(loss, [images, *head.trainable_weights])
    for gradient in gradients:
        assert np.all(np.isfinite(gradient))
        assert np.any(gradient != 0)


@pytest.mark.parametrize(
    "argument", ["channels", "filters", "kernel_size", "depth"]
)
@pytest.mark.parametrize("value", [0, 1.5])
def test_invalid_number(argument, value):
    arguments = {"channels": 3, "filters": 8, argument: value}
    with pytest.raises(ValueError, match=f"argument `{argument}`.*positive"):
        SpectralHead2D(**arguments)


def test_unknown_interpolation():
    with pytest.raises(ValueError, match="Unknown interpolation"):
        SpectralHead2D(3, 8, interpolation="sinc")
