"""A small alias-free GAN (StyleGAN3, configuration T) on faces of 32 px.

    python -m recipes.alias_free_faces --data-name celeba10k_89x109.zip

The networks are small, for two CPU cores; `channel_base=32768`,
`channel_max=512` and `latent_dim=512` are the paper's, for GPUs. With
`--config R` features turn with the image as well.

Reference:
- Karras et al., 2021 (https://arxiv.org/abs/2106.12423)
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
    image_size=32,
    config="T",
    channel_base=2048,
    channel_max=64,
    latent_dim=128,
    num_layers=14,
    epochs=100,
    dtype_policy="mixed_bfloat16",
    seed=0,
    run="runs/alias-free-faces",
):
    """Train; samples, spectra and losses are in `run`, for TensorBoard."""
    keras.mixed_precision.set_dtype_policy(dtype_policy)
    faces = {"crop": 64, "crop_offset": (5, 0)}
    images = data.load(
        data_name,
        image_size=image_size,
        batch_size=16,
        flip=True,
        limit=limit,
        seed=seed,
        **({} if data_name == "photos" else faces),
    )
    gan = zoo.AliasFreeGAN(
        image_size,
        config=config,
        channel_base=channel_base,
        channel_max=channel_max,
        latent_dim=latent_dim,
        num_layers=num_layers,
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
            callbacks.SpectrumMonitor(run, images),
            callbacks.SampleGrid(run),
        ],
    )
    gan.save(f"{run}/alias-free.keras")


if __name__ == "__main__":
    sys.exit(page.run(main))
