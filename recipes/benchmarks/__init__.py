"""Speed of the parts, as ratios measured within one run: a page a topic.

    specgan benchmark                      # all of them
    specgan benchmark first_load gradients
    python -m recipes.benchmarks.first_load

CPU seconds of all threads, unless a page says otherwise. Rivals take turns and
the median of the ratios counts, so that another process on the machine
disturbs both alike. All take about half an hour on two cores.
"""

import importlib

from specgan.errors import unknown_name

TOPICS = (
    "training_steps",
    "step_options",
    "small_batches",
    "alias_free",
    "filter_rates",
    "first_load",
    "spectral_terms",
    "azimuthal_integrals",
    "gradients",
    "zoo_rates",
    "reference_features",
    "detections",
    "start_up",
    "first_sample",
    "exported_samples",
    "evaluations",
    "cells",
)


def main(names=()):
    """Measure and print.

    Args:
        names: Some of `TOPICS`; none for all.

    Raises:
        ValueError: For an unknown name, before anything is measured.
    """
    for name in names:
        if name not in TOPICS:
            raise unknown_name("benchmark", name, TOPICS)
    for name in names or TOPICS:
        page = importlib.import_module(f"recipes.benchmarks.{name}")
        print(f"\n{name}: {page.__doc__.splitlines()[0]}", flush=True)
        page.main()
