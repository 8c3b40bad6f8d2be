"""DRAGAN, plain or spectrally regularized (Kodali 2017, Durall 2020).

specgan train dragan --data photos --run runs/dragan
specgan train dragan --data photos --spectral-regularization --run runs/dragan-s

With --spectral-regularization --width 32 --no-ema, on 10,000 faces of 64 px,
2496 steps take two idle CPU cores 9 minutes. The spectrum of samples is then
0.38 dB from that of real images (0.42 beyond half Nyquist).
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
    gan, epoch = training.new_or_resumed(zoo.DRAGAN, settings, run)
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
