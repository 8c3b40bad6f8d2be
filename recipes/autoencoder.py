"""Auto-encoder with one up-sampling unit (Durall 2020, Figure 4).

specgan train autoencoder --image-size 32 --width 16 --epochs 16 \\
    --spectral-regularization --run runs/autoencoder

What it records is of reconstructions, beside the same images. On `photos`
this takes a minute and a half on two CPU cores; at its end the spectrum of the
reconstructions is 0.2 to 0.3 dB from that of the images (0.2 to 0.4 beyond half
Nyquist), without the regularization 4.8 dB (6.7), at a mean square error of
0.016 and 0.010. What half the pixels do not tell is then there in power only:
a fine pattern, to be seen in samples/.
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
    model, epoch = training.new_or_resumed(zoo.AutoEncoder, settings, run)
    reals = training.first_images(settings)

    def reconstructions(num):
        return model.reconstruct(reals[:num])

    model.fit(
        training.images(settings, first_epoch=epoch),
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=[
            callbacks.DivergenceGuard(
                log_dir=run.records, generate=reconstructions
            ),
            *training.records(run, settings, reconstructions),
        ],
        verbose=training.verbosity(),
    )
