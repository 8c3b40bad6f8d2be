"""Samples of exported generators, against `gan.sample`.

    python -m recipes.benchmarks.exported_samples

CPU seconds of 1,000 images of 64 px, by Keras and by what reads each export
(TensorFlow, ONNX Runtime, LiteRT, OpenVINO), once it has started and made its
first batch. All make the same images in the same batches. The target for
SavedModel and ONNX is a ratio of at most 0.7; the last row, as many
multiplications in a product of large matrices, is what the processor can do at
all. Printed are medians of the seconds, and of the ratios within each turn,
which are not quotients of those medians. A format whose extra is not installed
is left out.
"""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf

import zoo
from recipes.benchmarks import timing
from specgan.export_formats import FORMATS
from specgan.export_formats import checked_format
from specgan.models.exports.write_export import MODULES
from specgan.models.sampling import sample_latents

TARGET = 0.7
BATCH_SIZE = 64
"""That of `gan.sample`."""


def main(num=1000, repetitions=5, name="DCGAN", **arguments):
    """Print a table of CPU seconds, and of their ratios to Keras'.

    Args:
        num: Images of a turn.
        repetitions: Turns that are counted.
        name: A class of the zoo.
        **arguments: Its arguments.
    """
    gan = getattr(zoo, name)(**{"image_size": 64} | arguments)
    latents = np.asarray(sample_latents(num, 0, gan.generator.input_shape[-1]))
    batches = np.split(latents, range(BATCH_SIZE, num, BATCH_SIZE))
    makers = {"gan.sample": lambda: gan.sample(num, seed=0)}
    with tempfile.TemporaryDirectory() as folder:
        for format in FORMATS:
            try:
                path = pathlib.Path(folder, format + FORMATS[format].suffix)
                checked_format(format, path)
            except ValueError as error:
                print(f"{FORMATS[format].title} is left out: {error}")
                continue
            gan.export(path, format)
            images = opened(path, format)
            makers[FORMATS[format].title] = lambda images=images: [
                images({"latents": batch}) for batch in batches
            ]
        makers["as many multiplications"] = products(
            num * multiplications(gan.generator)
        )
        seconds = timing.durations(
            [timing.timer(make) for make in makers.values()], repetitions
        )
    ratios = np.median(seconds / seconds[:, :1], axis=0)
    print(f"{name}, {num} images of {gan.image_size} px (target: {TARGET})")
    print("medians of the seconds, and of the ratios within each turn")
    for title, median, ratio in zip(
        makers, np.median(seconds, axis=0), ratios, strict=True
    ):
        print(f"{title:<40}  {median:6.3f} s  {ratio:5.2f}")


def opened(path, format):
    """A function of {"latents": array} that gives images."""
    if format != "saved_model":
        return MODULES[format].reader(path)
    loaded = tf.saved_model.load(path)
    return lambda inputs: loaded.serve(inputs["latents"]).numpy()


def multiplications(generator):
    """Of an image: in all convolutions and dense layers."""
    count = 0
    for layer in generator.layers:
        if hasattr(layer, "kernel"):
            transposed = "Transpose" in type(layer).__name__
            maps = layer.input if transposed else layer.output
            count += np.prod(maps.shape[1:-1]) * np.prod(layer.kernel.shape)
    return int(count)


def products(count, size=1024):
    """A function that multiplies matrices, `count` multiplications in all."""
    matrix = tf.random.stateless_normal([size, size], [0, 0])
    return lambda: [
        tf.matmul(matrix, matrix).numpy() for _ in range(round(count / size**3))
    ]


if __name__ == "__main__":
    main()
