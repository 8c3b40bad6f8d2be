"""Evaluation of 2048 and 2048 images of 64 px with Inception, by the clock.

python -m recipes.benchmarks.evaluations
"""

import tempfile
import time

from specgan import data
from specgan import metrics


def main(num=2048):
    """Measure and print."""
    try:
        network = metrics.InceptionFeatures()
    except FileNotFoundError:
        print("  skipped: needs `specgan fetch-inception`")
        return
    photographs = data.load_array("photos", image_size=64)
    real, fake = photographs[: 2 * num : 2], photographs[1 : 2 * num : 2]
    network(real[:64])
    with tempfile.TemporaryDirectory() as folder:
        durations = []
        for _ in range(2):
            features = metrics.CachedFeatures(network, folder)
            start = time.perf_counter()
            evaluation = metrics.Evaluation(features)
            evaluation.add(real=[real], fake=[fake])
            evaluation.result()
            evaluation.intervals()
            durations.append(time.perf_counter() - start)
    first, second = durations
    print(
        f"  {first:.0f} s, the second time {second:.1f} s: "
        f"{first / second:.0f} times faster (target: 20)"
    )


if __name__ == "__main__":
    main()
