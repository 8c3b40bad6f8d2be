"""A class-conditional DCGAN on Fashion-MNIST, at its native 28 px.

    python -m recipes.class_conditional_clothes --data-dir DIR

DIR holds the IDX files of Fashion-MNIST (Debian package
`dataset-fashion-mnist`). The discriminator multiplies its features with an
embedding of the label, the generator's batch normalizations have a gain and a
bias for each class; the loss of the spectrum is one for all classes.

Reference:
- Miyato & Koyama, cGANs with Projection Discriminator, 2018
  (https://arxiv.org/abs/1802.05637)
"""

import sys

import keras
import numpy as np

import zoo
from recipes import page
from specgan import callbacks
from specgan import data
from specgan import plots

CLASSES = 10


def main(
    data_dir="fashion-mnist",
    image_size=28,
    width=32,
    epochs=20,
    limit=60_000,
    dtype_policy="mixed_bfloat16",
    seed=0,
    run="runs/class-conditional-clothes",
):
    """Train, and write a row of samples of each class to `run`."""
    keras.mixed_precision.set_dtype_policy(dtype_policy)
    images = data.load(
        "fashion_mnist",
        data_dir=data_dir,
        image_size=image_size,
        channels=1,
        limit=limit,
        labels=True,
        seed=seed,
    )
    gan = zoo.DCGAN(
        image_size,
        channels=1,
        width=width,
        num_classes=CLASSES,
        spectral_regularization=True,
        ema_decay="half_life",
        seed=seed,
    )
    gan.adapt(images)
    gan.compile()
    gan.fit(
        images,
        epochs=epochs,
        callbacks=[
            callbacks.DivergenceGuard(log_dir=run),
            callbacks.SampleGrid(run),
        ],
    )
    labels = np.repeat(np.arange(CLASSES), 10)
    grid = plots.image_grid(gan.sample(len(labels), seed=1, labels=labels), 10)
    plots.save(grid, f"{run}/classes.png")
    gan.save(f"{run}/dcgan.keras")


if __name__ == "__main__":
    sys.exit(page.run(main))
