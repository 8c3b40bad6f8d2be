"""R3GAN, plain or spectrally regularized (Huang 2024, Durall 2020).

specgan train r3gan --data photos --width 32 --run runs/r3gan
specgan train r3gan --data photos --width 32 --penalty-every 4 --run runs/r3gan4
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
    gan, epoch = training.new_or_resumed(zoo.R3GAN, settings, run)
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
