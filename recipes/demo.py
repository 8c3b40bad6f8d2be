"""The main job in minutes: a plain and a regularized DCGAN side by side.

    make demo                                 (or: python -m recipes.demo)

Trains both at 32 px on the embedded photographs, with the same seed, the same
batches and the same number of steps; the one flag is the difference. Then
compares their spectra with the real one's, draws samples, and exports the
regularized generator. On two CPU cores it takes about 3 minutes.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import pathlib
import shutil

import keras

import zoo
from recipes import spectra
from specgan import callbacks
from specgan import data
from specgan.callbacks import pictures
from specgan.metrics import SpectrumStatistics

IMAGE_SIZE = 32
WIDTH = 32
EPOCHS = 16
SEED = 0
NUM_IMAGES = 1000


def main():
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default="demo")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()
    out = arguments.out
    shutil.rmtree(out, ignore_errors=True)

    gans = {
        name: train(name, regularization, arguments.epochs, out / name)
        for name, regularization in [("plain", None), ("regularized", True)]
    }

    statistics = {"real": SpectrumStatistics.of(photos(), NUM_IMAGES)}
    for name, gan in gans.items():
        samples = gan.sample(NUM_IMAGES, SEED)
        statistics[name] = SpectrumStatistics.of([samples])
        pictures.save(
            pictures.image_grid(samples[:64]), out / f"samples-{name}.png"
        )
    reals = next(iter(photos()))
    pictures.save(pictures.image_grid(reals), out / "samples-real.png")
    spectra.write(statistics, out / "spectra.png")
    gans["regularized"].export(out / "saved_model")

    spectra.print_distances(statistics)
    print(f"""
Spectra, mean and spread   {out}/spectra.png (numbers: .csv, .json)
Samples                    {out}/samples-real.png, -plain.png, -regularized.png
SavedModel                 {out}/saved_model
TensorBoard                {pathlib.Path(sys.executable).parent}/tensorboard --logdir {out}

Done in {(time.monotonic() - started) / 60:.1f} minutes.""")  # noqa: E501


def photos():
    """The batches, in the same order whenever they are loaded."""
    return data.load("photos", image_size=IMAGE_SIZE, seed=SEED)


def train(name, regularization, epochs, folder):
    """One DCGAN, trained and recorded for TensorBoard in `folder`."""
    print(f"\nTraining the {name} DCGAN, {epochs} epochs:", flush=True)
    keras.utils.set_random_seed(SEED)
    images = photos()
    gan = zoo.DCGAN(
        IMAGE_SIZE, width=WIDTH, spectral_regularization=regularization
    )
    gan.adapt(images)
    gan.compile()
    gan.fit(
        images,
        epochs=epochs,
        callbacks=[
            callbacks.SpectrumMonitor(folder, photos(), NUM_IMAGES),
            callbacks.SampleGrid(folder),
        ],
        verbose=1 if sys.stdout.isatty() else 2,
    )
    return gan


if __name__ == "__main__":
    main()
