"""Azimuthal integral, 128 px, batch 64, images per CPU second.

python -m recipes.benchmarks.azimuthal_integrals
"""

import numpy as np
import tensorflow as tf

from recipes.benchmarks.released_code import released_azimuthal_average
from recipes.benchmarks.timing import ratio
from specgan.signal import azimuthal_integral


def main(image_size=128, batch_size=64, repetitions=15):
    """Measure and print."""
    images = tf.random.stateless_normal(
        [batch_size, image_size, image_size, 1], [0, 0]
    )
    arrays = images.numpy()[..., 0].astype(np.float64)
    transform = tf.function(lambda x: tf.signal.rfft2d(x[..., 0]))

    def ours():
        return azimuthal_integral(images)

    def released():
        return [released_azimuthal_average(image) for image in arrays]

    def bare_transform():
        return transform(images)

    times = ratio(ours, released, repetitions=repetitions, calls=(20, 1))
    print(f"  {times:.0f} times the authors' procedure in NumPy (target: 30)")
    times = ratio(ours, bare_transform, repetitions=repetitions, calls=(20, 20))
    print(f"  {times:.2f} of a bare tf.signal.rfft2d (target: 0.8)")


if __name__ == "__main__":
    main()
