"""What holds for the auto-encoder and for the VAE alike, at 16 px."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses import DecibelSpectralLoss
from specgan.losses.spectral import SPECTRAL_LOSSES
from specgan.models import Adam
from specgan.models.convolutional_autoencoder import DOWN_AND_UP
from specgan.signal import from_uint8
from specgan.signal import subsample_chroma
from specgan.signal import to_uint8
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from zoo import VAE
from zoo import AutoEncoder

MODELS = {
    "autoencoder": functools.partial(AutoEncoder, width=4, kernel_size=3),
    "vae": functools.partial(VAE, width=4, latent_dim=8),
}
LOGS = {
    "autoencoder": {"loss", "reconstruction"},
    "vae": {"loss", "reconstruction", "kl"},
}

both = pytest.mark.parametrize("name", MODELS)
plain_and_regularized = pytest.mark.parametrize(
    "spectral_regularization", [None, True]
)


def small(name, **arguments):
    return MODELS[name](**{"image_size": 16, "channels": 1, **arguments})


def trained(name, images, **arguments):
    model = small(name, **arguments)
    model.adapt(images)
    model.compile()
    model.fit(images, batch_size=4, verbose=0)
    return model


def assert_weights_equal(one, other, rtol=1e-5, atol=1e-6):
    for mine, others in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=rtol, atol=atol, err_msg=mine.path
        )


@pytest.fixture
def images():
    return uniform(12, 16, 16, 1)


# === Training ===


@both
@plain_and_regularized
def test_fit_is_keras_own_and_learns(name, spectral_regularization, images):
    model = small(name, spectral_regularization=spectral_regularization)
    assert type(model).train_step is keras.Model.train_step
    assert type(model).test_step is keras.Model.test_step
    model.adapt(images)
    model.compile()
    before = model.get_weights()
    batches = tf.data.Dataset.from_tensor_slices(images).batch(4)
    logs = model.fit(
        batches.repeat(5), epochs=2, validation_data=batches, verbose=0
    ).history
    assert int(model.optimizer.iterations.numpy()) == 30
    for variable, value in zip(model.weights, before, strict=True):
        if variable.name == "kernel":
            assert np.any(variable.numpy() != value), variable.path
    expected = LOGS[name] | (
        {"spectral_loss"} if spectral_regularization else set()
    )
    assert logs.keys() == expected | {f"val_{one}" for one in expected}
    assert np.all(np.isfinite(list(logs.values())))
    evaluated = model.evaluate(batches, return_dict=True, verbose=0)
    assert evaluated.keys() == expected
    assert logs["loss"][1] < logs["loss"][0]


@both
def test_default_optimizer(name):
    model = small(name)
    model.compile()
    assert type(model.optimizer) is Adam
    np.testing.assert_allclose(model.optimizer.learning_rate, 1e-3)
    model.compile("sgd")
    assert type(model.optimizer) is keras.optimizers.SGD


@both
def test_labels_are_ignored(name, images):
    model = small(name, spectral_regularization=True)
    other = revived(model)
    other.set_weights(model.get_weights())
    data = tf.data.Dataset.from_tensor_slices(images).batch(4)
    labelled = data.map(lambda batch: (batch, tf.zeros([4])))
    for one, batches in ((model, data), (other, labelled)):
        one.adapt(batches)
        one.compile(run_eagerly=True)
        one.fit(batches, verbose=0)
        one.evaluate(batches, verbose=0)
    assert_weights_equal(model, other, rtol=0, atol=0)


@both
def test_logs_are_means_over_images(name):
    """A smaller last batch counts for less."""
    images = uniform(6, 16, 16, 1) * np.linspace(0, 1, 6)[:, None, None, None]
    model = small(name)
    model.compile()
    logs = model.evaluate(images, batch_size=4, return_dict=True, verbose=0)
    errors = model.reconstruct(images) - images
    np.testing.assert_allclose(
        logs["reconstruction"], np.mean(errors**2), rtol=1e-4
    )


@both
def test_mixed_precision(name, images):
    keras.config.set_dtype_policy("mixed_float16")
    model = trained(name, images, spectral_regularization=True)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert all(np.all(np.isfinite(w)) for w in model.get_weights())
    logs = model.evaluate(images, return_dict=True, verbose=0)
    assert np.all(np.isfinite(list(logs.values())))
    outputs = model(images[:2])
    for output in keras.tree.flatten(outputs):
        assert output.dtype == tf.float32


@both
@pytest.mark.parametrize(
    "arguments", [{"jit_compile": True}, {"steps_per_execution": 4}]
)
def test_compile_refuses_what_keras_cannot_under_replicas(name, arguments):
    with two_replicas().scope():
        model = small(name)
        with pytest.raises(ValueError, match="2 replicas. Leave both out"):
            model.compile(**arguments)


# === Reconstructing, saving, exporting ===


@both
def test_reconstruct(name, images):
    model = small(name)
    made = model.reconstruct(images)
    assert made.shape == images.shape and made.dtype == np.float32
    assert np.all(np.abs(made) <= 1)
    np.testing.assert_allclose(
        model.reconstruct(images, batch_size=5), made, atol=1e-6
    )
    np.testing.assert_array_equal(model.reconstruct(images), made)
    with pytest.raises(ValueError, match="at least one image"):
        model.reconstruct(images[:0])
    with pytest.raises(ValueError, match="do not fit the networks"):
        model.reconstruct(images[:, :8])


@both
def test_file_goes_on_where_the_training_was(name, images):
    model = trained(name, images, spectral_regularization=True, seed=3)
    again = saved_and_loaded(model)
    assert type(again) is type(model) and again.compiled
    assert again.get_config() == model.get_config()
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for variable, other in zip(
        model.optimizer.variables, again.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(other, variable)
    np.testing.assert_array_equal(
        again.reconstruct(images), model.reconstruct(images)
    )
    for one in (model, again):
        one.fit(images, batch_size=4, shuffle=False, verbose=0)
    assert_weights_equal(model, again)


@both
def test_uncompiled_model_can_be_saved(name, images):
    model = small(name)
    again = saved_and_loaded(model)
    assert not again.compiled
    np.testing.assert_array_equal(
        again.reconstruct(images), model.reconstruct(images)
    )


@both
@pytest.mark.parametrize(
    "regularization", [None, False, True, *SPECTRAL_LOSSES]
)
def test_config_is_plain_and_comes_back(name, regularization):
    model = small(name, spectral_regularization=regularization, seed=5)
    config = model.get_config()
    for value in config.values():
        assert value is None or isinstance(value, (bool, int, float, str))
    assert config["spectral_regularization"] is regularization
    again = revived(model)
    assert type(again) is type(model) and again.get_config() == config
    assert (again.spectral_loss is None) == (not regularization)


@both
def test_regularization_by_object_survives_a_file(name, images):
    loss = DecibelSpectralLoss(weight=0.25, delta=1.0, window="hann")
    model = small(name, spectral_regularization=loss)
    model.adapt(images)
    again = saved_and_loaded(model)
    assert again.spectral_loss.get_config() == loss.get_config()
    np.testing.assert_array_equal(again.spectral_loss.target, loss.target)


@both
def test_weight_of_the_spectral_loss(name):
    weight = type(small(name)).default_spectral_weight
    model = small(name, spectral_regularization=True)
    assert model.spectral_loss.weight == weight
    model = small(name, spectral_regularization="decibel", spectral_weight=3.0)
    assert model.spectral_loss.weight == 3.0
    loss = DecibelSpectralLoss(weight=0.5)
    model = small(name, spectral_regularization=loss)
    assert model.spectral_loss is loss and loss.weight == 0.5


def test_exported_autoencoder(images, tmp_path):
    model = small("autoencoder")
    model.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(
        exported.serve(images), model.reconstruct(images), atol=1e-6
    )
    pictures = to_uint8(images)
    made = exported.reconstruct(pictures)
    assert made.dtype == tf.uint8
    np.testing.assert_array_equal(
        made, to_uint8(model.reconstruct(from_uint8(pictures)))
    )
    spectrum = exported.spectrum(made)
    np.testing.assert_allclose(spectrum["frequencies"], np.arange(9) / 16)
    assert spectrum["decibels"].shape == (12, 9)
    with pytest.raises(ValueError, match="exists already"):
        model.export(tmp_path / "exported")


def test_exported_vae(tmp_path):
    model = small("vae")
    model.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    pictures = exported.sample(5, 3)
    np.testing.assert_array_equal(pictures, to_uint8(model.sample(5, seed=3)))
    served = exported.serve(tf.zeros([2, model.latent_dim]))
    assert served.shape == (2, 16, 16, 1) and served.dtype == tf.float32
    assert exported.spectrum(pictures)["decibels"].shape == (5, 9)


# === Sampling ===


def test_samples_repeat():
    model = small("vae")
    made = model.sample(5, seed=3)
    assert made.shape == (5, 16, 16, 1) and made.dtype == np.float32
    assert np.all(np.abs(made) <= 1)
    np.testing.assert_array_equal(model.sample(5, seed=3), made)
    np.testing.assert_allclose(
        model.sample(5, seed=3, batch_size=2), made, atol=1e-6
    )
    np.testing.assert_allclose(model.sample(3, seed=3), made[:3], atol=1e-6)
    assert np.any(model.sample(5, seed=4) != made)
    for num in (0, -1):
        with pytest.raises(ValueError, match=f"Received: num={num}"):
            model.sample(num)


def test_an_autoencoder_has_no_samples():
    with pytest.raises(ValueError, match=r"Use reconstruct\(images\)"):
        small("autoencoder").sample(4, 1)


# === Variants and bad input ===


@pytest.mark.parametrize(
    "arguments",
    quick_first(
        {"depth": 0, "unit_kernel_size": 7},
        {"channels": 3, "kernel_size": 1},
        {"channels": 3, "chroma": "half", "image_size": 6},
        {"image_size": 18},
        *({"image_size": size} for size in (4, 6)),
        *({"depth": depth} for depth in (0, 1, 2)),
        *({"upsampling": name} for name in DOWN_AND_UP),
        quick=4,
    ),
    ids=str,
)
def test_autoencoder_variants_train_one_step(arguments):
    model = small("autoencoder", spectral_regularization=True, **arguments)
    images = uniform(4, *model.image_shape)
    model.adapt(images)
    model.compile(run_eagerly=True)
    kernel = model.trainable_variables[0]
    before = kernel.numpy()
    model.fit(images, verbose=0)
    assert all(np.all(np.isfinite(w)) for w in model.get_weights())
    assert np.any(kernel.numpy() != before)
    assert model.get_config().items() >= arguments.items()


@pytest.mark.parametrize(
    "arguments",
    quick_first(
        {"chroma": "half", "channels": 3},
        {"image_size": 20},
        {"upsampling": "bilinear", "channels": 3},
        {"spectral_head": True},
        {"spectral_regularization": "paper"},
        quick=2,
    ),
    ids=str,
)
def test_vae_variants_train_one_step(arguments):
    model = small("vae", **arguments)
    images = uniform(4, *model.image_shape)
    model.adapt(images)
    model.compile(run_eagerly=True)
    model.fit(images, verbose=0)
    assert all(np.all(np.isfinite(w)) for w in model.get_weights())
    heads = [x for x in model.decoder.layers if x.name == "spectral_head"]
    assert len(heads) == (arguments.keys() & {"spectral_head"} != set()) or (
        arguments["spectral_regularization"] == "paper"
    )


@both
def test_chroma(name):
    images = uniform(4, 16, 16, 3)
    full, half = (
        small(name, channels=3, chroma=chroma) for chroma in ("full", "half")
    )
    half.set_weights(full.get_weights())
    reconstructed = full.reconstruct(images)
    coarse = subsample_chroma(reconstructed)
    expected = coarse + 0.1 * (reconstructed - coarse)
    half = saved_and_loaded(half)
    assert half.chroma == "half"
    np.testing.assert_allclose(half.reconstruct(images), expected, atol=1e-6)
    config = full.get_config()
    del config["chroma"]  # As in files from before the option.
    assert type(full).from_config(config).chroma == "full"


@both
def test_adapt_warns_of_images_without_fine_chroma(name):
    images = subsample_chroma(uniform(64, 16, 16, 3), "box").numpy()
    with pytest.warns(UserWarning, match="no chroma above 0.*'half'"):
        small(name, channels=3).adapt(images)
    small(name, channels=3, chroma="half").adapt(images)


@both
def test_fit_before_adapt(name, images):
    model = small(name, spectral_regularization=True)
    model.compile()
    with pytest.raises(ValueError, match=r"Call adapt\(images\) first"):
        model.fit(images)


@both
@plain_and_regularized
@pytest.mark.parametrize(
    "change, message",
    [
        (lambda x: x * np.nan, "NaN or infinite"),
        (lambda x: x + 1, "out of range"),
        (lambda x: x[:, :8], r"batch, 16, 16, 1\). Received: \(12, 8, 16, 1\)"),
        (lambda x: x[:0], "at least one image"),
    ],
    ids=["nan", "range", "size", "none"],
)
def test_bad_images(name, spectral_regularization, change, message, images):
    model = small(name, spectral_regularization=spectral_regularization)
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.adapt(change(images))
    model.adapt(images)
    with pytest.raises(ValueError, match=message):
        model.fit(change(images), verbose=0)


@both
@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"channels": 2}, "1 or 3 channels. Received: channels=2"),
        ({"width": 0}, "positive integer. Received: width=0"),
        ({"chroma": "hlf"}, "'hlf'. Did you mean 'half'"),
        ({"chroma": "half"}, "Grey images have no chroma.*channels=1"),
        ({"upsampling": "nearst"}, "'nearst'. Did you mean 'nearest'"),
        (
            {"spectral_regularization": "decibl"},
            "'decibl'. Did you mean 'decibel'",
        ),
        ({"spectral_weight": 1.0}, "belongs to a spectral loss"),
    ],
)
def test_bad_arguments(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        small(name, **arguments)


@pytest.mark.parametrize(
    "name, arguments, message",
    [
        ("autoencoder", {"image_size": 15}, "even number of pixels from 4"),
        ("autoencoder", {"image_size": 2}, "Received: image_size=2"),
        ("autoencoder", {"image_size": 16.0}, "Expected a positive integer"),
        ("autoencoder", {"depth": -1}, "Received: depth=-1"),
        ("autoencoder", {"kernel_size": 0}, "Received: kernel_size=0"),
        ("autoencoder", {"unit_kernel_size": 0}, "unit_kernel_size=0"),
        ("vae", {"image_size": 50}, "The nearest are 48 and 56"),
        ("vae", {"latent_dim": 0}, "Received: latent_dim=0"),
    ],
)
def test_bad_numbers(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        small(name, **arguments)


@pytest.mark.parametrize("options", [{}, {"truncation": None}, {"labels": 1}])
def test_an_auto_encoder_says_that_it_draws_nothing(options):
    with pytest.raises(ValueError, match="only reconstructs"):
        AutoEncoder(16, width=4).sample(2, seed=1, **options)
