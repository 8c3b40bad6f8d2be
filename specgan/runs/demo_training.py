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

import argparse
import pathlib
import shlex
import shutil
import sys
import time
from collections.abc import Mapping

import keras
import numpy as np

import zoo
from specgan import callbacks
from specgan import plots
from specgan.errors import TooFewImages
from specgan.files import folder_written_whole
from specgan.metrics import DetectabilityProfile
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectrumStatistics
from specgan.metrics.spectral_errors import spectral_distance_2d
from specgan.runs import demo_pictures
from specgan.runs import spectra
from specgan.runs import training
from specgan.runs.training_output import TrainingOutput

NUM_IMAGES = 1000

HEADINGS = {
    "real": "Real images\nas both GANs were trained on them",
    "plain": "Plain GAN\ntrained without regularization: look for grids, and "
    "for coloured speckle on what should be smooth",
    "regularized": "Regularized GAN\nspectral_regularization=True is the one "
    "difference: the same latents, first weights, batches and number of steps",
}
"""Above the images of `samples.png`."""

FILES = {
    "samples.png": "Real images, and samples of both GANs, enlarged: look for\n"
    "grids, and for coloured speckle on what should be smooth.",
    "spectra-1-d.png": "How much power there is at each frequency, image by\n"
    "image. The coloured bands should cover the grey ones of real\n"
    "images: in height, and in width.",
    "spectra-2-d.png": "The same in two dimensions, and what is wrong there:\n"
    "red is too much, blue too little, white is right. Dots on a\n"
    "lattice are grids that up-sampling leaves in all images.",
    "detectability.png": "The accuracy of detectors of several kinds, each\n"
    "with its control.",
    "spectra.png": "Mean 1-D spectra; in numbers: spectra.csv, spectra.json.",
    "saved_model": "The regularized generator, for TensorFlow without specgan.",
}
"""What the summary says of them."""

KEY_DETECTORS = {
    "luma_rbf": "detector of the 1-D spectrum, accuracy",
    "map_linear": "detector of the 2-D spectrum, accuracy",
}
"""Rows of the detectability profile that the summary shows."""


def main(settings: argparse.Namespace) -> None:
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

    batches = training.real_images(settings)
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


def train(
    name: str,
    regularization: str | bool | None,
    settings: argparse.Namespace,
    folder: pathlib.Path,
) -> tuple[keras.Model, dict[str, list]]:
    """One DCGAN, trained and recorded for TensorBoard in `folder`."""
    print(f"\nTraining the {name} DCGAN, {settings.epochs} epochs", flush=True)
    keras.utils.set_random_seed(settings.seed)
    images = training.real_images(settings)  # Loaded anew: in the same order.
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
        folder, training.real_images(settings), NUM_IMAGES
    )
    gan.fit(
        images,
        epochs=settings.epochs,
        callbacks=[
            callbacks.TrainingScalars(folder),
            monitor,
            callbacks.SampleGrid(
                folder, real=training.first_images(settings, 64)
            ),
            TrainingOutput(),
        ],
        verbose=training.verbosity(),
    )
    return gan, monitor.history


def compare(
    real: np.ndarray, samples: Mapping[str, np.ndarray], out: pathlib.Path
) -> dict[str, dict[str, float]]:
    """Draw and measure generated images beside real ones.

    Args:
        real: `[n, height, width, channels]` in [-1, 1]; the second half is
            the control: what chance alone does.
        samples: Dictionary of "plain" and "regularized" and their images.
        out: Folder for the pictures.

    Returns:
        Dictionary of key figures, each a dictionary of names and floats.
    """
    first, second = real[: len(real) // 2], real[len(real) // 2 :]
    sets = {"real": first, **samples, "other real": second}
    shown = {HEADINGS[name]: sets[name] for name in HEADINGS}
    _save(demo_pictures.samples(shown), out / "samples.png")

    means = {
        name: SpectrumStatistics.of([images]) for name, images in sets.items()
    }
    spectra.print_distances(means)
    # The control is in the table; the plot compares GANs.
    spectra.write({name: means[name] for name in HEADINGS}, out / "spectra.png")

    single = {
        name: SingleImageSpectra.of([images]) for name, images in sets.items()
    }
    generated = {name: single[name] for name in samples}
    for draw, name in (
        (demo_pictures.single_image_spectra, "spectra-1-d.png"),
        (demo_pictures.maps, "spectra-2-d.png"),
    ):
        _save(draw(single["real"], generated), out / name)
    return {
        **_detectability(real, samples, out),
        "2-D distance of the spectra, dB": {
            name: spectral_distance_2d(
                one.mean_spectrum, means["real"].mean_spectrum
            )
            for name, one in means.items()
        },
        "spread of single images / real": {
            name: one.spread_ratio(single["real"])
            for name, one in single.items()
        },
    }


def _detectability(real, samples, out):
    """Draw the detectability; key figures, as `compare` returns them."""
    profile = DetectabilityProfile(NUM_IMAGES)
    profile.update_state(real=real)
    results = {}
    try:
        for name, images in samples.items():
            profile.reset_fake()
            profile.update_state(fake=images)
            results[name] = profile.result()
    except TooFewImages as error:
        print(f"\nNo detectability.png: {error}")
        return {}
    _save(demo_pictures.detectability(results), out / "detectability.png")
    figures = {}
    for detector, meaning in KEY_DETECTORS.items():
        row = f"detection_{detector}"
        figures[meaning] = {
            **{name: one[row] for name, one in results.items()},
            "other real": results["plain"][f"{row}_control"],
        }
    return figures


def _save(figure, path):
    plots.save(plots.to_pixels(figure), path)


def print_second_half(histories: Mapping[str, Mapping[str, list]]) -> None:
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


def print_summary(
    figures: Mapping[str, Mapping[str, float]], out: pathlib.Path
) -> None:
    """Print the key figures, what each picture shows, and where all is.

    Args:
        figures: What `compare` returns.
        out: Folder of the pictures.
    """
    columns = ("plain", "regularized", "other real")
    print(f"\n{'':40}" + "".join(f"{column:>13}" for column in columns))
    for name, values in figures.items():
        cells = "".join(f"{values[column]:>13.2f}" for column in columns)
        print(f"{name:<40}{cells}")
    print(
        "\n'other real' is what a perfect generator would get. A detector is "
        "fitted to spectra\nof real and generated images and tested on "
        "others; 0.50 is to guess."
    )
    print(f"\nIn {out}/:")
    for name, meaning in FILES.items():
        if (out / name).exists():
            print(f"  {name:<19}{meaning.replace(chr(10), chr(10) + ' ' * 21)}")
    tensorboard = pathlib.Path(sys.executable).parent / "tensorboard"
    command = shlex.join([str(tensorboard), "--logdir", str(out)])
    print(f"\nThe training, in TensorBoard: {command}")
