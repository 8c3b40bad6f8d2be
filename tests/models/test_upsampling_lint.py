import math

import keras
import numpy as np
import pytest

from specgan import layers as units
from specgan.layers import upsampling
from specgan.models import GAN
from specgan.models.convolutional import discriminator
from specgan.models.convolutional import generator
from specgan.models.upsampling_lint import lint_upsampling
from specgan.signal import spectral_replica
from specgan.signal.responses import KERNELS

SMOOTH = [name for name in KERNELS if name != "zero_insertion"]


def network(*layers, size=8, channels=4):
    """The layers one after the other, as a Functional model."""
    inputs = x = keras.Input((size, size, channels))
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


def only(model):
    (finding,) = lint_upsampling(model)
    return finding


def transposed(kernel_size, strides=2, **options):
    return keras.layers.Conv2DTranspose(
        4, kernel_size, strides=strides, padding="same", **options
    )


def bilinear(shape, dtype=None):
    """Bilinear interpolation of each channel: [height, width, out, in]."""
    kernel = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16
    return kernel[:, :, None, None] * np.eye(shape[2])


def convolution(kernel_size=3, **options):
    return keras.layers.Conv2D(4, kernel_size, padding="same", **options)


def test_three_taps_of_ones_draw_a_checkerboard():
    finding = only(network(transposed(3, kernel_initializer="ones")))
    assert finding.verdict == "risk"
    assert finding.risks == ("checkerboard", "uneven phases")
    assert "output pixels meet 1 or 2 taps" in finding.advice
    assert "use kernel 4" in finding.advice
    # Sums of the phases 4, 2, 2, 1: mean 9/4, mean square 25/4.
    assert finding.phase_unevenness == pytest.approx(math.sqrt(19 / 100))
    # Along one axis the power 1 + 4/pi + ... of 1 + 2 cos(2 pi f), integrated.
    base = 3 / 2 + 4 / math.pi
    assert finding.replica_attenuation == pytest.approx(
        10 * math.log10(base / (3 - base))
    )


def test_bilinear_weights_are_fine():
    finding = only(network(transposed(4, kernel_initializer=bilinear)))
    assert (finding.verdict, finding.risks) == ("fine", ())
    assert finding.phase_unevenness == pytest.approx(0, abs=1e-7)
    assert finding.replica_attenuation == pytest.approx(14.65, abs=0.01)


def test_random_weights_leave_the_replica():
    finding = only(network(transposed(4), channels=64))
    assert finding.risks == ("replica", "uneven phases")
    assert abs(finding.replica_attenuation) < 1
    assert finding.attainable_attenuation == pytest.approx(19.4, abs=0.1)
    assert "regularize the spectrum" in finding.advice


@pytest.mark.parametrize("kernel_size, strides", [(5, 3), (1, 2), ((4, 3), 2)])
def test_kernels_that_are_no_multiple_of_the_stride(kernel_size, strides):
    finding = only(network(transposed(kernel_size, strides)))
    assert finding.risks[0] == "checkerboard"


@pytest.mark.parametrize(
    "kernel_size, strides", [(6, 3), (2, 2), ((4, 3), (2, 1)), (8, 4)]
)
def test_kernels_that_are(kernel_size, strides):
    finding = only(network(transposed(kernel_size, strides), convolution()))
    assert "checkerboard" not in finding.risks
    assert finding.output_size == tuple(
        8 * factor for factor in finding.factors
    )


