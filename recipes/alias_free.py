"""Alias-free GAN (Karras 2021): StyleGAN3, plain or regularized (Durall 2020).

specgan train alias-free --config T --image-size 32 --batch-size 16 \\
    --channel-base 2048 --channel-max 64 --latent-dim 128 --run runs/t
specgan train alias-free --config R --image-size 32 --batch-size 16 \\
    --channel-base 2048 --channel-max 64 --latent-dim 128 --run runs/r

These are small networks, for two CPU cores; without the options of channels
and latent values they are the paper's, for GPUs.
"""

import zoo
from specgan import callbacks
from specgan.runs import training


def train(settings, run):
    """Train as the command line says, or go on where it was broken off.

    Args:
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.
    """
    gan, epoch = training.new_or_resumed(zoo.AliasFreeGAN, settings, run)
    gan.fit(
        training.images(settings, first_epoch=epoch),
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=[
            callbacks.DivergenceGuard(log_dir=run.records),
            *training.records(run, settings),
        ],
        verbose=training.verbosity(),
    )
