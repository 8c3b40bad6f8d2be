"""Models in other formats, run by the formats' own runtimes."""

import importlib.util
import pathlib
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes.export_table import randomized
from specgan import export_formats
from specgan.export_formats import FORMATS
from specgan.layers.alias_free.fourier_features import FourierFeatures
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.models import GAN
from specgan.models.exports import write_export
from specgan.models.exports.frozen_graph import frozen_graph
from tests.contracts import saved_and_loaded
from tests.tiny_gan import tiny_discriminator
from zoo import GANS
from zoo import MODELS

CLASSES = 3
SMALL = {"image_size": 16, "width": 2}
GAN_ARGUMENTS = {**SMALL, "latent_dim": 4, "chroma": "half"}
ALIAS_FREE = {
    "image_size": 16, "channels": 1, "channel_base": 64, "channel_max": 4,
    "num_layers": 3, "latent_dim": 8,
}  # fmt: skip
CASES = {
    **{
        f"{name}{'-classes' if classes else ''}": (
            name,
            {**GAN_ARGUMENTS, "num_classes": classes},
        )
        for name in GANS
        for classes in (None, CLASSES)
    },
    **{
        f"alias-free-{config}{'-classes' if classes else ''}": (
            "alias-free",
            {**ALIAS_FREE, "config": config, "num_classes": classes},
        )
        for config in "TR"
        for classes in (None, CLASSES)
    },
    "autoencoder": ("autoencoder", SMALL),
    "vae": ("vae", {**SMALL, "latent_dim": 4}),
    "head": (
        "dcgan",
        {**SMALL, "latent_dim": 4, "spectral_regularization": "paper"},
    ),
    **{
        f"unit-{unit}": (
            "dcgan",
            {**SMALL, "latent_dim": 4, "upsampling": unit},
        )
        for unit in UPSAMPLING_UNITS
    },
}
QUICK = {"dcgan-classes"}
OTHERS = [name for name in FORMATS if name != "saved_model"]


def require_packages(format):
    for module in FORMATS[format].modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"the extra {format!r} is not installed")


def model_of(case):
    name, arguments = CASES[case]
    keras.utils.set_random_seed(8)
    return randomized(MODELS[name](**arguments))


def inputs_of(model, num=5):
    """Others than those that an export is checked with, and their images."""
    rng = np.random.default_rng(7)
    if not hasattr(model, "latent_dim"):
        images = rng.uniform(-1, 1, [num, *model.image_shape]).astype("float32")
        return {"images": images}, model.reconstruct(images)
    latents = rng.normal(size=[num, model.latent_dim]).astype("float32")
    inputs = {"latents": latents}
    if getattr(model, "num_classes", None) is None:
        return inputs, model.served().serve(latents).numpy()
    classes = np.arange(num) % model.num_classes
    labels = np.eye(model.num_classes, dtype="float32")[classes]
    return {**inputs, "labels": labels}, model.generate(latents, classes)


