"""LSGAN on faces of 64 px: spectra that are right image by image.

    python -m recipes.lsgan_faces --data-name celeba10k_89x109.zip

The first 7,952 faces of CelebA at half size are trained on; the 2,048 that
follow are held out to judge. 4,092 steps take one CPU core about 17 minutes.
The results, over seeds and beside the plain LSGAN and the decibel loss, are in
docs/results/image_by_image.md. `--no-regularize` trains the plain twin.

Reference:
- Mao et al., 2017 (https://arxiv.org/abs/1611.04076)
- Durall et al., 2020 (https://arxiv.org/abs/2003.01826)
"""

import sys

import keras

import zoo
from recipes import page
from specgan import callbacks
from specgan import data


def main(
    data_name="photos",
    limit=7952,
    image_size=64,
    width=32,
    epochs=33,
    regularize=True,
    dtype_policy="mixed_bfloat16",
    seed=0,
    run="runs/lsgan-faces",
):
    """Train; samples, spectra and losses are in `run`, for TensorBoard."""
    keras.mixed_precision.set_dtype_policy(dtype_policy)
    faces = {"crop": 64, "crop_offset": (5, 0)}
    images = data.load(
        data_name,
        image_size=image_size,
        batch_size=64,
        limit=limit,
        seed=seed,
        **({} if data_name == "photos" else faces),
    )
    gan = zoo.LSGAN(
        image_size,
        width=width,
        spectral_regularization=regularize,
        chroma="half",  # As JPEG files with 4:2:0 chroma subsampling have it.
        seed=seed,
    )
    gan.adapt(images)
    gan.compile()
    gan.fit(
        images,
        epochs=epochs,
        callbacks=[
            callbacks.DivergenceGuard(log_dir=run),
            callbacks.SpectrumMonitor(run, images),
            callbacks.SampleGrid(run),
        ],
    )
    gan.save(f"{run}/lsgan.keras")


if __name__ == "__main__":
    sys.exit(page.run(main))
