"""The moving average of a generator's weights."""

import keras
import tensorflow as tf


def average_of(generator):
    """A copy of a generator, to become its moving average.

    Args:
        generator: Built Keras model.

    Returns:
        A Keras model of equal weights, not trainable.
    """
    average = keras.models.clone_model(generator)
    average.set_weights(generator.get_weights())
    average.trainable = False
    return average


def update(average, generator, decay):
    """Move the average's trained weights towards the generator's.

    Call it in replica context. Batch-norm statistics are not averaged: those
    of earlier weights do not fit, see `recalibrate`.

    Args:
        average: What `average_of` gave.
        generator: The generator.
        decay: Scalar in [0, 1): the share of the average that stays.
    """
    pairs = [
        (mean.value, latest.value)
        for mean, latest in zip(average.weights, generator.weights, strict=True)
        if latest.trainable
    ]

    def move(strategy, decay):
        for mean, latest in pairs:
            strategy.extended.update(
                mean,
                lambda a, w, d: a.assign_sub((1.0 - d) * (a - w)),
                args=(latest, decay),
            )

    tf.distribute.get_replica_context().merge_call(move, args=(decay,))


def recalibrate(generator, latents, batch_size=64):
    """Set batch-norm statistics to those that a generator really has.

    Averaged or copied statistics belong to other weights: with them the
    spectrum of images from an average was 0.2 to 1 dB worse (DCGAN, 32 px,
    decay 0.9 and 0.99, first 600 steps). These are means over the batches.

    Args:
        generator: Keras model.
        latents: `[count, latent_dim]`.
        batch_size: Latents a batch.
    """
    layers = [
        layer
        for layer in generator._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not layers:
        return
    kept = [(layer, layer.momentum, layer.trainable) for layer in layers]
    for count, start in enumerate(range(0, len(latents), batch_size)):
        for layer in layers:
            layer.trainable = True  # Or it would use its statistics.
            layer.momentum = count / (count + 1)  # A plain mean over batches.
        generator(latents[start : start + batch_size], training=True)
    for layer, momentum, trainable in kept:
        layer.momentum, layer.trainable = momentum, trainable
