"""A page that samples a generator in the browser, with a walk by mouse.

    python -m recipes.browser_page dcgan-fashion28-spectral --out page \
        --data-name fashion_mnist --split test
    python -m http.server --directory page

It writes a folder for any server of files: the page, the generator as ONNX,
and ONNX Runtime for WebAssembly, which npm fetches. Nothing is loaded from
elsewhere then. Beside the generated image and its 1-D spectrum there is a
real one, of `--data-name`: choose what the generator was trained on.

It needs the extra `onnx`, npm, and for `--picture` (a PNG file of the page)
Chromium.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import headless_chromium
from recipes import page
from specgan import data
from specgan.cli.terminal import positive
from specgan.files import folder_written_whole
from specgan.runs.named_models import model_of
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from specgan.signal import ring_levels

SOURCE = pathlib.Path(__file__).parent / "browser"
"""The files of the page, as they are."""

RUNTIME = "onnxruntime-web@1.30.0"
"""The package of npm."""

RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""Those of its folder dist that a page without WebGPU needs."""

RESIZING = ("shrink", "pad", "enlarge")
"""What `data.load_array` does with smaller pictures."""

SHOWN = 24
"""Real images on the page."""

BAND = (0.05, 0.95)
"""Quantiles of real images' ring powers between which the page is grey."""


def main(
    model,
    *,
    out="page",
    data_name=None,
    data_dir=None,
    split="train",
    crop: positive = None,
    crop_offset=(0, 0),
    resize: RESIZING = "shrink",
    num: positive = 1000,
    picture=None,
):
    """Write the page into a new folder."""
    if data_name is None:
        raise ValueError(
            "The page shows real images beside generated ones. Expected "
            "--data-name, best what the generator was trained on. Received: "
            "none. Give a folder or a data set, such as --data-name photos."
        )
    generator = model_of(model)
    height, _, channels = generator.image_shape
    framing = {
        "image_size": height,
        "channels": channels,
        "crop": crop,
        "crop_offset": crop_offset,
        "resize": resize,
        "split": split,
        "data_dir": data_dir,
    }
    real = data.load_array(data_name, **framing, limit=num)
    record = page_record(pathlib.Path(model).name, generator, real)
    record["data_name"] = pathlib.Path(data_name).name
    if record["num_classes"]:
        labels = data.load_labels(data_name, **framing, limit=num)
        record["class_names"] = [str(name) for name in labels.names]
    with folder_written_whole(out) as folder:
        generator.export(folder / "generator.onnx", format="onnx")
        fetch_runtime(folder)
        for file in sorted(SOURCE.iterdir()):
            shutil.copyfile(file, folder / file.name)
        text = json.dumps(record, allow_nan=False)
        (folder / "page.json").write_text(text)
    if picture:
        photograph(out, picture)
    print(f"{out}: python -m http.server --directory {out}")


def page_record(name, generator, real):
    """What page.json holds, a dictionary for JSON.

    Args:
        name: What the generator is called.
        generator: A model of the zoo.
        real: uint8 [count, height, width, channels].

    Raises:
        ValueError: If the model makes no images of latents.
    """
    served = generator.served()
    if not served.has_latents:
        raise ValueError(
            "A walk leads through the latent values of a generator. Received: "
            f"{name}, a model of class {type(generator).__name__}. Choose a "
            "GAN or a VAE."
        )
    latents, *classes = served.signature
    levels = ring_levels(from_uint8(real)).numpy()[:, :-1]
    low, high = np.quantile(levels, BAND, axis=0)
    height, width, _ = generator.image_shape
    return {
        "name": name,
        "description": f"{type(generator).__name__}, {height} x {width} pixels",
        "image_shape": list(generator.image_shape),
        "latent_dim": latents.shape[-1],
        "num_classes": classes[0].shape[-1] if classes else None,
        "class_names": [],
        "num_real": len(real),
        "real": real[:SHOWN].reshape(len(real[:SHOWN]), -1).tolist(),
        "band": {
            "frequencies": ring_frequencies(height, width)[1:].tolist(),
            "low": np.round(low, 3).tolist(),
            "high": np.round(high, 3).tolist(),
        },
    }


def fetch_runtime(folder):
    """Put the files of ONNX Runtime for WebAssembly into a folder.

    npm checks what it fetches, and runs no script of the package.

    Args:
        folder: A `pathlib.Path`.

    Raises:
        ValueError: If npm is not installed.
        OSError: If it cannot fetch the package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(
            f"{RUNTIME} is fetched by npm. Received: no npm on the PATH. "
            "Install Node.js: on Debian and Ubuntu, apt install npm."
        )
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [npm, "pack", "--silent", RUNTIME],
            cwd=place,
            capture_output=True,
            text=True,
        )
        archives = list(pathlib.Path(place).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            reason = (done.stderr or done.stdout).strip().splitlines() or [""]
            raise OSError(
                f"npm did not fetch {RUNTIME}: {reason[0]}. Check the "
                "connection to its registry: npm ping."
            )
        with tarfile.open(archives[0]) as archive:
            for name in RUNTIME_FILES:
                content = archive.extractfile(f"package/dist/{name}")
                (folder / name).write_bytes(content.read())


def photograph(folder, picture):
    """Write what the page in a folder looks like as a PNG file."""
    with (
        headless_chromium.served(folder) as address,
        headless_chromium.HeadlessChromium() as browser,
    ):
        browser.open(f"{address}/index.html")
        browser.wait_until("document.body?.dataset.state")
        browser.screenshot(picture)


if __name__ == "__main__":
    sys.exit(page.run(main))