@pytest.mark.parametrize("factor", [2, 3, (2, 1)])
@pytest.mark.parametrize(
    "interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
)
def test_interpolations_of_keras_are_what_noise_measures(interpolation, factor):
    layer = keras.layers.UpSampling2D(factor, interpolation=interpolation)
    finding = only(network(layer, convolution(), size=64))
    height, width = finding.factors
    # Periodic noise, so that no border adds to its spectrum.
    noise = np.random.default_rng(0).normal(size=(16, 64, 64, 1))
    wrapped = np.pad(noise, [(0, 0), (8, 8), (8, 8), (0, 0)], mode="wrap")
    images = layer(wrapped)[:, 8 * height : 72 * height, 8 * width : 72 * width]
    power = np.mean(np.abs(np.fft.fft2(images, axes=(1, 2))) ** 2, axis=(0, 3))
    rows, columns = (
        np.heaviside(1 / 2 / factor - np.abs(np.fft.fftfreq(length)), 0.5)
        for length, factor in zip(power.shape, (height, width), strict=True)
    )
    base = np.average(power, weights=np.outer(rows, columns))
    replica = np.average(power, weights=np.outer(1 - rows, columns))
    assert finding.replica_attenuation == pytest.approx(
        10 * np.log10(base / replica), abs=0.3
    )
    assert finding.verdict == "fine"
    assert finding.kernel_size is None and finding.phase_unevenness is None


@pytest.mark.parametrize("name", upsampling.UPSAMPLING_UNITS)
def test_units_are_measured_with_their_kernel(name):
    unit = upsampling.get(name)(16, 4, kernel_initializer="random_normal")
    finding = only(network(unit, channels=32))
    expected = 0
    if name in SMOOTH:
        taps = KERNELS[name].taps
        expected = spectral_replica.white_replica_attenuation(
            np.outer(taps, taps)
        )
    assert finding.replica_attenuation == pytest.approx(expected, abs=0.8)
    assert finding.verdict == ("fine" if name in SMOOTH else "risk")
    assert (finding.phase_unevenness < 1e-5) == (name in SMOOTH)
    assert finding.factors == (2, 2)
    assert finding.kernel_size == (4, 4)
    assert finding.output_size == (16, 16)


def test_bilinear_leaves_less_than_nearest():
    nearest, bilinear = lint_upsampling(
        network(
            keras.layers.UpSampling2D(),
            convolution(),
            keras.layers.UpSampling2D(interpolation="bilinear"),
            convolution(),
        )
    )
    assert nearest.replica_attenuation == pytest.approx(6.54, abs=0.01)
    assert bilinear.replica_attenuation == pytest.approx(14.65, abs=0.01)
    assert nearest.attainable_attenuation < bilinear.attainable_attenuation


def test_resizing_by_a_whole_factor():
    finding = only(network(keras.layers.Resizing(16, 24), convolution()))
    assert (finding.kind, finding.factors) == ("bilinear", (2, 3))
    assert finding.replica_attenuation == pytest.approx(14.65, abs=0.05)


def test_resizing_to_less_is_no_up_sampling():
    assert lint_upsampling(network(keras.layers.Resizing(8, 4))) == []


@pytest.mark.parametrize(
    "options, factors",
    [
        ({"crop_to_aspect_ratio": True}, (4, 4)),
        ({"pad_to_aspect_ratio": True}, (2, 2)),
    ],
)
def test_resizing_that_keeps_the_aspect_ratio(options, factors):
    model = network(keras.layers.Resizing(16, 32, **options))
    assert only(model).factors == factors


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Resizing(12, 12),
        keras.layers.Lambda(lambda x: keras.ops.repeat(x, 2, axis=1)),
    ],
)
def test_what_cannot_be_predicted(layer):
    finding = only(network(layer))
    assert (finding.verdict, finding.risks) == ("unknown", ())
    assert finding.replica_attenuation is None
    assert "measured_response" in finding.advice


def test_operations_that_double_are_unknown():
    inputs = keras.Input((4, 4, 1))
    outputs = keras.ops.image.resize(inputs + 1, (8, 8))
    assert only(keras.Model(inputs, outputs)).verdict == "unknown"


def test_size_of_a_resizing_without_a_graph_is_unknown():
    model = keras.Sequential([keras.layers.Resizing(16, 16)])
    assert only(model).verdict == "unknown"


