"""Gradient of the spectral losses against finite differences, float64.

python -m recipes.benchmarks.gradients
"""

import numpy as np
import tensorflow as tf

from specgan.losses import spectral
from specgan.signal import azimuthal_integral


def main(image_size=8):
    """Measure and print."""
    shape = [2, image_size, image_size, 3]
    images = tf.random.stateless_uniform(shape, [0, 0], -1, 1)
    images = tf.cast(images, tf.float64)
    others = tf.random.stateless_uniform(shape, [1, 0], -1, 1)
    power = azimuthal_integral(tf.cast(others, tf.float64))

    def decibel(x):
        mean = tf.reduce_mean(azimuthal_integral(x), axis=0)
        return spectral.decibel_distance(mean, 2.5 * power[0])

    def cross_entropy(x):
        integral = azimuthal_integral((x + 1) / 2)
        return spectral.cross_entropy_distance(
            integral / integral[:, :1], power[0] / tf.reduce_sum(power[0])
        )

    for name, loss in [
        ("decibel", decibel),
        ("cross-entropy (Eq. 11)", cross_entropy),
    ]:
        exact, numeric = tf.test.compute_gradient(loss, [images], delta=1e-5)
        error = np.linalg.norm(exact[0] - numeric[0])
        error /= np.linalg.norm(numeric[0])
        print(f"  {name}: relative difference {error:.1e} (target: 1e-6)")


if __name__ == "__main__":
    main()
