"""Spectral losses, CPU seconds added to an LSGAN step of batch 64.

python -m recipes.benchmarks.spectral_terms
"""

import zoo
from recipes.benchmarks.steps import BATCH_SIZE
from recipes.benchmarks.steps import dtype_policy
from recipes.benchmarks.steps import step
from recipes.benchmarks.timing import ratio
from specgan.losses import DistributionSpectralLoss

LOSSES = {
    "decibel": lambda: "decibel",
    "distribution": lambda: "distribution",
    "luma alone": lambda: DistributionSpectralLoss(chroma=False),
}


def main(image_sizes=(64, 32), width=32, batch_size=BATCH_SIZE, repetitions=15):
    """Measure and print."""
    print(" " * 22 + "".join(f"{name:>14}" for name in LOSSES))
    for policy in ("float32", "mixed_bfloat16"):
        for image_size in image_sizes:
            with dtype_policy(policy):
                times = _times(image_size, width, batch_size, repetitions)
            cells = "".join(f"{time - 1:>+14.1%}" for time in times)
            print(f"  {policy:<15}{image_size:>2} px{cells}")


def _times(image_size, width, batch_size, repetitions):
    def lsgan(loss):
        return step(
            zoo.LSGAN,
            image_size,
            width,
            batch_size,
            spectral_regularization=loss,
        ).run

    plain = lsgan(None)
    return [
        ratio(plain, lsgan(make()), repetitions=repetitions, calls=(2, 2))
        for make in LOSSES.values()
    ]


if __name__ == "__main__":
    main()
