"""LSGAN step, 64 px, width 32: CPU seconds an image, batch 8 against 64.

python -m recipes.benchmarks.small_batches
"""

import zoo
from recipes.benchmarks.steps import BATCH_SIZE
from recipes.benchmarks.steps import dtype_policy
from recipes.benchmarks.steps import step
from recipes.benchmarks.timing import ratio

SMALL = 8
TARGET = 1.2


def main(image_size=64, width=32, sizes=(BATCH_SIZE, SMALL), repetitions=15):
    """Measure and print."""
    for policy in ("float32", "mixed_bfloat16"):
        with dtype_policy(policy):
            large, small = (
                step(zoo.LSGAN, image_size, width, batch_size).run
                for batch_size in sizes
            )
        # As many images in a turn of both.
        many = sizes[0] // sizes[1]
        part = ratio(large, small, repetitions=repetitions, calls=(1, many))
        print(f"  {policy:<15}{part * many:>6.2f} (target: {TARGET})")


if __name__ == "__main__":
    main()