def test_max_unpooling_leaves_all_to_what_follows():
    def auto_encoder(*decoder):
        images = keras.Input((8, 8, 4))
        x, positions = units.MaxPool2DWithPositions()(images)
        x = units.MaxUnpool2D()(x, positions)
        for layer in decoder:
            x = layer(x)
        return only(keras.Model(images, x))

    followed, alone = auto_encoder(convolution(5)), auto_encoder()
    assert followed.kind == "max_unpooling"
    assert followed.replica_attenuation == pytest.approx(0, abs=1e-9)
    assert followed.verdict == "fine"
    assert alone.risks == ("replica",)


# === What follows ===


@pytest.mark.parametrize(
    "after, expected",
    [
        ([], ("", None)),
        ([convolution(5, name="next")], ("next", (5, 5))),
        (
            [
                keras.layers.BatchNormalization(),
                keras.layers.ReLU(),
                convolution(1),
                convolution(3, dilation_rate=2),
                keras.layers.SeparableConv2D(4, 3, padding="same", name="next"),
            ],
            ("next", (3, 3)),
        ),
        ([convolution(3, strides=2)], ("", None)),
        ([keras.layers.Flatten(), keras.layers.Dense(3)], ("", None)),
        (
            [
                keras.layers.SpectralNormalization(
                    convolution(3, name="wrapped")
                )
            ],
            ("wrapped", (3, 3)),
        ),
        ([keras.Sequential([convolution(3, name="next")])], ("next", (3, 3))),
        ([network(convolution(3, name="next"), size=16)], ("next", (3, 3))),
    ],
)
def test_what_follows(after, expected):
    finding = only(network(keras.layers.UpSampling2D(), *after))
    assert (finding.followed_by, finding.following_kernel_size) == expected
    assert (finding.verdict == "fine") == (expected[0] != "")


def test_the_next_up_sampling_ends_the_search():
    first, second = lint_upsampling(
        network(keras.layers.UpSampling2D(), upsampling.get("nearest")(4))
    )
    assert first.followed_by == "" and first.risks == ("replica",)
    assert second.verdict == "fine"


def test_the_smallest_convolution_of_all_paths_counts():
    inputs = keras.Input((8, 8, 4))
    x = keras.layers.UpSampling2D()(inputs)
    residual = keras.layers.add([convolution(5)(x), convolution(1)(x)])
    open_ended = keras.Model(inputs, residual)
    assert only(open_ended).followed_by == ""
    closed = keras.Model(inputs, convolution(3, name="last")(residual))
    assert only(closed).followed_by == "last"


def test_what_follows_lies_beyond_the_nested_model():
    model = network(
        network(keras.layers.UpSampling2D()), convolution(3, name="beyond")
    )
    assert only(model).followed_by == "beyond"


# === Which layers ===


def test_nested_models_to_any_depth():
    inner = keras.Sequential([keras.Input((8, 8, 4)), transposed(4, name="up")])
    inner.name = "inner"
    middle = network(inner, convolution())
    middle.name = "middle"
    finding = only(network(middle))
    assert finding.name == "middle/inner/up"
    assert finding.output_size == (16, 16)


def test_spectral_head():
    head = units.SpectralHead2D(3, 8, kernel_size=5, name="head")
    finding = only(network(head))
    assert finding.name.startswith("head/up_conv2d")
    assert finding.kind == "nearest+conv"
    assert finding.output_size == (16, 16)
    assert finding.following_kernel_size == (5, 5)


def test_generator_of_a_gan():
    # 4 px, the projection of one, are not reported; what the discriminator
    # does follows no layer of the generator.
    gan = GAN(generator(16, width=4), discriminator(16, width=4))
    findings = lint_upsampling(gan)
    assert [finding.output_size for finding in findings] == [(8, 8), (16, 16)]
    for finding in findings:
        assert finding.name.startswith("generator/transposed_conv2d")
        assert finding.followed_by == ""


