"""Projection: the latent values whose images are nearest to given ones."""

from typing import Any
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
import tqdm
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer
from specgan.models.images import check_images
from specgan.models.sampling import checked_labels
from specgan.models.sampling import sample_latents


class Projection(NamedTuple):
    """What `project` finds.

    Args:
        latents: `[num, latent_dim]`.
        images: `[num, height, width, channels]` in [-1, 1], those of the
            latents.
        distance: `[num]`, the mean square of the differences of pixels.
    """

    latents: np.ndarray
    images: np.ndarray
    distance: np.ndarray


def project(
    gan: Any,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    steps: int = 300,
    candidates: int = 512,
    learning_rate: float = 0.05,
    prior: float = 0.01,
    seed: int = 0,
) -> Projection:
    """Look for the latent values whose images are nearest to given ones.

    From the nearest of some random images on, by steps of Adam along the
    gradient through the generator. What a generator has never learnt to make
    it does not reach; `distance` shows it.

    Formula, with G the generator in inference mode and P_s the mean over
    s x s pixels:

    ```
    min over z of  sum_s mean (P_s G(z) - P_s x)^2 + prior (mean z^2 - 1)^2
    s = 1, 2, 4 ... as long as 4 pixels are left
    ```

    Args:
        gan: A `GAN`.
        images: `[num, height, width, channels]` in [-1, 1].
        labels: As for `GAN.generate`.
        steps: Positive integer.
        candidates: Positive integer; random images to begin with.
        learning_rate: Adam's at the first step; a cosine takes it to 0.
        prior: Weight of the second term, at least 0, which keeps the length of
            the latents near that of random ones.
        seed: Integer, of the candidates.

    Returns:
        A `Projection`.

    Raises:
        ValueError: If images or labels do not fit the GAN, or a number is out
            of range.

    Reference:
    - Zhu et al., 2016, Section 3.1 (https://arxiv.org/abs/1609.03552)
    """
    require_positive_integer("steps", steps)
    require_positive_integer("candidates", candidates)
    if not 0 <= prior < np.inf or not 0 < learning_rate < np.inf:
        raise ValueError(
            "A projection takes a finite learning rate above 0 and a finite "
            "prior of at least 0. Received: "
            f"learning_rate={learning_rate!r}, prior={prior!r}."
        )
    targets = np.asarray(images, np.float32)
    if not targets.size:
        raise ValueError(
            "There are no images to project. Expected at least one. Received: "
            f"shape={targets.shape}."
        )
    check_images(targets, gan.image_shape)
    if labels is not None or gan.num_classes is not None:
        checked_labels(labels, len(targets), gan.num_classes)
    latents = tf.Variable(
        _nearest(gan, targets, labels, sample_latents(
            candidates, seed, gan.latent_dim
        ).numpy())
    )  # fmt: skip
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    )
    optimizer.build([latents])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            inputs = gan._split_inputs(gan._with_labels(latents, labels))
            made = gan.sampling_generator(inputs, training=False)
            loss = tf.reduce_sum(_distance(made, targets))
            length = tf.reduce_mean(tf.square(latents), axis=1)
            loss += prior * tf.reduce_sum(tf.square(length - 1))
        optimizer.apply(tape.gradient(loss, [latents]), [latents])

    for _ in tqdm.trange(
        steps, desc="Projecting", disable=None, delay=2, leave=False
    ):
        step()
    made = gan.generate(latents.numpy(), labels)
    distance = np.mean(np.square(made - targets), axis=(1, 2, 3))
    return Projection(latents.numpy(), made, distance)


def _nearest(gan, targets, labels, latents):
    """The candidates' latents whose images are nearest to each target."""
    found = np.empty([len(targets), latents.shape[1]], np.float32)
    classes = np.broadcast_to(-1 if labels is None else labels, len(targets))
    for label in np.unique(classes):
        made = gan.generate(latents, None if labels is None else int(label))
        for i in np.flatnonzero(classes == label):
            distance = _distance(made, targets[i : i + 1])
            found[i] = latents[np.argmin(distance)]
    return found


def _distance(made, targets):
    """Of `[num, height, width, channels]` each, a `[num]` tensor."""
    difference = tf.cast(made, tf.float32) - targets
    total = 0.0
    while True:
        total += tf.reduce_mean(tf.square(difference), axis=[1, 2, 3])
        if min(difference.shape[1:3]) < 8:
            return total
        difference = tf.nn.avg_pool2d(difference, 2, 2, "VALID")
