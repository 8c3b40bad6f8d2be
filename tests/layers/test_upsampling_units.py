import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.layers import upsampling
from specgan.layers.pixel_shuffle2d import PixelShuffle2D
from specgan.layers.transposed_conv2d import TransposedConv2D
from specgan.layers.up_conv2d import UpConv2D
from specgan.layers.upsampling_unit import UpsamplingUnit
from specgan.signal.interpolation import interpolate
from specgan.signal.responses import KERNELS
from specgan.signal.responses import frequency_response
from specgan.signal.responses import interleaved_kernel
from specgan.signal.responses import measured_response

every_unit = pytest.mark.parametrize("name", upsampling.UPSAMPLING_UNITS)
every_kernel_size = pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def built(name, input_shape, *arguments, **options):
    unit = upsampling.get(name)(
        *arguments, kernel_initializer="random_normal", **options
    )
    unit.build(input_shape)
    if unit.use_bias:
        unit.bias.assign(normal(unit.filters))
    return unit


def transposed(image, kernel):
    """Zeros inserted, then convolved with the kernel: stride 2, "same"."""
    inserted = np.zeros([2 * length for length in image.shape])
    inserted[::2, ::2] = image
    start = max(len(kernel) - 2, 0) // 2
    full = np.pad(scipy.signal.convolve2d(inserted, kernel), [(0, 1)] * 2)
    return full[start:, start:][: len(inserted), : inserted.shape[1]]


def correlated(image, kernel):
    """Correlated with the kernel, zeros beyond the border: "same"."""
    before, after = (len(kernel) - 1) // 2, len(kernel) // 2
    padded = np.pad(image, [(before, after)] * 2)
    return scipy.signal.correlate2d(padded, kernel, mode="valid")


def shuffled(image, phases):
    """Correlated with each phase's kernel; the phases as 2 x 2 cells."""
    output = np.zeros([2 * length for length in image.shape])
    for row, column in np.ndindex(2, 2):
        output[row::2, column::2] = correlated(image, phases[row, column])
    return output


def expected_output(unit, inputs):
    """What the unit's docstring says, for each pair of channels, in NumPy."""
    kernel = unit.kernel.numpy().astype(np.float64)
    if isinstance(unit, TransposedConv2D):
        filtered = transposed
    elif isinstance(unit, PixelShuffle2D):
        filtered = shuffled
        kernel = kernel.reshape(*kernel.shape[:3], 2, 2, unit.filters)
        kernel = np.moveaxis(kernel, (3, 4), (0, 1))
        # [2, 2, size, size, channels, filters]
    else:
        inputs = interpolate(inputs.astype("float64"), unit.interpolation)
        inputs = inputs.numpy()
        filtered = correlated
    outputs = [
        [
            sum(
                filtered(image[:, :, i], kernel[..., i, o])
                for i in range(image.shape[-1])
            )
            for o in range(unit.filters)
        ]
        for image in inputs
    ]
    return np.moveaxis(outputs, 1, -1) + unit.bias.numpy()


@every_unit
@every_kernel_size
@pytest.mark.parametrize("shape", [(2, 6, 5, 2), (1, 1, 3, 1)])
def test_equals_numpy(name, kernel_size, shape):
    unit = built(name, shape, 3, kernel_size)
    inputs = normal(*shape)
    np.testing.assert_allclose(
        unit(inputs), expected_output(unit, inputs), atol=1e-5
    )


@every_kernel_size
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_up_conv_equals_keras_layers(interpolation, kernel_size):
    inputs = normal(1, 12, 13, 4)
    unit = built(interpolation, inputs.shape, 3, kernel_size)
    convolution = keras.layers.Conv2D(3, kernel_size, padding="same")
    resize = keras.layers.UpSampling2D(2, interpolation=interpolation)
    convolution.build((None, None, None, 4))
    convolution.set_weights(unit.get_weights())
    # Only bicubic differs, within 3 pixels of the border.
    border = 3 + kernel_size // 2 if interpolation == "bicubic" else 0
    inner = np.s_[:, border : 24 - border, border : 26 - border]
    np.testing.assert_allclose(
        unit(inputs)[inner], convolution(resize(inputs))[inner], atol=1e-5
    )


