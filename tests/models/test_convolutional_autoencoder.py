"""The losses of the reconstructing models, and the auto-encoder's spectrum."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate
from scipy import stats

from specgan.models.convolutional_autoencoder import autoencoder
from specgan.models.variational import kl_divergence
from specgan.signal import responses
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from zoo import VAE
from zoo import AutoEncoder

SIZE = 16


def small_autoencoder(**arguments):
    return AutoEncoder(SIZE, 1, width=4, kernel_size=3, **arguments)


def small_vae(**arguments):
    return VAE(SIZE, 1, width=4, latent_dim=8, **arguments)


def uneven(count):
    """Images whose spectra differ from one end of a batch to the other."""
    scale = np.linspace(0.2, 1, count)[:, None, None, None]
    return (uniform(count, SIZE, SIZE, 1) * scale).astype(np.float32)


# === The auto-encoder's loss ===


@pytest.mark.parametrize("regularization", [None, True, "cross_entropy"])
def test_loss_is_square_error_and_weighted_distance(regularization):
    model = small_autoencoder(spectral_regularization=regularization)
    images = uneven(5)
    model.adapt(images / 2)
    model.compile()
    logs = model.evaluate(images, batch_size=5, return_dict=True, verbose=0)
    reconstructions = model.reconstruct(images)
    error = np.mean((reconstructions - images).astype(np.float64) ** 2)
    expected = {"loss": error, "reconstruction": error}
    if regularization:
        distance = float(model.spectral_loss(reconstructions, images))
        expected["spectral_loss"] = distance
        expected["loss"] += 0.01 * distance
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-5)


def test_scaling_multiplies_the_square_error():
    model = small_autoencoder(spectral_regularization="scaling")
    images = uneven(5)
    model.adapt(images)
    model.compile()
    logs = model.evaluate(images, batch_size=5, return_dict=True, verbose=0)
    expected = logs["reconstruction"] * (1 + 0.01 * logs["spectral_loss"])
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


@pytest.mark.parametrize("regularization", [None, True])
def test_one_step_descends_the_gradient(regularization):
    model = small_autoencoder(spectral_regularization=regularization)
    images = uneven(4)
    model.adapt(images / 2)
    model.compile(keras.optimizers.SGD(0.1))
    with tf.GradientTape() as tape:
        made = model.network(images)
        loss = tf.reduce_mean((made - images) ** 2)
        if regularization:
            loss += 0.01 * model.spectral_loss(made, images)
    variables = model.trainable_variables
    expected = [
        variable.numpy() - 0.1 * gradient
        for variable, gradient in zip(
            variables, tape.gradient(loss, variables), strict=True
        )
    ]
    model.fit(images, batch_size=4, shuffle=False, verbose=0)
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "regularization", [pytest.param(None, marks=pytest.mark.slow), True]
)
@pytest.mark.parametrize("make", quick_first(small_vae, small_autoencoder))
def test_two_replicas_equal_one_on_the_joint_batch(make, regularization):
    model = make(spectral_regularization=regularization)
    with two_replicas().scope():
        mirrored = type(model).from_config(model.get_config())
        mirrored.compile(keras.optimizers.SGD(0.1))
    mirrored.set_weights(model.get_weights())
    model.compile(keras.optimizers.SGD(0.1))
    images = uneven(16)
    batches = tf.data.Dataset.from_tensor_slices(images)
    batches = batches.batch(8, drop_remainder=True)
    logs = []
    for one in (model, mirrored):
        one.adapt(images / 2)
        history = one.fit(batches, validation_data=batches, verbose=0)
        logs.append(history.history)
    for mine, others in zip(model.weights, mirrored.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=1e-3, atol=1e-5, err_msg=mine.path
        )
    for name, values in logs[0].items():
        np.testing.assert_allclose(
            logs[1][name], values, rtol=1e-4, err_msg=name
        )


@pytest.mark.parametrize("make", [small_autoencoder, small_vae])
def test_what_replicas_cannot_do(make):
    scaled = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(clipvalue=1.0)
    )
    with two_replicas().scope():
        model = make()
        with pytest.raises(ValueError, match="{'clipvalue': 1.0} with 2"):
            model.compile(scaled)
        model.compile()
    with pytest.raises(ValueError, match="multiple of 2.* batch of 3"):
        model.fit(uneven(11), batch_size=8, verbose=0)


@pytest.mark.parametrize(
    "arguments", [{"batch_size": -1}, {"batch_size": 2.5}, {"epochs": 0}]
)
def test_bad_arguments_of_fit(arguments):
    model = small_autoencoder()
    model.compile()
    with pytest.raises(ValueError, match="Expected a positive integer"):
        model.fit(uneven(4), **arguments)


@pytest.mark.parametrize("wrap", [lambda images: [images], iter])
def test_other_data_are_refused(wrap):
    model = small_autoencoder()
    model.compile()
    with pytest.raises(ValueError, match="as a tf.data.Dataset"):
        model.fit(wrap(uneven(4)))


def test_regularization_brings_the_spectrum_nearer():
    images = uniform(32, SIZE, SIZE, 1) / 2  # white: half of it is lost
    batches = tf.data.Dataset.from_tensors(images).repeat(60)
    distances = {}
    for weight in (0.0, 0.01):
        keras.utils.set_random_seed(0)
        model = small_autoencoder(
            spectral_regularization=True, spectral_weight=weight
        )
        model.adapt(images)
        model.compile(keras.optimizers.Adam(0.01))
        model.fit(batches, verbose=0)
        made = model.reconstruct(images)
        distances[weight] = float(model.spectral_loss(made, images))
    assert distances[0.01] < 0.2 * distances[0.0]


# === Its spectrum ===


@pytest.mark.parametrize("name", responses.KERNELS)
def test_replica_of_a_wave(name):
    """A wave of 1/8 cycles per pixel comes out with its image at 3/8."""
    network = autoencoder(64, channels=1, upsampling=name, depth=0)
    wave = 0.01 * np.cos(2 * np.pi * np.arange(64) / 8 + 0.3)
    images = np.tile(wave, [1, 64, 1])[..., None].astype(np.float32)
    # Far from the border the output repeats itself every 8 pixels.
    made = network(images).numpy()[0, 16:48, 16:48, 0].astype(np.float64)
    power = np.abs(np.fft.fft2(made)[0]) ** 2
    base, replica = power[32 // 8], power[32 * 3 // 8]
    kernel = network.get_layer("up").get_weights()[0][:, :, 0, 0]
    frequencies = np.array([1 / 8, 3 / 8])
    response = np.abs(
        # The layer correlates: mirrored, which the magnitude does not see.
        responses.frequency_response(kernel, np.zeros(2), frequencies)
        * responses.get(name).response(frequencies)
    )
    np.testing.assert_allclose(
        10 * np.log10(base / replica),
        20 * np.log10(response[0] / response[1]),
        atol=0.05,
    )


def test_down_is_the_mean_of_four_pixels():
    images = uniform(2, 6, 6, 3)
    network = autoencoder(6)
    down = keras.Model(network.input, network.get_layer("down").output)
    expected = images.reshape(2, 3, 2, 3, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(down(images), expected, atol=1e-6)


def test_max_unpooling_keeps_the_maxima_where_they_were():
    images = uniform(2, 6, 6, 3)
    network = autoencoder(6, upsampling="max_unpooling")
    unpooled = keras.Model(network.input, network.get_layer("up").output)
    cells = images.reshape(2, 3, 2, 3, 2, 3)
    kept = cells == cells.max(axis=(2, 4), keepdims=True)
    expected = np.where(kept, cells, 0).reshape(images.shape)
    np.testing.assert_allclose(unpooled(images), expected, atol=1e-6)


# === The VAE ===


@pytest.mark.parametrize("mean, deviation", [(0, 1), (2, 1), (-0.5, 0.3)])
def test_divergence_is_the_integral(mean, deviation):
    one, prior = stats.norm(mean, deviation), stats.norm()
    expected, _ = integrate.quad(
        lambda z: one.pdf(z) * (one.logpdf(z) - prior.logpdf(z)),
        mean - 12 * deviation,
        mean + 12 * deviation,
    )
    measured = kl_divergence(
        tf.fill([3, 5], float(mean)),
        tf.fill([3, 5], float(2 * np.log(deviation))),
    )
    assert measured.shape == (3,)
    np.testing.assert_allclose(measured, 5 * expected, rtol=1e-4, atol=1e-6)


def test_gradient_of_the_divergence():
    mean = tf.constant(uniform(4, 3))
    log_variance = tf.constant(uniform(4, 3, seed=1))
    with tf.GradientTape() as tape:
        tape.watch([mean, log_variance])
        value = tf.reduce_sum(kl_divergence(mean, log_variance))
    by_mean, by_log = tape.gradient(value, [mean, log_variance])
    np.testing.assert_allclose(by_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(
        by_log, (np.exp(log_variance) - 1) / 2, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("regularization", [None, True])
def test_loss_is_the_evidence_bound_per_value(regularization):
    model = small_vae(spectral_regularization=regularization)
    last = model.encoder.layers[-2]  # which hardly tells images apart yet
    last.kernel.assign(100 * last.kernel)
    images = uneven(5)
    model.adapt(images / 2)
    model.compile()
    logs = model.evaluate(images, batch_size=5, return_dict=True, verbose=0)
    outputs = model(images)
    made, mean, log_variance = (
        outputs[name].numpy().astype(np.float64)
        for name in ("reconstructions", "mean", "log_variance")
    )
    # log N(x; made, 0.2^2) against what a perfect reconstruction would have.
    normal = stats.norm(0, 0.2)
    nats = normal.logpdf(0) - normal.logpdf(made - images)
    divergence = (np.exp(log_variance) + mean**2 - 1 - log_variance) / 2
    divergence = np.mean(divergence.sum(axis=1))
    expected = {
        "reconstruction": np.mean((made - images) ** 2),
        "kl": divergence,
        "loss": nats.mean() + divergence / SIZE**2,
    }
    if regularization:
        distance = float(model.spectral_loss(made, images))
        expected["spectral_loss"] = distance
        expected["loss"] += model.default_spectral_weight * distance
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-4, err_msg=name)


class Moments:
    """Stands for an encoder that knows one distribution."""

    mean = np.array([1.0, -1.0], np.float32)
    deviation = np.array([2.0, 0.5], np.float32)

    def __call__(self, images, training):
        moments = np.concatenate([self.mean, 2 * np.log(self.deviation)])
        return tf.tile(moments[None], [len(images), 1])


def test_latents_are_drawn_in_training_and_the_mean_in_inference():
    model = VAE(SIZE, 1, width=2, latent_dim=2)
    model.compile()
    model.encoder = Moments()
    model.decoder = lambda latents, training: latents
    images = np.zeros([4000, SIZE, SIZE, 1], np.float32)

    def latents(training):
        return model(images, training=training)["reconstructions"].numpy()

    np.testing.assert_array_equal(
        latents(training=False), np.tile(Moments.mean, [4000, 1])
    )
    drawn = latents(training=True)
    np.testing.assert_allclose(drawn.mean(axis=0), Moments.mean, atol=0.15)
    np.testing.assert_allclose(drawn.std(axis=0), Moments.deviation, rtol=0.05)
    np.testing.assert_array_equal(latents(training=True), drawn)
    model.optimizer.iterations.assign(1)
    assert np.all(latents(training=True) != drawn)
    model.optimizer.iterations.assign(0)
    model.noise_seed.assign(1)
    assert np.all(latents(training=True) != drawn)


def test_every_part_of_the_vae_learns():
    model = small_vae(spectral_regularization=True)
    images = uneven(8)
    model.adapt(images)
    model.compile()
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = model.compute_loss(images, y_pred=outputs)
    gradients = tape.gradient(loss, model.trainable_variables)
    for gradient, variable in zip(
        gradients, model.trainable_variables, strict=True
    ):
        assert np.all(np.isfinite(gradient)), variable.path
        assert np.any(gradient != 0), variable.path
