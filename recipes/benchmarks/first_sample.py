"""The first image of a pretrained GAN, against importing what makes it.

    python -m recipes.benchmarks.first_sample

CPU seconds (user and system) of a process, the median of some runs in turn.
`specgan sample NAME --num 1` runs the SavedModel of a model that comes with
specgan in TensorFlow's C library. Beside it is what it did before and still
does for all other models, `zoo.load(NAME).sample(1)`, whose floor is `import
tensorflow`. The target is a ratio of at most 0.5 to that.
"""

import pathlib
import statistics
import tempfile

from recipes.benchmarks.start_up import COMMAND
from recipes.benchmarks.start_up import cpu_seconds
from zoo import pretrained

TARGET = 0.5

KERAS = """
import sys
from specgan.cli.main import main
from zoo import shipped_samples
shipped_samples.sample = lambda *_: None
sys.exit(main({!r}))
"""


def main(runs=5, name=None):
    """Print a table of medians, and of their ratios to Keras'.

    Args:
        runs: Processes of each kind.
        name: A model that comes with specgan; None takes the largest.
    """
    name = name or largest()
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "image.png")
        words = ["sample", name, "--num", "1", "--out", str(out)]
        programs = {
            "zoo.load and gan.sample, as before": KERAS.format(words),
            "specgan sample --num 1": COMMAND.format(words),
            "import tensorflow": "import tensorflow",
            "import numpy, PIL.Image": "import numpy, PIL.Image",
        }
        seconds = {title: [] for title in programs}
        for _ in range(runs):
            for title, program in programs.items():
                seconds[title].append(cpu_seconds(program))
    medians = {
        title: statistics.median(some) for title, some in seconds.items()
    }
    before = next(iter(medians.values()))
    print(f"{name} (target: {TARGET})")
    for title, median in medians.items():
        print(f"{title:<40}  {median:6.3f} s  {median / before:5.2f}")


def largest():
    """The name of the largest model that comes with specgan."""
    sizes = {
        path.parent.parent.name: path.stat().st_size
        for path in pretrained.shipped().glob("*/variables/variables.data*")
    }
    return max(sizes, key=lambda name: sizes[name])


if __name__ == "__main__":
    main()
