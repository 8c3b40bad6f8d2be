"""Training steps of GANs as functions without arguments, to be timed."""

import contextlib
from typing import NamedTuple

import keras
import tensorflow as tf

from specgan.models import GAN

BATCH_SIZE = 64


class Step(NamedTuple):
    """A training step on images that stay the same.

    Args:
        run: Function without arguments that takes the step.
        gan: The GAN, compiled.
        images: Its batch of real images, `[batch * discriminator steps,
            height, width, channels]`.
    """

    run: object
    gan: GAN
    images: tf.Tensor


def step(
    gan_class,
    image_size=64,
    width=32,
    batch_size=BATCH_SIZE,
    jit_compile=False,
    **arguments,
):
    """A training step of a class of the zoo.

    Args:
        gan_class: The class.
        image_size: Side of the images in pixels.
        width: Filters of the map at half the images' size.
        batch_size: Images of each kind in a step of the discriminator.
        jit_compile: Whether XLA compiles it.
        **arguments: Others of the class.

    Returns:
        A `Step`.
    """
    keras.utils.set_random_seed(0)
    gan = gan_class(image_size, width=width, **arguments)
    return step_of(gan, batch_size, jit_compile)


def step_of(gan, batch_size=BATCH_SIZE, jit_compile=False):
    """A training step of a GAN.

    Args:
        gan: The GAN; it is adapted and compiled.
        batch_size, jit_compile: As for `step`.

    Returns:
        A `Step`.
    """
    count = batch_size * gan.discriminator_steps
    images = tf.random.stateless_uniform(
        [count, *gan.image_shape], [0, 0], -1, 1
    )
    gan.adapt(images)
    gan.compile()
    train_step = tf.function(gan.train_step, jit_compile=jit_compile)
    return Step(lambda: train_step(images), gan, images)


@contextlib.contextmanager
def dtype_policy(policy):
    """Keras' dtype policy for a while: "float32", "mixed_bfloat16", ..."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