def run_onnx(path, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    assert {each.name for each in session.get_inputs()} == set(inputs)
    [output] = session.get_outputs()
    return {output.name: session.run(None, inputs)[0]}


def run_litert(path, inputs):
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner("serving_default")
    return runner(**inputs)


def run_openvino(path, inputs):
    import openvino

    names = {each.name for each in path.iterdir()}
    assert names == {"model.xml", "model.bin"}
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(path / "model.xml", "CPU", options)
    [output] = compiled.outputs
    return {output.get_any_name(): compiled(inputs)[0]}


def run_saved_model(path, inputs):
    return tf.saved_model.load(path).signatures["serving_default"](**inputs)


RUNTIMES = {
    "onnx": run_onnx,
    "litert": run_litert,
    "openvino": run_openvino,
    "saved_model": run_saved_model,
}


def exported(model, folder, format, **options):
    path = folder / f"exported{FORMATS[format].suffix}"
    model.export(path, format=format, **options)
    assert [each.name for each in folder.iterdir()] == [path.name]
    return path


@pytest.mark.parametrize(
    "format",
    [
        # OpenVINO compiles for longer than the others.
        pytest.param(
            format, marks=pytest.mark.slow if format == "openvino" else ()
        )
        for format in FORMATS
    ],
)
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=() if case in QUICK else pytest.mark.slow)
        for case in CASES
    ],
)
def test_images_are_those_of_keras(case, format, tmp_path):
    require_packages(format)
    model = model_of(case)
    path = exported(model, tmp_path, format)
    inputs, expected = inputs_of(model)
    [(name, images)] = RUNTIMES[format](path, inputs).items()
    assert (
        name
        == {
            "saved_model": "output_0",
            **dict.fromkeys(
                OTHERS,
                "reconstructions" if case == "autoencoder" else "images",
            ),
        }[format]
    )
    images = np.asarray(images)
    assert images.dtype == np.float32
    # The alias-free GAN normalizes its kernels: larger ones change nothing.
    spread = 0.05 if case.startswith("alias-free") else 0.2
    assert np.std(expected) > spread
    assert np.mean(np.abs(expected) < 1) > 0.5
    np.testing.assert_allclose(images, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "format",
    [
        pytest.param(format, marks=() if format == "onnx" else pytest.mark.slow)
        for format in OTHERS
    ],
)
def test_fixed_batch(format, tmp_path):
    require_packages(format)
    model = saved_and_loaded(model_of("dcgan"))  # Never called before.
    path = exported(model, tmp_path, format, batch_size=2)
    inputs, expected = inputs_of(model, 2)
    [images] = RUNTIMES[format](path, inputs).values()
    np.testing.assert_allclose(images, expected, rtol=0, atol=1e-4)
    # LiteRT's runner makes room for any batch.
    if format != "litert":
        with pytest.raises(Exception, match="[Ee]xpected|compatible"):
            RUNTIMES[format](path, inputs_of(model, 3)[0])


def test_serving_signature(tmp_path):
    """What TensorFlow Serving answers to, by name, shape and type."""
    model = MODELS["dcgan"](**GAN_ARGUMENTS, num_classes=CLASSES)
    signatures = tf.saved_model.load(
        exported(model, tmp_path, "saved_model")
    ).signatures
    assert set(signatures) == {"serving_default", "serve", "sample", "spectrum"}
    images = tf.TensorSpec([None, 16, 16, 3], tf.float32)
    for name in ("serving_default", "serve"):
        _, inputs = signatures[name].structured_input_signature
        assert inputs == {
            "latents": tf.TensorSpec([None, 4], tf.float32, "latents"),
            "labels": tf.TensorSpec([None, CLASSES], tf.float32, "labels"),
        }
        outputs = signatures[name].structured_outputs
        assert set(outputs) == {"output_0"}
        assert outputs["output_0"].shape.as_list() == images.shape.as_list()
        assert outputs["output_0"].dtype == images.dtype
    _, inputs = signatures["sample"].structured_input_signature
    assert inputs == {
        "n": tf.TensorSpec([], tf.int32, "n"),
        "seed": tf.TensorSpec([], tf.int32, "seed"),
    }
    _, inputs = signatures["spectrum"].structured_input_signature
    assert inputs["images"].dtype == tf.uint8


def test_onnx_is_valid_and_has_a_batch_of_any_size(tmp_path):
    require_packages("onnx")
    import onnx

    path = exported(model_of("dcgan"), tmp_path, "onnx")
    file = onnx.load(path)
    onnx.checker.check_model(file, full_check=True)
    assert {node.domain for node in file.graph.node} <= {"", "ai.onnx"}
    for value in [*file.graph.input, *file.graph.output]:
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def operations(path):
    from ai_edge_litert.interpreter import Interpreter

    details = Interpreter(str(path))._get_ops_details()
    return {each["op_name"] for each in details}


