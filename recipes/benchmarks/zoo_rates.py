"""Generator steps of 64 images per second, 64 px, width 32, by the clock.

python -m recipes.benchmarks.zoo_rates
"""

import time

import numpy as np

import zoo
from recipes.benchmarks.steps import BATCH_SIZE
from recipes.benchmarks.steps import step
from recipes.benchmarks.timing import durations
from recipes.benchmarks.timing import timer

COLUMNS = {
    "plain": {},
    "regularized": {"spectral_regularization": True},
    "with average": {"spectral_regularization": True, "ema_decay": 0.999},
    "compiled by XLA": {"spectral_regularization": True, "jit_compile": True},
}


def main(
    names=None, image_size=64, width=32, batch_size=BATCH_SIZE, repetitions=9
):
    """Measure and print."""
    print(" " * 9 + "".join(f"{column:>17}" for column in COLUMNS))
    for name in names or zoo.GANS:
        steps = [
            timer(
                step(
                    zoo.GANS[name], image_size, width, batch_size, **options
                ).run,
                time.perf_counter,
            )
            for options in COLUMNS.values()
        ]
        seconds = durations(steps, repetitions, warm_up=2)
        cells = "".join(f"{1 / s:>17.2f}" for s in np.median(seconds, axis=0))
        print(f"  {name:<7}{cells}")


if __name__ == "__main__":
    main()