@every_kernel_size
def test_transposed_conv_equals_keras_layer(kernel_size):
    inputs = normal(1, 5, 6, 4)
    unit = built("transposed", inputs.shape, 3, kernel_size)
    layer = keras.layers.Conv2DTranspose(
        3, kernel_size, strides=2, padding="same"
    )
    layer.build(inputs.shape)
    layer.set_weights([np.moveaxis(unit.kernel.numpy(), 2, 3), unit.bias])
    np.testing.assert_allclose(unit(inputs), layer(inputs), atol=1e-5)


@pytest.mark.parametrize("kernel_size", [2, 3, 4, 5])
def test_zero_insertion_is_a_transposed_convolution(kernel_size):
    # With the kernel flipped, and one pixel aside: the two pad differently.
    inputs = normal(1, 8, 8, 2)
    up_conv = built("zero_insertion", inputs.shape, 3, kernel_size)
    unit = built("transposed", inputs.shape, 3, kernel_size)
    unit.set_weights([up_conv.kernel.numpy()[::-1, ::-1], up_conv.bias])
    np.testing.assert_allclose(
        up_conv(inputs)[:, :-1, :-1], unit(inputs)[:, 1:, 1:], atol=1e-5
    )


@every_kernel_size
def test_pixel_shuffle_is_a_transposed_convolution_twice_as_wide(kernel_size):
    inputs = normal(1, 6, 7, 2)
    shuffle = built("pixel_shuffle", inputs.shape, 3, kernel_size)
    unit = built("transposed", inputs.shape, 3, 2 * kernel_size)
    unit.set_weights([interleaved_kernel(shuffle.kernel), shuffle.bias])
    # With an even size one pixel aside: the two pad differently.
    shift = 1 - kernel_size % 2
    height, width = 12 - shift, 14 - shift
    np.testing.assert_allclose(
        shuffle(inputs)[:, :height, :width],
        unit(inputs)[:, shift:, shift:],
        atol=1e-5,
    )


@every_kernel_size
def test_response_of_a_pixel_shuffle_is_that_of_its_interleaved_kernel(
    kernel_size,
):
    unit = built("pixel_shuffle", (1, 8, 8, 1), 1, kernel_size)
    f = np.fft.fftfreq(16)
    kernel = interleaved_kernel(unit.kernel)[:, :, 0, 0]
    np.testing.assert_allclose(
        np.abs(measured_response(unit, 8)),
        np.abs(frequency_response(kernel, f[:, None], f)),
        atol=1e-5,
    )


@every_kernel_size
def test_response_of_a_transposed_convolution_is_that_of_its_kernel(
    kernel_size,
):
    unit = built("transposed", (1, 8, 8, 1), 1, kernel_size)
    f = np.fft.fftfreq(16)
    response = frequency_response(unit.kernel[:, :, 0, 0], f[:, None], f)
    np.testing.assert_allclose(
        np.abs(measured_response(unit, 8)), np.abs(response), atol=1e-5
    )


@pytest.mark.parametrize("name", KERNELS)
def test_response_of_an_up_conv_is_that_of_both_its_filters(name):
    unit = built(name, (1, 16, 16, 1), 1, 3)
    f = np.fft.fftfreq(32)
    learned = frequency_response(unit.kernel[:, :, 0, 0], f[:, None], f)
    fixed = np.outer(KERNELS[name].response(f), KERNELS[name].response(f))
    np.testing.assert_allclose(
        np.abs(measured_response(unit, 16)),
        np.abs(learned * fixed),
        atol=1e-5,
    )


@every_unit
def test_config_round_trip(name):
    unit = upsampling.get(name)(
        7, 3, use_bias=False, kernel_initializer="he_normal", name="unit"
    )
    config = keras.saving.serialize_keras_object(unit)
    revived = keras.saving.deserialize_keras_object(config)
    assert type(revived) is type(unit)
    assert revived.get_config() == unit.get_config()
    for argument in ("filters", "kernel_size", "use_bias"):
        assert revived.get_config()[argument] == getattr(unit, argument)