@pytest.mark.slow
def test_int8_is_a_quarter_of_the_size(tmp_path):
    require_packages("litert")
    name, arguments = CASES["dcgan-classes"]
    wide = {**arguments, "width": 64, "chroma": "full"}
    model = randomized(MODELS[name](**wide))
    for precision in ("float32", "int8"):
        (tmp_path / precision).mkdir()
        exported(model, tmp_path / precision, "litert", precision=precision)
    whole, small = (
        tmp_path / precision / "exported.tflite"
        for precision in ("float32", "int8")
    )
    assert 0.24 < small.stat().st_size / whole.stat().st_size < 0.35
    for path in (whole, small):
        assert not any("Flex" in name for name in operations(path))
    inputs, expected = inputs_of(model)
    images = run_litert(small, inputs)["images"]
    # float32 on both sides, and neither equal nor far.
    assert images.dtype == np.float32 and np.all(np.abs(images) <= 1)
    error = np.std(images - expected) / np.std(expected)
    assert 1e-4 < error < 0.2


@pytest.mark.slow
def test_int8_of_a_fixed_batch(tmp_path):
    require_packages("litert")
    model = model_of("dcgan-classes")
    path = exported(model, tmp_path, "litert", precision="int8", batch_size=3)
    inputs, expected = inputs_of(model, 3)
    images = run_litert(path, inputs)["images"]
    assert np.std(images - expected) < 0.3 * np.std(expected)


@pytest.mark.parametrize(
    "format", ["litert", pytest.param("openvino", marks=pytest.mark.slow)]
)
def test_fourier_features(format, tmp_path):
    """Whose einsum LiteRT cannot read, and whose slices OpenVINO misread."""
    require_packages(format)
    keras.utils.set_random_seed(1)
    layer = FourierFeatures(4, size=12, sampling_rate=8, bandwidth=2)
    styles = np.random.default_rng(0).normal(size=[5, 4]).astype("float32")
    layer(styles)
    layer.affine.kernel.assign(
        np.random.default_rng(1).normal(size=layer.affine.kernel.shape)
    )
    graph = frozen_graph(layer, [tf.TensorSpec([None, 4], name="styles")])
    module = write_export.MODULES[format]
    path = tmp_path / f"x{FORMATS[format].suffix}"
    if not path.suffix:
        path.mkdir()
    module.convert(graph, path)
    np.testing.assert_allclose(
        module.reader(path)({"styles": styles}), layer(styles), atol=1e-4
    )


# === Bad input ===


def keras_gan(interpolation):
    generator = keras.Sequential(
        [
            keras.Input([4]),
            keras.layers.Dense(16),
            keras.layers.Reshape([4, 4, 1]),
            keras.layers.UpSampling2D(2, interpolation=interpolation),
            keras.layers.Activation("tanh"),
        ]
    )
    return GAN(generator, tiny_discriminator(), adversarial_loss="hinge")


@pytest.mark.parametrize(
    "format, interpolation",
    [
        ("onnx", "lanczos3"),
        ("litert", "bicubic"),
        ("litert", "lanczos3"),
        pytest.param("openvino", "bicubic", marks=pytest.mark.slow),
        pytest.param("openvino", "lanczos3", marks=pytest.mark.slow),
    ],
)
def test_what_a_format_cannot_hold_is_not_written(
    format, interpolation, tmp_path
):
    require_packages(format)
    path = tmp_path / f"x{FORMATS[format].suffix}"
    with pytest.raises(ValueError, match="cannot hold this model; nothing was"):
        keras_gan(interpolation).export(path, format)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def pretended(monkeypatch):
    """A format whose packages are there, and whose runtime gives `images`."""
    runtime = types.SimpleNamespace(
        convert=lambda graph, path, **options: path.write_bytes(b"model"),
        reader=lambda path: lambda inputs: runtime.images,
    )
    monkeypatch.setitem(write_export.MODULES, "litert", runtime)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return runtime


