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
from recipes import demo_pictures
from recipes import spectra
from recipes import training
from specgan import callbacks
from specgan.callbacks import pictures
from specgan.files import folder_written_whole
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectrumStatistics
from specgan.metrics.spectral_measures import spectral_distance_2d

NUM_IMAGES = 1000

REMARKS = {
    "real images": "as both GANs were trained on them",
    "plain GAN": "trained without regularization: look for grids, and for "
    "coloured speckle on what should be smooth",
    "regularized GAN": "spectral_regularization=True is the one difference: the "
    "same latents, first weights, batches and number of steps",
}
"""Below the heading of each row of `samples.png`."""


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

    real = np.concatenate(list(batches))[: 2 * NUM_IMAGES]
    samples = {
        name: gan.sample(NUM_IMAGES, settings.seed)
        for name, gan in gans.items()
    }
    figures = compare(real, samples, out)
    gans["regularized"].export(out / "saved_model")
    print_second_half(histories)
    print_summary(figures, out)
    print(f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes.")


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


def compare(real, samples, out):
    """Draw and measure generated images beside real ones.

    Args:
        real: `[n, height, width, channels]` in [-1, 1]; the second half is
            the control: what chance alone does.
        samples: Dictionary of "plain" and "regularized" and their images.
        out: Folder for the pictures.

    Returns:
        Dictionary of key figures, each a dictionary of names and floats.
    """
    half = len(real) // 2
    sets = {"real": real[:half], **samples}
    _save(
        demo_pictures.samples(
            {
                f"{name}\n{REMARKS[name]}": images
                for name, images in sets.items()
            }
        ),
        out / "samples.png",
    )
    statistics = {
        name: SpectrumStatistics.of([images]) for name, images in sets.items()
    }
    other = SpectrumStatistics.of([real[half:]])
    spectra.print_distances({**statistics, "other real": other})
    spectra.write(statistics, out / "spectra.png")

    single = {
        name: SingleImageSpectra.of([images]) for name, images in sets.items()
    }
    real_spectra = single.pop("real")
    _save(
        demo_pictures.single_image_spectra(real_spectra, single),
        out / "spectra-1-d.png",
    )
    _save(demo_pictures.maps(real_spectra, single), out / "spectra-2-d.png")
    reference = statistics["real"].mean_spectrum
    other_real = SingleImageSpectra.of([real[half:]])
    figures = {
        "2-D distance of the spectra (dB)": {
            name: spectral_distance_2d(one.mean_spectrum, reference)
            for name, one in {**statistics, "other real": other}.items()
        },
        "spread of single images / real": {
            name: one.spread_ratio(real_spectra)
            for name, one in {**single, "other real": other_real}.items()
        },
    }
    return figures


def _save(figure, path):
    pictures.save(pictures.to_pixels(figure), path)


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
        "\nError above half the Nyquist frequency, regularized / plain, in the "
        f"second half of\ntraining (steps {steps[half][0]} to {steps[-1]}, "
        f"{len(ratios)} measurements): mean {ratios.mean():.2f}, "
        f"largest {ratios.max():.2f}"
    )


def print_summary(figures, out):
    """Print what each picture shows, the key figures, and where all is.

    Args:
        figures: What `compare` returns.
        out: Folder of the pictures.
    """
    tensorboard = pathlib.Path(sys.executable).parent / "tensorboard"
    columns = ("plain", "regularized", "other real")
    print(
        f"\n{'against real images':<36}"
        + "".join(map("{:>13}".format, columns))
    )
    for name, values in figures.items():
        cells = "".join(f"{values[column]:>13.2f}" for column in columns)
        print(f"{name:<36}{cells}")
    print(f"""
The column "other real" is what a perfect generator would get.

In {out}/:
  samples.png        Real images, and samples of both GANs, enlarged: look for
                     grids and coloured noise on what should be smooth.
  spectra-1-d.png    How much power images have at each frequency. Each image
                     has a spectrum of its own: the coloured bands of generated
                     images should cover the grey ones of real images.
  spectra-2-d.png    The same in two dimensions. Below, what is wrong: red is
                     too much, blue too little, white is right. Red dots on a
                     lattice are the grid that up-sampling leaves.
  detectability.png  How often a detector that was fitted to the spectra is
                     right on images it has not seen: 50 % is to guess.
  spectra.png        Mean 1-D spectra (numbers: spectra.csv, spectra.json)
  saved_model/       The regularized generator, for TensorFlow without specgan.

Training, in TensorBoard: {tensorboard} --logdir {out}""")
