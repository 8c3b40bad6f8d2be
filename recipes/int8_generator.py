"""What 8-bit integers do to a generator's images: docs/results/exports.

    python -m recipes.int8_generator dcgan-celeba64-spectral \\
        --data-name celeba10k_89x109.zip --crop 64 --crop-offset 5 0 \\
        --out docs/results/exports/int8.json

A generator is exported to LiteRT in float32 and in int8. LiteRT's interpreter
makes images of the same latents in both; they are rounded to 8 bits and
compared with the first real images: FID, 1-D and 2-D spectral distances.
Written are these, the files' sizes, and how far the images are apart. Real
images are compared with others of the same kind too: the next ones.
"""

import json
import pathlib
import sys
import tempfile

import numpy as np

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan import data
from specgan.cli.terminal import positive
from specgan.export_formats import FORMATS
from specgan.export_formats import checked_format
from specgan.files import written_whole
from specgan.metrics import CachedFeatures
from specgan.metrics import FrechetInceptionDistance
from specgan.metrics import InceptionFeatures
from specgan.metrics import SpectralDistances
from specgan.models.exports import litert_file
from specgan.runs.named_models import model_of
from specgan.runs.run_folder import versions
from specgan.signal import to_uint8

BATCH = 50
FEATURES = ("inception", "none")
PRECISIONS = FORMATS["litert"].precisions


def generated(path, inputs):
    """The images of a LiteRT file, float32."""
    count = len(next(iter(inputs.values())))
    images = litert_file.reader(path)
    batches = [
        images({name: values[i : i + BATCH] for name, values in inputs.items()})
        for i in range(0, count, BATCH)
    ]
    return np.concatenate(batches)


def measures(real, fake, features):
    """FID and spectral distances of uint8 images, by name."""
    spectral = SpectralDistances()
    spectral.update_state(real=real, fake=fake)
    found = spectral.result()
    if features is not None:
        distance = FrechetInceptionDistance(features)
        for i in range(0, len(real), BATCH):
            distance.update_state(real=real[i : i + BATCH])
        for i in range(0, len(fake), BATCH):
            distance.update_state(fake=fake[i : i + BATCH])
        found = {"fid": float(distance.result()), **found}
    return {name: float(value) for name, value in found.items()}


def differences(whole, small):
    """How far images in [-1, 1] are apart, in levels of 8 bits."""
    levels = (small - whole) * 127.5
    return {
        "rms": float(np.sqrt(np.mean(levels**2))),
        "largest": float(np.max(np.abs(levels))),
        "mean": float(np.mean(levels)),
    }


def main(
    model, data_name="photos", crop: positive = None, crop_offset=(0, 0),
    num: positive = 1000, features: FEATURES = "inception",
    out="int8.json",
):  # fmt: skip
    """Export, measure and write the JSON."""
    checked_format("litert", "none.tflite", "int8")
    generator = model_of(model)
    served = generator.served()
    names = [spec.name for spec in served.signature]
    inputs = dict(zip(names, served.examples(num), strict=True))
    height, _, channels = generator.image_shape
    images = data.load_array(
        data_name, image_size=height, channels=channels, crop=crop,
        crop_offset=crop_offset, limit=2 * num,
    )  # fmt: skip
    real, others = np.array(images[:num]), np.array(images[num : 2 * num])
    network = None
    if features == "inception":
        network = CachedFeatures(InceptionFeatures())
    sizes, made = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in PRECISIONS:
            path = pathlib.Path(folder, f"{precision}.tflite")
            generator.export(path, "litert", precision)
            sizes[precision] = path.stat().st_size
            made[precision] = generated(path, inputs)
    record = {
        "command": " ".join(
            ["python -m recipes.int8_generator", *sys.argv[1:]]
        ),
        "versions": versions(),
        "model": str(model),
        "images": num,
        "bytes": sizes,
        "levels": differences(made["float32"], made["int8"]),
        "values": {
            precision: measures(real, to_uint8(some).numpy(), network)
            for precision, some in made.items()
        },
    }
    if len(others) == num:
        record["values"]["real"] = measures(real, others, network)
    with written_whole(out) as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    print("\n".join(table([record])))


COLUMNS = {
    "FID": ("fid", 1),
    "1-D dB": ("spectral_distance", 2),
    "1-D dB, high": ("spectral_distance_high", 2),
    "2-D dB": ("spectral_distance_2d", 2),
    "period 2": ("checkerboard_half", 1),
    "period 4": ("checkerboard_quarter", 1),
    "energy, high": ("high_band_energy", 2),
}


def table(records):
    """Lines of Markdown: a generator in each precision.

    Args:
        records: What `main` has written.
    """
    lines = [
        f"| | MB | {' | '.join(COLUMNS)} |",
        "|---|" + "---:|" * (1 + len(COLUMNS)),
    ]
    for record in records:
        for name, values in record["values"].items():
            size = record["bytes"].get(name)
            cells = ["" if size is None else f"{size / 1e6:.2f}"]
            for key, digits in COLUMNS.values():
                value = values.get(key)
                cells.append("" if value is None else f"{value:.{digits}f}")
            lines.append(f"| {record['model']}, {name} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(page.run(main))