def test_other_images_are_refused(pretended, tmp_path):
    model = keras_gan("nearest")
    path = tmp_path / "x.tflite"
    right = model.sample(3, seed=0)
    wrong = {
        "a difference of": right + 2e-4,
        "not finite": np.where(right == right, np.nan, right),
        "float64": right.astype("float64"),
        r"float32 \[2, 8, 8, 1\]": right[:2],
    }
    for received, images in wrong.items():
        pretended.images = images.astype(images.dtype)
        with pytest.raises(ValueError, match=f"Received: .*{received}"):
            model.export(path, "litert")
        assert not list(tmp_path.iterdir())
    pretended.images = right + 5e-5
    model.export(path, "litert")
    assert path.read_bytes() == b"model"


def test_half_precision_is_refused(pretended, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    model = keras_gan("nearest")
    with pytest.raises(ValueError, match="in float32. Received: layers in fl"):
        model.export(tmp_path / "x.tflite", "litert")
    model.export(tmp_path / "saved_model")


def test_an_autoencoder_is_not_quantized(pretended, tmp_path):
    model = MODELS["autoencoder"](**SMALL)
    with pytest.raises(ValueError, match="measured with latents.*float32"):
        model.export(tmp_path / "x.tflite", "litert", precision="int8")


@pytest.mark.parametrize(
    "path, options, message",
    [
        ("x", {"format": "onxx"}, "Unknown export format.*Did you mean 'onnx'"),
        ("x", {"format": ["onnx"]}, r"Unknown export format.*\['onnx'\]"),
        ("x.onnx", {}, "would be a folder.*format='onnx', or --format onnx"),
        ("x.tflite", {"format": "openvino"}, "would be a folder.*'litert'"),
        ("x", {"precision": "int4"}, "Unknown precision.*float32, int8"),
        ("x", {"precision": "int8"}, "SavedModel is not.*format litert"),
        ("x", {"format": "onnx"}, r"ONNX files end in .onnx. Received: .*x"),
        ("x.onnx", {"format": "litert"}, "LiteRT files end in .tflite"),
        ("full", {}, "exists already and is not an empty folder"),
        ("full", {"format": "openvino"}, "exists already"),
        ("full/a.onnx", {"format": "onnx"}, "a.onnx exists already"),
        ("full/link", {}, "link exists already"),
        ("full/link.onnx", {"format": "onnx"}, "link.onnx exists already"),
        ("full/a.onnx/x", {}, "a.onnx is not a folder"),
        ("full/a.onnx/b/x.onnx", {"format": "onnx"}, "a.onnx is not a folder"),
        ("x", {"batch_size": 2}, "any number of images"),
        (
            "x",
            {"format": "openvino", "batch_size": 0},
            "`batch_size`. Expected",
        ),
        ("x", {"format": "openvino", "batch_size": True}, "`batch_size`"),
    ],
)
def test_bad_input(path, options, message, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.onnx").write_text("")
    for name in ("link", "link.onnx"):
        (tmp_path / "full" / name).symlink_to("nothing")
    model = keras_gan("nearest")
    with pytest.raises(ValueError, match=message):
        model.export(tmp_path / path, **options)
    assert [each.name for each in tmp_path.iterdir()] == ["full"]


@pytest.mark.parametrize("format", OTHERS)
def test_an_extra_that_is_not_installed(format, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError) as error:
        export_formats.checked_format(format, f"x{FORMATS[format].suffix}")
    assert f"Install them: pip install 'specgan[{format}]'" in str(error.value)
    for module in FORMATS[format].modules:
        assert f"no {module}" in str(error.value)


def test_the_extras_are_there():
    """Each format's packages come with the extra of its name."""
    text = pathlib.Path(__file__, "../../../setup.cfg").resolve().read_text()
    for format in OTHERS:
        packages = text.split(f"\n{format} =\n")[1].split("\n\n")[0]
        for module in FORMATS[format].modules:
            assert module.replace("_", "-") in packages
