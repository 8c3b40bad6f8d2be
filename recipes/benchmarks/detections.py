"""`specgan detect` on JPEG files of 256 px, by the clock.

python -m recipes.benchmarks.detections
"""

import contextlib
import io
import pathlib
import tempfile
import time

from specgan import data
from specgan.cli import main as command_line
from specgan.detection import matching
from zoo import detectors


def main(few=200, many=1200):
    """Measure and print; what both numbers spend on starting cancels."""
    name = next(iter(detectors.detector_names()))
    photographs = data.load_array("photos", image_size=256)
    with tempfile.TemporaryDirectory() as folder:
        for place in range(many):
            pixels = photographs[place % len(photographs)]
            matching.to_image(pixels).save(f"{folder}/{place}.jpg", quality=90)
        paths = sorted(map(str, pathlib.Path(folder).iterdir()))
        durations = {}
        for count in (few, few, many):  # The first one warms up.
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                command_line.main(
                    ["detect", "--detector", name, *paths[:count]]
                )
            durations[count] = time.perf_counter() - start
    rate = (many - few) / (durations[many] - durations[few])
    print(f"  {rate:.0f} images a second (target: 200)")


if __name__ == "__main__":
    main()