@every_unit
@pytest.mark.parametrize(
    "size",
    [
        pytest.param((4, 4), marks=pytest.mark.slow),
        pytest.param((5, 7), marks=pytest.mark.slow),
        (None, None),
    ],
)
def test_symbolic_model(name, size, tmp_path):
    inputs = keras.Input((*size, 3))
    unit = upsampling.get(name)(6)
    outputs = unit(inputs)
    twice = tuple(2 * length if length else None for length in size)
    assert outputs.shape == (None, *twice, 6)
    assert unit.compute_output_shape(inputs.shape) == outputs.shape
    model = keras.Model(inputs, outputs)
    images = normal(2, 5 if size[0] is None else size[0], size[1] or 7, 3)
    predicted = model.predict(images, verbose=0)
    assert predicted.shape == (2, *(2 * n for n in images.shape[1:3]), 6)
    model.save(tmp_path / "model.keras")
    revived = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(revived(images), predicted, atol=1e-6)


@every_unit
@pytest.mark.parametrize("use_bias", [False, True])
def test_weights(name, use_bias):
    unit = built(name, (None, 4, 4, 3), 6, 5, use_bias=use_bias)
    shapes = [weight.shape for weight in unit.trainable_weights]
    maps = 24 if name == "pixel_shuffle" else 6
    assert shapes == [(5, 5, 3, maps), (6,)][: 1 + use_bias]
    assert not unit.non_trainable_weights


@every_unit
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(name, policy):
    inputs = normal(1, 6, 6, 3)
    unit = built(name, inputs.shape, 4, dtype=policy)
    outputs = unit(inputs)
    assert outputs.dtype == unit.compute_dtype
    assert unit.kernel.dtype == "float32"
    np.testing.assert_allclose(
        tf.cast(outputs, "float32"), expected_output(unit, inputs), atol=0.05
    )


@every_unit
def test_compiles(name):
    inputs = normal(1, 5, 6, 3)
    unit = built(name, inputs.shape, 4)
    compiled = tf.function(unit, jit_compile=True)
    np.testing.assert_allclose(compiled(inputs), unit(inputs), atol=1e-5)


@every_unit
@every_kernel_size
def test_gradient_is_the_adjoint(name, kernel_size):
    # Linear in inputs and in kernel: <upstream, f(v)> = <gradient, v>.
    inputs = tf.constant(normal(2, 4, 5, 3))
    unit = built(name, inputs.shape, 4, kernel_size, use_bias=False)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = unit(inputs)
    upstream = tf.constant(normal(*outputs.shape))
    gradients = tape.gradient(outputs, [inputs, unit.kernel.value], upstream)
    expected = np.vdot(upstream, outputs)
    for gradient, variable in zip(
        gradients, [inputs, unit.kernel.numpy()], strict=True
    ):
        assert np.all(np.isfinite(gradient))
        assert np.vdot(gradient, variable) == pytest.approx(expected, rel=1e-4)


@every_unit
def test_bias_has_a_gradient(name):
    unit = built(name, (2, 4, 5, 3), 4)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(unit(normal(2, 4, 5, 3)))
    np.testing.assert_allclose(
        tape.gradient(total, unit.bias.value), 2 * 8 * 10
    )


@every_unit
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_gradient_of_the_bias_in_half_precision(name, policy):
    # TensorFlow's BiasAdd would give 256 in bfloat16 and 2048 in float16,
    # from where one more is rounded off.
    unit = built(name, (2, 32, 32, 1), 3, dtype=policy)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(unit(normal(2, 32, 32, 1)), "float32"))
    np.testing.assert_array_equal(
        tape.gradient(total, unit.bias.value), 2 * 64 * 64
    )


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        UpsamplingUnit(4)


def test_unknown_unit():
    with pytest.raises(ValueError, match="Did you mean 'transposed'"):
        upsampling.get("transpose")


def test_unknown_interpolation():
    with pytest.raises(ValueError, match="Did you mean 'bilinear'"):
        UpConv2D(4, interpolation="linear")


@every_unit
@pytest.mark.parametrize("argument", ["filters", "kernel_size"])
@pytest.mark.parametrize("value", [0, -1, 2.0, True, None])
def test_invalid_number(name, argument, value):
    arguments = {"filters": 4, "kernel_size": 4, argument: value}
    with pytest.raises(ValueError, match=f"argument `{argument}`.*positive"):
        upsampling.get(name)(**arguments)
