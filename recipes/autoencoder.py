"""Auto-encoder with one up-sampling unit (Durall 2020, Figure 4).

specgan train autoencoder --image-size 32 --width 16 --run runs/ae \\
    --spectral-regularization

What it records is of reconstructions, beside the same images. On `photos` of
32 px, 16 epochs of 120 steps take about a minute on two CPU cores; at their
end the spectrum of the reconstructions is 4.8 dB from that of the images (6.7
beyond half Nyquist), regularized 0.2 to 0.6 dB (0.2 to 0.7).
"""

import zoo
from recipes import training


def train(settings, run):
    """Train as the command line says, or go on where it was broken off.

    Args:
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.

    Raises:
        ValueError: If a spectral head is asked for.
    """
    arguments = training.model_arguments(settings)
    if arguments.pop("spectral_head"):
        raise ValueError(
            "An auto-encoder has no spectral head: its convolutions after the "
            "up-sampling are one already. Received: --spectral-head. Leave it "
            "out."
        )
    model, epoch = run.load_with_epoch()
    if model is None:
        model = zoo.AutoEncoder(**arguments)
        model.adapt(training.images(settings))
        model.compile()
    reals = training.first_images(settings)
    model.fit(
        training.images(settings, first_epoch=epoch),
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=training.records(
            run, settings, lambda num: model.reconstruct(reals[:num])
        ),
        verbose=training.verbosity(),
    )
