"""Which model can be exported to which format: docs/results/exports.

    python -m recipes.export_table --out docs/results/exports/formats.json

Every class of the zoo, with classes of images and without, and every
up-sampling unit, at 16 px and with random weights, is exported to every format
whose extra is installed; the format's own runtime makes images of it. Written
are the largest difference from those of Keras, whose values lie in [-1, 1], or
why there is no file.
"""

import json
import pathlib
import sys
import tempfile

import keras
import numpy as np

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan.export_formats import FORMATS
from specgan.export_formats import checked_format
from specgan.files import written_whole
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.models.exports.write_export import MODULES
from specgan.runs.run_folder import versions
from zoo import GANS
from zoo import MODELS

CLASSES = 3
IMAGES = 5
SPREAD, GAIN, SCALINGS = 0.25, 1.25, 20
SMALL = {"image_size": 16, "width": 4}
GAN = {**SMALL, "latent_dim": 8}
ALIAS_FREE = {
    "image_size": 16, "channel_base": 64, "channel_max": 4, "num_layers": 3,
    "latent_dim": 8,
}  # fmt: skip


def cases():
    """Names of models, each with its class and arguments."""
    with_classes = {"": {}, ", conditional": {"num_classes": CLASSES}}
    found = {}
    for name in GANS:
        for suffix, classes in with_classes.items():
            found[f"{GANS[name].__name__}{suffix}"] = (name, {**GAN, **classes})
    for config in "TR":
        for suffix, classes in with_classes.items():
            found[f"AliasFreeGAN {config}{suffix}"] = (
                "alias-free",
                {**ALIAS_FREE, "config": config, **classes},
            )
    found["AutoEncoder"] = ("autoencoder", SMALL)
    found["VAE"] = ("vae", GAN)
    for unit in UPSAMPLING_UNITS:
        found[f"DCGAN, upsampling={unit}"] = (
            "dcgan",
            {**GAN, "upsampling": unit},
        )
    found["DCGAN, chroma=half"] = ("dcgan", {**GAN, "chroma": "half"})
    found["DCGAN, spectral head"] = ("dcgan", {**GAN, "spectral_head": True})
    return found


def randomized(model):
    """With weights far from their first ones, and images that differ.

    The kernels are then scaled until the images have a standard deviation of
    at least `SPREAD`: nearly grey ones would agree whatever the graph. The
    alias-free GAN normalizes its kernels: its images stay as they are drawn.
    """
    draw = np.random.default_rng(0)
    network = model.served().network
    for variable in network.weights:
        deviation = 0.02 + 0.5 * np.std(variable)
        noise = draw.normal(0, deviation, variable.shape)
        # Variances and magnitudes stay positive.
        noise = noise if variable.trainable else np.abs(noise)
        variable.assign(variable + noise)
    kernels = [each for each in network.trainable_variables if each.ndim > 1]
    for _ in range(SCALINGS):
        images = model.served().serve(*inputs_of(model).values())
        if np.std(images) >= SPREAD:
            break
        for kernel in kernels:
            kernel.assign(GAIN * kernel)
    return model


def inputs_of(model):
    """Names and arrays of what is made into images."""
    served = model.served()
    names = [spec.name for spec in served.signature]
    return dict(zip(names, served.examples(IMAGES), strict=True))


def largest_difference(model, format, folder):
    """Between the images of a file's runtime and those of Keras.

    Args:
        model: The model.
        format: Name of the format.
        folder: An empty folder.

    Raises:
        ValueError: If the format cannot hold the model.
    """
    path = pathlib.Path(folder, f"model{FORMATS[format].suffix}")
    model.export(path, format)
    inputs = inputs_of(model)
    images = MODULES[format].reader(path)(inputs)
    expected = model.served().serve(*inputs.values())
    return float(np.max(np.abs(images - expected)))


def measured(model, format):
    """What is written of one model in one format."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return {"difference": largest_difference(model, format, folder)}
        except ValueError as error:
            return {"error": str(error)}


def table(record):
    """Lines of Markdown: a model a line, a format a column.

    Args:
        record: What `main` has written.
    """
    formats = record["formats"]
    titles = [FORMATS[format].title for format in formats]
    lines = [
        f"| largest difference from Keras | {' | '.join(titles)} |",
        "|---|" + "---:|" * len(formats),
    ]
    for name, row in record["models"].items():
        cells = [
            f"{row[format]['difference']:.0e}"
            if "difference" in row[format]
            else "no"
            for format in formats
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main(out="formats.json", only: str = ""):
    """Measure the models whose name contains `only`, and write the JSON."""
    for format in MODULES:
        checked_format(format, f"none{FORMATS[format].suffix}")
    models = {}
    for name, (key, arguments) in cases().items():
        if only in name:
            # With this seed most values of all models lie within (-1, 1).
            keras.utils.set_random_seed(8)
            model = randomized(MODELS[key](**arguments))
            models[name] = {
                format: measured(model, format) for format in MODULES
            }
            print(name, models[name], flush=True)
    record = {
        "command": " ".join(["python -m recipes.export_table", *sys.argv[1:]]),
        "versions": versions(),
        "formats": list(MODULES),
        "models": models,
    }
    with written_whole(out) as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    print("\n".join(table(record)))


if __name__ == "__main__":
    sys.exit(page.run(main))