def test_subclassed_models_do_not_tell_what_follows():
    class Generator(keras.Model):
        def __init__(self):
            super().__init__()
            self.up = keras.layers.UpSampling2D(name="up")
            self.convolution = convolution()

        def call(self, inputs):
            return self.convolution(self.up(inputs))

    finding = only(Generator())
    assert (finding.followed_by, finding.output_size) == (None, (None, None))
    assert finding.replica_attenuation == pytest.approx(6.54, abs=0.01)
    assert finding.verdict == "fine"


def test_without_weights_the_sizes_speak():
    model = keras.Sequential([transposed(3), transposed(4)])
    odd, even = lint_upsampling(model)
    assert odd.replica_attenuation is None and odd.phase_unevenness is None
    assert odd.risks == ("checkerboard",)
    assert even.verdict == "fine"


def test_weights_of_zero_are_no_weights():
    finding = only(network(transposed(4, kernel_initializer="zeros")))
    assert finding.replica_attenuation is None
    assert finding.verdict == "fine"


def test_a_shared_layer_is_told_once():
    layer = keras.layers.UpSampling2D()
    assert len(lint_upsampling(network(layer, layer))) == 1


@pytest.mark.parametrize(
    "layer",
    [
        convolution(),
        keras.layers.Conv2DTranspose(4, 5),  # Stride 1; 8 to 12 pixels.
        keras.layers.ZeroPadding2D(1),
        keras.layers.UpSampling2D(1),
    ],
)
def test_without_up_sampling(layer):
    assert lint_upsampling(network(layer)) == []


def test_a_projection_of_one_pixel_is_no_up_sampling():
    for strides in (1, 4):
        layer = keras.layers.Conv2DTranspose(4, 4, strides=strides)
        assert lint_upsampling(network(layer, size=1)) == []


@pytest.mark.parametrize(
    "layer", [keras.layers.ZeroPadding2D(4), keras.layers.Cropping2D(1)]
)
def test_margins_are_no_up_sampling(layer):
    assert lint_upsampling(network(layer)) == []
    model = network(keras.layers.UpSampling2D(), layer, convolution(name="on"))
    assert only(model).followed_by == "on"


@pytest.mark.parametrize(
    "layer, shape, factors",
    [
        (keras.layers.Conv1DTranspose(4, 3, strides=2), (8, 4), (2,)),
        (keras.layers.UpSampling1D(3), (8, 4), (3,)),
        (
            keras.layers.Conv3DTranspose(4, 3, strides=(1, 2, 2)),
            (8, 8, 8, 4),
            (1, 2, 2),
        ),
        (keras.layers.UpSampling3D(), (8, 8, 8, 4), (2, 2, 2)),
        (keras.layers.Conv1DTranspose(4, 3), (8, 4), None),
    ],
)
def test_other_numbers_of_axes_are_not_looked_at(layer, shape, factors):
    inputs = keras.Input(shape)
    findings = lint_upsampling(keras.Model(inputs, layer(inputs)))
    if factors is None:
        assert findings == []
    else:
        assert findings[0].factors == factors
        assert findings[0].verdict == "unknown"
        assert "not looked at" in findings[0].advice


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(value):
    initializer = keras.initializers.Constant(value)
    finding = only(network(transposed(4, kernel_initializer=initializer)))
    assert finding.risks == ("not finite",)
    assert "NaN or infinite" in finding.advice
    assert finding.replica_attenuation is None
    assert finding.phase_unevenness is None


def test_frames_of_a_film():
    films = x = keras.Input((2, 8, 8, 4))
    for layer in (transposed(3, name="up"), convolution(name="next")):
        x = keras.layers.TimeDistributed(layer)(x)
    finding = only(keras.Model(films, x))
    assert finding.name.endswith("/up")
    assert finding.output_size == (16, 16)
    assert finding.followed_by == "next"
