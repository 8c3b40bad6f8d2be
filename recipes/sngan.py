"""SNGAN with hinge loss, plain or regularized (Miyato 2018, Durall 2020).

specgan train sngan --data photos --run runs/sngan
specgan train sngan --data photos --spectral-regularization --run runs/sngan-s

With --spectral-regularization --width 32 --no-ema, on 10,000 faces of 64 px,
3432 steps take two idle CPU cores 8 minutes. The spectrum of samples is then
0.19 dB from that of real images (0.13 beyond half Nyquist). Its faces are still
rough then.
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
    gan, epoch = training.new_or_resumed(zoo.SNGAN, settings, run)
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
