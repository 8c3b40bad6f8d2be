"""First load of 2000 JPEG files of 178x218, to 64 px, CPU seconds.

    python -m recipes.benchmarks.first_load

`data.load` without its cache, against a plain loop with Pillow that opens,
cuts the central square, shrinks it by Pillow's own area filter and stacks.
"""

import pathlib
import tempfile

import numpy as np
from PIL import Image

from recipes.benchmarks.timing import durations
from recipes.benchmarks.timing import timer
from specgan import data
from specgan.data.jpeg import to_image

TARGET = 1.1
WIDTH, HEIGHT = 178, 218


def main(num=2000, image_size=64, repetitions=5):
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        files = pathlib.Path(folder, "files")
        write_files(files, num)

        def ours():
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                data.load_array(files, image_size=image_size, cache_dir=empty)

        seconds = durations(
            [timer(lambda: pillow_loop(files, image_size)), timer(ours)],
            repetitions,
        )
    part = np.median(seconds[:, 1] / seconds[:, 0])
    milliseconds = 1000 * np.median(seconds[:, 0]) / num
    print(f"  Pillow: {milliseconds:.2f} ms an image")
    print(f"  data.load: {part:.2f} times that (target: {TARGET})")


def write_files(folder, num):
    """Write JPEG files of the size of CelebA's, cut from photographs.

    Args:
        folder: A `Path`, made.
        num: Number of files.
    """
    folder.mkdir()
    photographs = data.load_array("photos", image_size=HEIGHT)
    for place in range(num):
        pixels = photographs[place % len(photographs)][:, :WIDTH]
        name = f"{place:06}.jpg"
        to_image(pixels).save(folder / name, quality=90)


def pillow_loop(folder, image_size):
    """What one writes first, in one thread.

    Args:
        folder: A `Path`.
        image_size: Side in pixels of what comes out.

    Returns:
        uint8 `[files, image_size, image_size, 3]`.
    """
    images = []
    for path in sorted(folder.glob("*.jpg")):
        with Image.open(path) as image:
            side = min(image.size)
            left, top = ((length - side) // 2 for length in image.size)
            image = image.convert("RGB").crop(
                (left, top, left + side, top + side)
            )
            size = (image_size, image_size)
            image = image.resize(size, Image.Resampling.BOX)
            images.append(np.asarray(image))
    return np.stack(images)


if __name__ == "__main__":
    main()
