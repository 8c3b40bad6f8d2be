"""Cells of the ablation by `specgan queue`, and by `train` and `evaluate`.

    python -m recipes.benchmarks.cells

CPU seconds of all processes, three cells of 32 px. One way is what a user does
without the queue: `specgan train` and `specgan evaluate`, a process each, in
float32. The other is a queue: one process, bfloat16, Inception in bfloat16.
Both train and measure the same, and keep the features of real images. The
default is a quarter of a cell of recipes/paper/ablation_32px.toml in steps and
images, so that starting counts four times as much. The target is 1.8 times as
many cells an hour.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from specgan import data
from specgan import plots
from specgan.metrics import inception_weights

CELLS = {
    "lsgan": [],
    "dcgan": ["--spectral-regularization", "decibel"],
    "lsgan-head": ["--spectral-head"],
}
"""Options of `specgan train` by name, which begins with the model."""

QUEUE = """
folder = "queue"
[train]
data = "{train}"
image-size = {size}
width = {width}
epochs = {epochs}
no-ema = true
dtype-policy = "mixed_bfloat16"
[evaluate]
real = "{held_out}"
num = {num}
features = "{features}"
[variants.remedy]
"" = {{}}
decibel = {{ spectral-regularization = "decibel" }}
head = {{ spectral-head = true }}
"""


def main(
    epochs=6, images=7952, num=512, size=32, width=32, features="inception"
):
    """Measure and print."""
    if features != "none":
        try:
            weights = inception_weights.find(None)
        except FileNotFoundError:
            print("  skipped: needs `specgan fetch-inception`")
            return
        os.environ[inception_weights.ENVIRONMENT_VARIABLE] = str(weights)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        photographs = data.load_array("photos", image_size=size)
        for name, chosen in (
            ("train", photographs[:images]),
            ("held_out", photographs[-num:]),
        ):
            (folder / name).mkdir()
            for i, image in enumerate(chosen):
                plots.save(image, folder / name / f"{i:05}.png")
        settings = {
            "train": folder / "train", "held_out": folder / "held_out",
            "size": size, "width": width, "epochs": epochs, "num": num,
            "features": features,
        }  # fmt: skip
        by_hand = commands(folder, settings)
        of_queue = queue(folder, settings)
    print(f"  train and evaluate  {by_hand:8.0f} CPU s for {len(CELLS)} cells")
    print(f"  queue               {of_queue:8.0f}")
    print(f"  {by_hand / of_queue:.2f} times as many cells (target: 1.8)")


def commands(folder, settings):
    """CPU seconds of the cells, each command in a process of its own."""
    before, cache = cpu_seconds_of_children(), folder / "cache"
    for name, options in CELLS.items():
        run = folder / name
        train = ["train", name.partition("-")[0], "--run", run, "--no-ema"]
        for option in ("image_size", "width", "epochs"):
            value = settings["size" if option == "image_size" else option]
            train += [f"--{option.replace('_', '-')}", value]
        specgan([*train, "--data", settings["train"], *options], cache)
        evaluate = ["evaluate", run, "--real", settings["held_out"]]
        evaluate += ["--num", settings["num"]]
        evaluate += ["--features", settings["features"]]
        specgan(evaluate, cache)
    return cpu_seconds_of_children() - before


def queue(folder, settings):
    """CPU seconds of the same cells by the queue."""
    features = settings["features"]
    half = features if features == "none" else f"{features}-bfloat16"
    text = QUEUE.format(**settings | {"features": half})
    for name in CELLS:
        model, _, remedy = name.partition("-")
        remedy = "decibel" if model == "dcgan" else remedy
        text += f'[[cells]]\nname = "{name}"\nmodel = "{model}"\n'
        text += f"remedy = {json.dumps(remedy)}\n"
    (folder / "cells.toml").write_text(text)
    before = cpu_seconds_of_children()
    specgan(["queue", folder / "cells.toml"], folder / "queue_cache")
    return cpu_seconds_of_children() - before


def specgan(words, cache):
    """Run a command of `specgan`, with a cache of its own."""
    subprocess.run(
        [sys.executable, "-m", "specgan.cli.main", *map(str, words)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | {"SPECGAN_CACHE": str(cache)},
    )  # fmt: skip


def cpu_seconds_of_children():
    """User and system time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
