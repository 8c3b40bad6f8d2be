import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan import data
from specgan.losses import DecibelSpectralLoss
from specgan.losses import NonSaturating
from specgan.losses import Wasserstein
from specgan.losses.gradient_penalty import GradientPenalty
from specgan.models import GAN
from specgan.models import Adam
from specgan.models.stateless_rng import StatelessRNG
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import to_uint8
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from tests.tiny_gan import LATENT_DIM
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

RATE = 0.1


@keras.saving.register_keras_serializable(package="tests")
class Penalty(GradientPenalty):
    """A penalty that both batches matter to."""

    def __call__(self, discriminator, reals, fakes, rng):
        return penalty(discriminator, reals, fakes)


def penalty(discriminator, reals, fakes):
    difference = discriminator(reals) - 2 * discriminator(fakes)
    return 0.1 * tf.reduce_mean(difference**2)


def r1_and_r2(discriminator, reals, fakes):
    value = 0.0
    for images in (reals, fakes):
        images = tf.convert_to_tensor(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            logits = discriminator(images)
        squares = tf.square(tape.gradient(logits, images))
        value += 10 / 2 * tf.reduce_sum(squares) / len(images)
    return value


def latents_of(gan, step, batch, count=1):
    """The noise of a training step, in the order in which it is drawn."""
    rng = StatelessRNG(gan.noise_seed, step)
    return [rng.normal([batch, LATENT_DIM]) for _ in range(count)]


def tiny_gan(regularizer=None, **kwargs):
    return GAN(
        tiny_generator(regularizer), tiny_discriminator(regularizer), **kwargs
    )


def compiled(gan, **kwargs):
    """Eager on one device: to trace takes longer than so few steps."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        kwargs = {"run_eagerly": "jit_compile" not in kwargs, **kwargs}
    gan.compile(
        keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), **kwargs
    )
    return gan


def dataset(images, batch, **kwargs):
    return tf.data.Dataset.from_tensor_slices(images).batch(batch, **kwargs)


def assert_weights_equal(one, other, rtol=1e-3, atol=1e-4):
    for mine, others in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=rtol, atol=atol, err_msg=mine.path
        )


VARIANTS = {
    "plain": {},
    "wasserstein": {"adversarial_loss": "wasserstein"},
    "penalty": {"gradient_penalty": Penalty()},
    "relativistic": {
        "adversarial_loss": "relativistic_pairing",
        "gradient_penalty": "r1_r2",
    },
    "spectral": {"spectral_loss": "decibel"},
    "cross_entropy": {"spectral_loss": "cross_entropy"},
    "regularizer": {"regularizer": keras.regularizers.L2(0.05)},
    "all": {
        "gradient_penalty": Penalty(),
        "spectral_loss": True,
        "regularizer": keras.regularizers.L2(0.05),
    },
}


# === One step, beside the same written out ===


class PlainTraining:
    """The alternating steps as a textbook writes them.

    The generator's step draws its images anew, from the noise of the first
    discriminator step, through the discriminator as it has become.
    """

    def __init__(self, gan):
        self.gan = gan
        self.generator = keras.models.clone_model(gan.generator)
        self.discriminator = keras.models.clone_model(gan.discriminator)
        self.generator.set_weights(gan.generator.get_weights())
        self.discriminator.set_weights(gan.discriminator.get_weights())

    def step(self, reals, latents):
        """`reals` and `latents`: one batch per discriminator step."""
        logs = []
        for real, noise in zip(
            [*reals[1:], reals[0]], [*latents[1:], latents[0]], strict=True
        ):
            logs.append(self.discriminator_step(real, noise))
        return np.mean(logs, axis=0), self.generator_step(reals[0], latents[0])

    def discriminator_step(self, reals, latents):
        fakes = self.generator(latents)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(reals)
            fake_logits = self.discriminator(fakes)
            loss = self.gan.adversarial_loss.discriminator(
                real_logits, fake_logits
            )
            if isinstance(self.gan.gradient_penalty, Penalty):
                loss += penalty(self.discriminator, reals, fakes)
            elif self.gan.gradient_penalty is not None:
                loss += r1_and_r2(self.discriminator, reals, fakes)
            total = loss + sum(self.discriminator.losses)
        descend(tape, total, self.discriminator.trainable_variables)
        return loss, np.mean(real_logits), np.mean(fake_logits)

    def generator_step(self, reals, latents):
        spectral_loss = self.gan.spectral_loss
        distance = None
        with tf.GradientTape() as tape:
            fakes = self.generator(latents)
            logits = [self.discriminator(fakes)]
            if self.gan.adversarial_loss.relativistic:
                logits.append(self.discriminator(reals))
            loss = self.gan.adversarial_loss.generator(*logits)
            total = loss + sum(self.generator.losses)
            if spectral_loss is not None:
                distance = spectral_loss(fakes, reals)
                total += spectral_loss.weight * distance
        descend(tape, total, self.generator.trainable_variables)
        return loss, distance


def descend(tape, loss, variables):
    for variable, gradient in zip(
        variables, tape.gradient(loss, variables), strict=True
    ):
        variable.assign_sub(RATE * gradient)


@pytest.mark.parametrize("discriminator_steps", quick_first(2, 1))
@pytest.mark.parametrize("variant", VARIANTS)
def test_training_equals_plain_alternating_steps(variant, discriminator_steps):
    gan = compiled(
        tiny_gan(**VARIANTS[variant], discriminator_steps=discriminator_steps)
    )
    batch, steps = 3, 2
    images = uniform(steps * discriminator_steps * batch, SIZE, SIZE, 1)
    gan.adapt(uniform(16, SIZE, SIZE, 1, seed=1) / 2)
    plain = PlainTraining(gan)
    latents = [
        latents_of(gan, step, batch, discriminator_steps)
        for step in range(steps)
    ]
    # The steps of the discriminator take turns through the joined batches.
    reals = images.reshape(steps, batch, discriminator_steps, SIZE, SIZE, 1)
    reals = reals.swapaxes(1, 2)
    expected = [plain.step(*both) for both in zip(reals, latents, strict=True)]

    logs = gan.fit(dataset(images, batch), verbose=0).history

    assert_weights_equal(gan.discriminator, plain.discriminator)
    assert_weights_equal(gan.generator, plain.generator)
    discriminator_logs = np.mean([logs for logs, _ in expected], axis=0)
    for name, value in zip(
        ("d_loss", "d_real", "d_fake"), discriminator_logs, strict=True
    ):
        np.testing.assert_allclose(logs[name][0], value, rtol=1e-4, atol=1e-6)
    g_loss, distance = zip(*[logs for _, logs in expected], strict=True)
    np.testing.assert_allclose(logs["g_loss"][0], np.mean(g_loss), rtol=1e-4)
    if gan.spectral_loss is not None:
        np.testing.assert_allclose(
            logs["spectral_loss"][0], np.mean(distance), rtol=1e-4
        )


@keras.saving.register_keras_serializable(package="tests")
class CountedPasses(keras.layers.Layer):
    passes = 0

    def call(self, inputs):
        type(self).passes += 1
        return inputs


@pytest.mark.parametrize("discriminator_steps", [1, 3])
def test_generator_runs_once_for_each_batch_of_fakes(discriminator_steps):
    generator = tiny_generator()
    generator.add(CountedPasses())
    gan = GAN(
        generator,
        tiny_discriminator(),
        discriminator_steps=discriminator_steps,
    )
    compiled(gan, run_eagerly=True)
    CountedPasses.passes = 0
    gan.fit(
        dataset(uniform(2 * discriminator_steps, SIZE, SIZE, 1), 1), verbose=0
    )
    assert CountedPasses.passes == 2 * discriminator_steps


def test_every_real_image_is_seen_once_an_epoch():
    seen = []

    class Record(GradientPenalty):
        def __call__(self, discriminator, reals, fakes, rng):
            seen.append(reals.numpy())
            return 0.0

    gan = tiny_gan(gradient_penalty=Record(), discriminator_steps=2)
    compiled(gan, run_eagerly=True)
    images = uniform(12, SIZE, SIZE, 1)
    gan.fit(dataset(images, 3), verbose=0)
    assert [len(batch) for batch in seen] == [3] * 4
    seen = np.concatenate(seen)
    np.testing.assert_array_equal(
        np.sort(seen, axis=0), np.sort(images, axis=0)
    )
    assert int(gan.g_optimizer.iterations.numpy()) == 2
    assert int(gan.d_optimizer.iterations.numpy()) == 4


def test_noise_differs_by_step_draw_and_seed_and_is_standard_normal():
    gan = compiled(tiny_gan(seed=1))
    draws = [*latents_of(gan, 0, 500, 2), *latents_of(gan, 1, 500)]
    draws += latents_of(tiny_gan(), 0, 500)
    for i, one in enumerate(draws):
        assert one.shape == (500, LATENT_DIM)
        np.testing.assert_allclose(np.mean(one), 0, atol=0.1)
        np.testing.assert_allclose(np.std(one), 1, atol=0.1)
        for other in draws[:i]:
            assert np.all(one != other)


# === Ways of execution ===


def trained(gan, **compile_kwargs):
    compiled(gan, **compile_kwargs)
    gan.adapt(uniform(16, SIZE, SIZE, 1, seed=1) / 2)
    gan.fit(dataset(uniform(16, SIZE, SIZE, 1), 4), verbose=0)
    return gan


@pytest.mark.parametrize(
    "compile_kwargs",
    [
        {"run_eagerly": True},
        {"jit_compile": True},
        {"steps_per_execution": 2},
    ],
    ids=["eager", "jit", "steps_per_execution"],
)
def test_ways_of_execution_agree(compile_kwargs, monkeypatch):
    # XLA draws other normal values from the same seeds.
    noise = tf.random.stateless_normal([4, LATENT_DIM], [0, 0])
    monkeypatch.setattr(StatelessRNG, "normal", lambda self, shape: noise)
    # The logarithms of single images' powers, which the distribution loss
    # takes, enlarge what the ways differ by in rounding.
    gan = tiny_gan(**{**VARIANTS["all"], "spectral_loss": "decibel"})
    other = GAN.from_config(gan.get_config())
    other.set_weights(gan.get_weights())
    trained(gan)
    trained(other, **compile_kwargs)
    assert_weights_equal(gan, other)


def test_training_repeats_exactly():
    weights = []
    for seed in (3, 3, 4):
        keras.utils.set_random_seed(0)
        gan = trained(tiny_gan(spectral_loss=True, seed=seed))
        weights.append(np.concatenate([w.ravel() for w in gan.get_weights()]))
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.any(weights[0] != weights[2])


def test_training_resumes_exactly():
    images = dataset(uniform(16, SIZE, SIZE, 1), 4)
    gan = tiny_gan(**VARIANTS["all"])
    gan.adapt(images)
    gan.compile()
    gan.fit(images, verbose=0)
    resumed = saved_and_loaded(gan)
    for model in (gan, resumed):
        model.fit(images, epochs=2, initial_epoch=1, verbose=0)
    assert_weights_equal(gan, resumed, rtol=0, atol=0)


@pytest.mark.parametrize(
    "variant, discriminator_steps",
    [
        # "all" has the others' parts, but for its losses.
        pytest.param(
            variant,
            steps,
            marks=()
            if (variant, steps) in [("all", 2), ("relativistic", 1)]
            else pytest.mark.slow,
        )
        for variant in VARIANTS
        for steps in (1, 2)
    ],
)
def test_two_replicas_equal_one_on_the_joint_batch(
    variant, discriminator_steps
):
    gan = tiny_gan(**VARIANTS[variant], discriminator_steps=discriminator_steps)
    with two_replicas().scope():
        mirrored = compiled(GAN.from_config(gan.get_config()))
    mirrored.set_weights(gan.get_weights())
    compiled(gan)
    images = uniform(16 * discriminator_steps, SIZE, SIZE, 1)
    # The halves of a batch have unequal spectra.
    images *= np.linspace(0.2, 1, len(images))[:, None, None, None]
    batches = dataset(images.astype("float32"), 8, drop_remainder=True)
    histories = []
    for model in (gan, mirrored):
        model.adapt(images)
        history = model.fit(batches, verbose=0)
        histories.append(history.history)
    assert_weights_equal(gan, mirrored)
    if discriminator_steps == 1:
        for name, values in histories[0].items():
            np.testing.assert_allclose(
                histories[1][name], values, rtol=1e-3, atol=1e-5, err_msg=name
            )


def test_replicas_see_the_images_in_the_order_of_one_device():
    # Every iterator over `from_array` begins another epoch's order: none may
    # be opened under a strategy only.
    pixels = to_uint8(uniform(24, SIZE, SIZE, 1)).numpy()
    gan = compiled(tiny_gan())
    with two_replicas().scope():
        mirrored = compiled(GAN.from_config(gan.get_config()))
    mirrored.set_weights(gan.get_weights())
    for model in (gan, mirrored):
        model.fit(data.from_array(pixels, batch_size=8), epochs=2, verbose=0)
    assert_weights_equal(gan, mirrored)


@pytest.mark.parametrize(
    "arguments", [{"jit_compile": True}, {"steps_per_execution": 4}]
)
def test_compile_refuses_what_keras_cannot_under_replicas(arguments):
    with two_replicas().scope():
        gan = tiny_gan()
        with pytest.raises(ValueError, match="2 replicas. Leave both out"):
            gan.compile(**arguments)


SPLIT = {"validation_split": 0.2}


@pytest.mark.parametrize(
    "as_given",
    quick_first(
        lambda images: (dataset(images[:16], 8, drop_remainder=True), {}),
        lambda images: (images[:20], {"batch_size": 8, **SPLIT}),
        lambda images: (images[:16], {"batch_size": 8}),
        lambda images: (images[:16], {}),
        lambda images: (images[:18], {"batch_size": 8}),
        quick=2,
    ),
)
def test_batches_that_replicas_can_share(as_given):
    with two_replicas().scope():
        gan = compiled(tiny_gan())
    images, arguments = as_given(uniform(20, SIZE, SIZE, 1))
    history = gan.fit(images, verbose=0, **arguments).history
    assert np.all(np.isfinite(history["d_loss"] + history["g_loss"]))


@pytest.mark.parametrize("discriminator_steps", [1, 2])
@pytest.mark.parametrize(
    "as_given, size",
    [
        (lambda images: (dataset(images, 1, drop_remainder=True), {}), "1"),
        (lambda images: (dataset(images, 15, drop_remainder=True), {}), "15"),
        (lambda images: (images, {"batch_size": 15}), "15"),
    ],
)
def test_batches_that_replicas_cannot_share(
    as_given, size, discriminator_steps
):
    with two_replicas().scope():
        gan = compiled(tiny_gan(discriminator_steps=discriminator_steps))
    images, arguments = as_given(uniform(30, SIZE, SIZE, 1))
    with pytest.raises(ValueError, match=f"multiple of 2.* batch of {size}"):
        gan.fit(images, verbose=0, **arguments)
    assert int(gan.optimizer.iterations.numpy()) == 0


@pytest.mark.parametrize(
    "as_given, size",
    [
        (lambda images: (dataset(images, 8), {}), "unknown size"),
        (lambda images: (images[:17], {"batch_size": 8}), "1"),
        (lambda images: (images, {"batch_size": 8}), "3"),
        (lambda images: (images, {"batch_size": 8, **SPLIT}), "7"),
        (lambda images: (images[:5], {}), "5"),
    ],
)
def test_a_last_batch_that_replicas_cannot_share(as_given, size):
    with two_replicas().scope():
        gan = compiled(tiny_gan())
    images, arguments = as_given(uniform(19, SIZE, SIZE, 1))
    with pytest.raises(ValueError, match=f"batch of {size}"):
        gan.fit(images, verbose=0, **arguments)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("clipped", ["g", "d"])
def test_compile_refuses_to_clip_under_replicas(policy, scaled, clipped):
    keras.config.set_dtype_policy(policy)
    with two_replicas().scope():
        optimizers = {
            network: keras.optimizers.SGD(
                RATE, clipnorm=1.0 if network == clipped else None
            )
            for network in "gd"
        }
        if scaled:
            optimizers = {
                network: keras.optimizers.LossScaleOptimizer(optimizer)
                for network, optimizer in optimizers.items()
            }
        gan = tiny_gan()
        with pytest.raises(ValueError, match="{'clipnorm': 1.0} with 2"):
            gan.compile(optimizers["g"], optimizers["d"])


def test_loss_scaling_does_not_change_the_step():
    gan = tiny_gan(**VARIANTS["all"])
    scaled = GAN.from_config(gan.get_config())
    scaled.set_weights(gan.get_weights())
    compiled(gan)
    scaled.compile(
        *[
            keras.optimizers.LossScaleOptimizer(
                keras.optimizers.SGD(RATE), initial_scale=1024.0
            )
            for _ in range(2)
        ]
    )
    for model in (gan, scaled):
        model.adapt(uniform(16, SIZE, SIZE, 1, seed=1) / 2)
        model.fit(dataset(uniform(8, SIZE, SIZE, 1), 4), verbose=0)
    assert_weights_equal(gan, scaled)


def test_mixed_precision_scales_both_losses():
    keras.config.set_dtype_policy("mixed_float16")
    gan = tiny_gan(spectral_loss=True)
    gan.compile()
    for optimizer in (gan.g_optimizer, gan.d_optimizer):
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    before = gan.get_weights()
    images = uniform(16, SIZE, SIZE, 1)
    gan.adapt(images)
    logs = gan.fit(dataset(images, 4), epochs=3, verbose=0).history
    assert np.all(np.isfinite(list(logs.values())))
    for variable in gan.trainable_variables:
        assert variable.dtype == "float32"
        assert np.all(np.isfinite(variable))
    assert np.any(gan.generator.get_weights()[0] != before[0])
    assert gan.sample(2).dtype == np.float32


# === Compiling ===


def test_default_optimizers():
    gan = tiny_gan()
    gan.compile()
    for optimizer, network in (
        (gan.g_optimizer, gan.generator),
        (gan.d_optimizer, gan.discriminator),
    ):
        assert type(optimizer) is Adam
        assert optimizer.learning_rate == np.float32(2e-4)
        assert optimizer.beta_1 == 0.5
        # iterations, learning rate, two slots a variable
        expected = 2 + 2 * len(network.trainable_variables)
        assert len(optimizer.variables) == expected
    assert gan.g_optimizer is gan.optimizer
    assert gan.g_optimizer is not gan.d_optimizer


def test_optimizers_by_name():
    gan = tiny_gan()
    gan.compile("sgd", "rmsprop")
    assert type(gan.g_optimizer) is keras.optimizers.SGD
    assert type(gan.d_optimizer) is keras.optimizers.RMSprop


def test_keras_learning_rate_callbacks_act_on_the_generator():
    gan = compiled(tiny_gan())
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.125)
    gan.fit(uniform(4, SIZE, SIZE, 1), verbose=0, callbacks=[scheduler])
    assert gan.g_optimizer.learning_rate == 0.125
    assert gan.d_optimizer.learning_rate == RATE


def test_networks_that_do_not_fit():
    with pytest.raises(
        ValueError,
        match=r"Expected images of shape \(8, 8, 1\). Received: \(8, 8, 3\)",
    ):
        GAN(tiny_generator(channels=3), tiny_discriminator())


@pytest.mark.parametrize(
    "networks",
    [
        lambda: (keras.Sequential(), tiny_discriminator()),
        lambda: (
            tiny_generator(),
            keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)]),
        ),
        lambda: (None, tiny_discriminator()),
    ],
)
def test_networks_without_shapes(networks):
    with pytest.raises(ValueError, match="Expected built Keras models"):
        GAN(*networks())


@pytest.mark.parametrize("scaled", [False, True])
def test_one_optimizer_for_both_networks(scaled):
    optimizer = one = keras.optimizers.SGD()
    if scaled:
        one = keras.optimizers.LossScaleOptimizer(optimizer)
    with pytest.raises(ValueError, match="same object twice, .*another one"):
        tiny_gan().compile(one, optimizer)


@pytest.mark.parametrize("steps", [0, -1])
def test_invalid_discriminator_steps(steps):
    with pytest.raises(ValueError, match=f"discriminator_steps={steps}"):
        tiny_gan(discriminator_steps=steps)


def test_unknown_losses():
    with pytest.raises(ValueError, match="Did you mean 'wasserstein'"):
        tiny_gan(adversarial_loss="wassersteen")
    with pytest.raises(ValueError, match="Did you mean 'decibel'"):
        tiny_gan(spectral_loss="decibels")


# === Real images ===


@pytest.mark.parametrize("as_dataset", [False, True])
def test_adapt_takes_the_first_images(as_dataset):
    images = uniform(100, SIZE, SIZE, 1)
    gan = tiny_gan(spectral_loss=True)
    gan.adapt(dataset(images, 16) if as_dataset else images, num_images=70)
    assert int(gan.spectral_loss.target_count.numpy()) == 70
    np.testing.assert_allclose(
        gan.spectral_loss.target,
        np.mean(azimuthal_integral(images[:70]), axis=0),
        rtol=1e-4,
    )


def test_fit_before_adapt():
    gan = compiled(tiny_gan(spectral_loss=True))
    images = uniform(4, SIZE, SIZE, 1)
    with pytest.raises(ValueError, match=r"Call adapt\(images\) first"):
        gan.fit(images)
    gan.adapt(images)
    gan.fit(images, verbose=0)


def with_value(value):
    images = uniform(4, SIZE, SIZE, 1)
    images[1, 2, 3] = value
    return images


BAD_IMAGES = {
    "nan": (with_value(np.nan), "NaN or infinite"),
    "infinite": (with_value(np.inf), "NaN or infinite"),
    "too large": (with_value(1.5), r"Received: values from -0\.\d+ to 1.5"),
    "too small": (with_value(-3), "Received: values from -3 to"),
    "8 bits": (
        np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1),
        "values from 0 to 255. For 8-bit images use images / 127.5 - 1",
    ),
    "channels": (
        uniform(4, SIZE, SIZE, 3),
        r"Expected batches of shape \(batch, 8, 8, 1\). "
        r"Received: \(4, 8, 8, 3\)",
    ),
    "size": (uniform(4, 16, 16, 1), r"Received: \(4, 16, 16, 1\)"),
    "no channels": (uniform(4, SIZE, SIZE), r"Received: \(4, 8, 8\)"),
    "none": (uniform(0, SIZE, SIZE, 1), "Expected at least one image"),
}


@pytest.mark.parametrize("spectral_loss", [None, True])
@pytest.mark.parametrize("as_dataset", [False, True])
@pytest.mark.parametrize("kind", BAD_IMAGES)
def test_bad_images(kind, as_dataset, spectral_loss):
    images, message = BAD_IMAGES[kind]
    if as_dataset:
        images = dataset(images, 4)
    gan = compiled(tiny_gan(spectral_loss=spectral_loss))
    with pytest.raises(ValueError, match=message):
        gan.adapt(images)
    gan.adapt(uniform(4, SIZE, SIZE, 1))
    with pytest.raises(ValueError, match=message):
        gan.fit(images, verbose=0)


@pytest.mark.parametrize("num_images", [0, -1])
def test_invalid_number_of_images(num_images):
    with pytest.raises(ValueError, match=f"Received: num_images={num_images}"):
        tiny_gan().adapt(uniform(4, SIZE, SIZE, 1), num_images)


@pytest.mark.parametrize("discriminator_steps", [1, 2])
def test_labels_are_ignored(discriminator_steps):
    images = uniform(8, SIZE, SIZE, 1)
    labelled = tf.data.Dataset.from_tensor_slices((images, np.arange(8)))
    gan = tiny_gan(spectral_loss=True, discriminator_steps=discriminator_steps)
    other = GAN.from_config(gan.get_config())
    other.set_weights(gan.get_weights())
    for model, batches in (
        (gan, dataset(images, 4)),
        (other, labelled.batch(4)),
    ):
        compiled(model)
        model.adapt(batches)
        model.fit(batches, verbose=0)
        model.evaluate(batches, verbose=0)
    assert_weights_equal(gan, other)


@pytest.mark.parametrize("count", [8, 7])
def test_arrays_train_as_datasets_do(count):
    images = uniform(count, SIZE, SIZE, 1)
    gan = tiny_gan(discriminator_steps=2)
    other = GAN.from_config(gan.get_config())
    other.set_weights(gan.get_weights())
    compiled(gan).fit(images, batch_size=2, shuffle=False, verbose=0)
    compiled(other).fit(dataset(images, 2), verbose=0)
    assert_weights_equal(gan, other)


# === Evaluating and generating ===


def test_evaluate_equals_plain_losses():
    gan = compiled(tiny_gan(**VARIANTS["all"]))
    images = uniform(5, SIZE, SIZE, 1)
    gan.adapt(images / 2)
    weights = gan.get_weights()
    measured = gan.evaluate(images, batch_size=5, return_dict=True, verbose=0)
    fakes = gan.generator(*latents_of(gan, 0, 5))
    real_logits, fake_logits = map(gan.discriminator, (images, fakes))
    loss = NonSaturating()
    expected = {
        "d_loss": loss.discriminator(real_logits, fake_logits)
        + penalty(gan.discriminator, images, fakes),
        "g_loss": loss.generator(fake_logits),
        "d_real": np.mean(real_logits),
        "d_fake": np.mean(fake_logits),
        "spectral_loss": gan.spectral_loss(fakes, images),
    }
    assert measured.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(measured[name], value, rtol=1e-5)
    for before, after in zip(weights, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_logs_start_anew_every_epoch():
    gan = tiny_gan(adversarial_loss=Wasserstein())
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    logs = gan.fit(uniform(4, SIZE, SIZE, 1), epochs=2, verbose=0).history
    # Nothing learns, and real images are the same: so is their mean logit.
    np.testing.assert_allclose(*logs["d_real"], rtol=1e-5)
    for name in ("d_loss", "g_loss", "d_fake"):  # other noise
        assert logs[name][0] != logs[name][1]


def test_sample_is_the_generator_in_inference_mode():
    gan = tiny_gan()
    latents = tf.random.stateless_normal([3, LATENT_DIM], [7, 0])
    np.testing.assert_allclose(
        gan.sample(3, seed=7), gan.generator(latents), rtol=1e-5
    )
    np.testing.assert_allclose(gan(latents), gan.generator(latents))
    np.testing.assert_allclose(
        gan.sample(2, seed=7), gan.sample(3, seed=7)[:2], rtol=1e-5
    )


def test_sample_follows_the_training():
    gan = compiled(tiny_gan())
    before = gan.sample(2)
    gan.fit(uniform(4, SIZE, SIZE, 1), verbose=0)
    assert np.any(gan.sample(2) != before)


@pytest.mark.parametrize("seed", [-1, 2**40, 10**30, np.int64(3)])
def test_samples_have_any_integer_as_seed(seed):
    images = compiled(tiny_gan()).sample(1, seed=seed)
    assert images.shape == (1, SIZE, SIZE, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: tiny_gan(seed=-1),
        lambda: tiny_gan(seed=2**31),
        lambda: tiny_gan(seed="a"),
        lambda: tiny_gan(ema_decay="a"),
        lambda: tiny_gan(ema_decay=1.0),
        lambda: tiny_gan(discriminator_steps=2.5),
        lambda: tiny_gan(spectral_loss=["decibel"]),
        lambda: tiny_gan(spectral_loss=DecibelSpectralLoss(np.inf)),
        lambda: tiny_gan(spectral_loss=DecibelSpectralLoss(delta=-1)),
        lambda: tiny_gan().sample(2.5),
        lambda: tiny_gan().sample(1, seed=1.5),
        lambda: tiny_gan().sample(1, batch_size=0),
        lambda: tiny_gan().adapt("photos"),
        lambda: compiled(tiny_gan()).fit(None),
        lambda: compiled(tiny_gan()).fit([uniform(2, SIZE, SIZE, 1)]),
        lambda: compiled(tiny_gan()).fit(iter([uniform(2, SIZE, SIZE, 1)])),
        lambda: compiled(tiny_gan()).fit(
            uniform(2, SIZE, SIZE, 1), batch_size=-1
        ),
        lambda: compiled(tiny_gan()).fit(uniform(2, SIZE, SIZE, 1), epochs=0),
        lambda: compiled(tiny_gan()).evaluate(
            np.nan * uniform(2, SIZE, SIZE, 1)
        ),
        lambda: compiled(tiny_gan(spectral_loss=True)).evaluate(
            uniform(2, SIZE, SIZE, 1)
        ),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(ValueError, match=r"Received:|Received "):
        call()


# === Saving and exporting ===


def test_file_keeps_all_parts():
    gan = tiny_gan(
        adversarial_loss="hinge",
        gradient_penalty=Penalty(weight=2.0),
        spectral_loss=DecibelSpectralLoss(0.25, delta=1.0),
        discriminator_steps=2,
        seed=5,
        name="mine",
    )
    gan.compile(
        keras.optimizers.SGD(0.1, momentum=0.9), "adam", run_eagerly=True
    )
    gan.adapt(uniform(4, SIZE, SIZE, 1))
    gan.fit(dataset(uniform(4, SIZE, SIZE, 1), 2), verbose=0)
    again = saved_and_loaded(gan)
    for name in ("adversarial_loss", "gradient_penalty", "spectral_loss"):
        part, other = getattr(gan, name), getattr(again, name)
        assert type(other) is type(part)
        assert other.get_config() == part.get_config()
    for name in ("discriminator_steps", "seed", "name"):
        assert getattr(again, name) == getattr(gan, name)
    assert again.spectral_loss.adapted
    assert again.run_eagerly
    assert_weights_equal(again, gan, rtol=0, atol=0)
    for name in ("g_optimizer", "d_optimizer"):
        for variable, other in zip(
            getattr(gan, name).variables,
            getattr(again, name).variables,
            strict=True,
        ):
            np.testing.assert_array_equal(variable, other)


def test_uncompiled_model_can_be_saved():
    gan = tiny_gan()
    again = saved_and_loaded(gan)
    assert not again.compiled
    np.testing.assert_array_equal(again.sample(2), gan.sample(2))


def test_exported_spectrum(tmp_path):
    gan = GAN(tiny_generator(channels=3), tiny_discriminator(channels=3))
    gan.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    pictures = exported.sample(4, 1)
    assert pictures.shape == (4, SIZE, SIZE, 3)
    spectrum = exported.spectrum(pictures)
    np.testing.assert_allclose(spectrum["frequencies"], np.arange(5) / 8)
    expected = decibels(azimuthal_integral(from_uint8(pictures)))[:, :-1]
    np.testing.assert_allclose(spectrum["decibels"], expected, atol=1e-3)


def test_export_never_overwrites(tmp_path):
    path = tmp_path / "exported"
    path.mkdir()
    (path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not an empty folder"):
        tiny_gan().export(path)
    assert [one.name for one in tmp_path.iterdir()] == ["exported"]
    assert (path / "notes.txt").read_text() == "mine"
