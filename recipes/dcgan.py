"""DCGAN, plain or spectrally regularized (Radford 2016, Durall 2020).

specgan train dcgan --data photos --run runs/plain
specgan train dcgan --data photos --spectral-regularization --run runs/dcgan
"""

import zoo
from recipes import training


def train(settings, run):
    """Train as the command line says.

    Args:
        settings: The arguments of `specgan train`.
        run: A new `RunFolder`.
    """
    images = training.images(settings)
    gan = zoo.DCGAN(**training.model_arguments(settings))
    gan.adapt(images)
    gan.compile()
    run.start("specgan train dcgan", vars(settings))
    gan.fit(
        images,
        epochs=settings.epochs,
        callbacks=training.records(run, images),
        verbose=training.verbosity(),
    )
    run.finish()
