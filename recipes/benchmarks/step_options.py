"""Training step of a DCGAN, 64 px, width 32, batch 64, with its options.

python -m recipes.benchmarks.step_options
"""

import time

import tensorflow as tf

import zoo
from recipes.benchmarks.steps import BATCH_SIZE
from recipes.benchmarks.steps import step
from recipes.benchmarks.timing import ratio
from specgan.models.training_step import step_rng


def main(image_size=64, width=32, batch_size=BATCH_SIZE, repetitions=15):
    """Measure and print."""

    def dcgan(**options):
        return step(zoo.DCGAN, image_size, width, batch_size, **options).run

    plain = dcgan()
    two_passes = two_pass_step(step(zoo.DCGAN, image_size, width, batch_size))
    regularized = dcgan(spectral_regularization=True)
    head = dcgan(spectral_regularization=True, spectral_head=True)
    share = ratio(
        plain, dcgan(chroma="half"), repetitions=repetitions, calls=(2, 2)
    )
    print(f"  chroma of half the resolution: {share - 1:+.1%} CPU seconds")
    times = ratio(plain, two_passes, time.perf_counter, repetitions, (2, 2))
    print(
        f"  {times:.2f} times the rate of drawing fakes twice a step, by the "
        "clock (target: 1.1)"
    )
    times = ratio(regularized, head, repetitions=max(1, repetitions // 3))
    print(f"  with the paper's head: {times:.1f} times the CPU seconds a step")


def two_pass_step(given):
    """The usual step: each network's turn draws its own fakes.

    Args:
        given: A `Step`, of a GAN with one step of the discriminator.

    Returns:
        Function without arguments that takes the other step.
    """
    gan = given.gan

    @tf.function
    def train_step(reals):
        rng = step_rng(gan.noise_seed, gan.optimizer)
        shape = [len(reals), gan.latent_dim]
        fakes = gan.generator(rng.normal(shape), training=True)
        gan._discriminator_step(reals, fakes, None, rng)
        variables = gan.generator.trainable_variables
        with tf.GradientTape() as tape:
            fakes = gan.generator(rng.normal(shape), training=True)
            loss = gan._generator_loss(reals, fakes, None, rng, True)
        gan.optimizer.apply(tape.gradient(loss, variables), variables)

    return lambda: train_step(given.images)


if __name__ == "__main__":
    main()
