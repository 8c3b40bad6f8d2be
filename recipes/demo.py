"""The main job in minutes: a plain and a regularized DCGAN side by side.

    make demo                                 (the same as: specgan demo)

Trains both on the embedded photographs, from the same weights, on the same
batches in the same order, for the same number of steps; the one flag is the
difference. Then compares their spectra with the real one's, draws samples, and
exports the regularized generator. On two CPU cores it takes about 3 minutes.

On faces of 64 px (see README for what it gives, and how long it takes):

    specgan demo --data ../shared/data/celeba10k_89x109.zip --image-size 64 \
        --crop 64 --crop-offset 5 0 --epochs 10 --out faces
"""

import pathlib
import shutil
import sys
import time

import keras
import numpy as np

import zoo
from recipes import spectra
from recipes import training
from specgan import callbacks
from specgan.callbacks import pictures
from specgan.files import folder_written_whole
from specgan.metrics import SpectrumStatistics

NUM_IMAGES = 1000


def main(settings):
    """Run the demonstration.

    Args:
        settings: The arguments of `specgan demo`.
    """
    started = time.monotonic()
    out = pathlib.Path(settings.out)
    if settings.overwrite:
        shutil.rmtree(out, ignore_errors=True)
    with folder_written_whole(out):
        pass  # Refuses what is there before an hour is spent.

    batches = training.images(settings)
    histories, gans = {}, {}
    for name, regularization in [("plain", None), ("regularized", True)]:
        gans[name], histories[name] = train(
            name, regularization, settings, out / name
        )

    statistics = real_and_control(batches)
    for name, gan in gans.items():
        samples = gan.sample(NUM_IMAGES, settings.seed)
        statistics[name] = SpectrumStatistics.of([samples])
        grid = pictures.image_grid(samples[:64])
        pictures.save(grid, out / f"samples-{name}.png")
    grid = pictures.image_grid(next(iter(batches))[:64])
    pictures.save(grid, out / "samples-real.png")
    gans["regularized"].export(out / "saved_model")
    print_second_half(histories)
    spectra.print_distances(statistics)
    del statistics["other real"]  # In the table; the plot compares GANs.
    spectra.write(statistics, out / "spectra.png")
    tensorboard = pathlib.Path(sys.executable).parent / "tensorboard"
    print(f"""
Spectra, mean and spread  {out}/spectra.png (numbers: spectra.csv, spectra.json)
Samples                   {out}/samples-real.png, -plain.png, -regularized.png
SavedModel                {out}/saved_model
Training, in TensorBoard  {tensorboard} --logdir {out}

Done in {(time.monotonic() - started) / 60:.1f} minutes.""")


def train(name, regularization, settings, folder):
    """One DCGAN, trained and recorded for TensorBoard in `folder`."""
    print(f"\nTraining the {name} DCGAN, {settings.epochs} epochs", flush=True)
    keras.utils.set_random_seed(settings.seed)
    images = training.images(settings)  # Loaded anew: in the same order.
    gan = zoo.DCGAN(
        settings.image_size,
        settings.channels,
        settings.width,
        spectral_regularization=regularization,
        seed=settings.seed,
    )
    gan.adapt(images)
    gan.compile()
    monitor = callbacks.SpectrumMonitor(
        folder, training.images(settings), NUM_IMAGES
    )
    gan.fit(
        images,
        epochs=settings.epochs,
        callbacks=[monitor, callbacks.SampleGrid(folder)],
        verbose=training.verbosity(),
    )
    return gan, monitor.history


def real_and_control(batches):
    """Spectra of real images, and of others: what chance alone does."""
    images = np.concatenate(list(batches))[: 2 * NUM_IMAGES]
    half = len(images) // 2
    return {
        "real": SpectrumStatistics.of([images[:half]]),
        "other real": SpectrumStatistics.of([images[half:]]),
    }


def print_second_half(histories):
    """How the errors compare through the second half of the training."""
    plain, regularized = (
        np.array(histories[name]["spectral_error_high"])
        for name in ("plain", "regularized")
    )
    half = slice(len(plain) // 2, None)
    ratios = (regularized / plain)[half]
    steps = histories["plain"]["steps"]
    print(
        f"\nError beyond half Nyquist, regularized / plain, through the second "
        f"half of training\n(steps {steps[half][0]} to {steps[-1]}, "
        f"{len(ratios)} measurements): mean {ratios.mean():.2f}, "
        f"largest {ratios.max():.2f}"
    )
