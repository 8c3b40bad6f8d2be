"""The paper's detector features, images per CPU second.

python -m recipes.benchmarks.reference_features
"""

import functools
import time

import numpy as np

from recipes.benchmarks.released_code import released_features
from recipes.benchmarks.timing import ratio
from specgan.detection import SpectralFeatures

SIZES = (
    (64, 64), (128, 128), (218, 178), (256, 256), (512, 512), (1024, 1024)
)  # fmt: skip


def main(sizes=SIZES, pixels=2**20, repetitions=7):
    """Measure and print."""
    print("               released      ours   times (target: 10)")
    features = SpectralFeatures(reference_code=True, length=300)
    for height, width in sizes:
        count = max(1, pixels // (height * width))
        images = np.random.default_rng(0).integers(
            0, 256, [count, height, width, 1], dtype=np.uint8
        )
        few = images[: max(1, count // 16), ..., 0]
        ours = functools.partial(features, images)
        released = functools.partial(_each, released_features, few)
        times = ratio(ours, released, repetitions=repetitions)
        times *= count / len(few)
        start = time.process_time()
        ours()
        rate = count / (time.process_time() - start)
        size = f"{height}x{width}"
        print(f"  {size:<11}{rate / times:>9.1f}{rate:>10.0f}{times:>8.1f}")


def _each(function, images):
    for image in images:
        function(image)


if __name__ == "__main__":
    main()
