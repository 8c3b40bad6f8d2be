"""How long commands take that need no TensorFlow, against what they import.

python -m recipes.benchmarks.start_up

CPU seconds (user and system) of a process, the median of some runs, in turn
with those of the imports that all of them need. The target is a ratio of at
most 1.2.
"""

import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

IMPORTS = "import numpy, scipy.fft, sklearn.svm, PIL.Image"

COMMAND = "import sys; from specgan.cli.main import main; sys.exit(main({!r}))"


def main(runs=7):
    """Print a table of medians, and of their ratios to the imports'."""
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder, "picture.png")
        noise = np.random.default_rng(0).integers(0, 256, [256, 256, 3])
        Image.fromarray(noise.astype(np.uint8)).save(picture)
        programs = {
            IMPORTS: IMPORTS,
            "specgan detect picture.png": COMMAND.format(
                ["detect", str(picture)]
            ),
            "specgan list": COMMAND.format(["list"]),
            "specgan --help": COMMAND.format(["--help"]),
            "import zoo": "import zoo",
        }
        seconds = {name: [] for name in programs}
        for _ in range(runs):
            for name, program in programs.items():
                seconds[name].append(cpu_seconds(program))
    medians = {name: statistics.median(some) for name, some in seconds.items()}
    for name, median in medians.items():
        ratio = median / medians[IMPORTS]
        print(f"{name:<52}  {median:6.3f} s  {ratio:5.2f}")


def cpu_seconds(program):
    """User and system time of a fresh Python that runs a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(
        getattr(after, name) - getattr(before, name)
        for name in ("ru_utime", "ru_stime")
    )


if __name__ == "__main__":
    main()
