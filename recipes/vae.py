"""Variational auto-encoder, plain or regularized (Kingma 2014, Durall 2020).

specgan train vae --image-size 32 --width 16 --run runs/vae \\
    --spectral-regularization

On `photos` of 32 px, 14 epochs of 120 steps take about a minute on two CPU
cores; at their end the spectrum of samples is 8.5 dB from the images' (11
beyond half Nyquist), regularized 1.6 dB (1.9).
"""

import zoo
from recipes import training


def train(settings, run):
    """Train as the command line says, or go on where it was broken off.

    Args:
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.
    """
    model, epoch = run.load_with_epoch()
    if model is None:
        model = zoo.VAE(**training.model_arguments(settings))
        model.adapt(training.images(settings))
        model.compile()
    model.fit(
        training.images(settings, first_epoch=epoch),
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=training.records(run, settings),
        verbose=training.verbosity(),
    )
