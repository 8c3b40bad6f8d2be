"""Variational auto-encoder, plain or regularized (Kingma 2014, Durall 2020).

specgan train vae --image-size 32 --width 16 --epochs 16 \\
    --spectral-regularization --run runs/vae

On `photos` this takes a minute on two CPU cores; at its end the spectrum of
samples is 1.7 to 2.1 dB from that of the images (1.7 to 2.0 beyond half
Nyquist), without the regularization 9 dB (11.5).
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
    model, epoch = training.new_or_resumed(zoo.VAE, settings, run)
    model.fit(
        training.images(settings, first_epoch=epoch),
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=[
            callbacks.DivergenceGuard(log_dir=run.records),
            *training.records(run, settings),
        ],
        verbose=training.verbosity(),
    )
