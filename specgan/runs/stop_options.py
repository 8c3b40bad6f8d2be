"""What `--stop-by` and `--patience` of `specgan train` may be."""

import argparse

from specgan.errors import unknown_name

PATIENCE = 5
"""Measurements without a better one, unless `--patience` is given."""

# Of `SpectrumMonitor`, every epoch. 1 is best of `spread_ratio`, 0 of these.
SPECTRAL = ("spectral_error", "spectral_error_high")

# Of Inception in float32 alone.
INCEPTION = ("fid", "kid", "precision", "recall", "density", "coverage")

# Of `GeneratorEvaluation`, every `--evaluate-every` epochs.
EVALUATED = (
    *INCEPTION,
    "spectral_distance",
    "spectral_distance_high",
    "spectral_distance_2d",
    "detection_score",
)


def check(settings: argparse.Namespace) -> None:
    """Refuse what cannot stop a training, before it begins.

    Args:
        settings: The arguments of `specgan train`.

    Raises:
        ValueError: For a metric that is not known or not measured, a patience
            without a metric, or several machines, which could disagree.
    """
    metric = settings.stop_by
    if metric is None:
        if settings.patience is not None:
            raise ValueError(
                "--patience is that of --stop-by. Received: --patience "
                f"{settings.patience} alone. Add --stop-by METRIC, or leave "
                "it out."
            )
        return
    if metric not in (*SPECTRAL, *EVALUATED):
        raise unknown_name("metric", metric, [*SPECTRAL, *EVALUATED])
    if metric in EVALUATED and not settings.evaluate_every:
        raise ValueError(
            f"{metric} is not measured in this training. Expected "
            f"--evaluate-every EPOCHS beside --stop-by {metric}. Received: "
            "none. Add it, or stop by one of: " + ", ".join(SPECTRAL) + "."
        )
    if metric in INCEPTION and settings.evaluate_features not in (
        None,
        "inception",
    ):
        raise ValueError(
            f"{metric} is not measured in this training. Expected "
            f"--evaluate-features inception beside --stop-by {metric}. "
            f"Received: {settings.evaluate_features}. Leave it out."
        )
    if settings.strategy == "multi-worker":
        raise ValueError(
            "The workers of a multi-worker training measure on their own and "
            "might not stop together. Received: --stop-by with --strategy "
            "multi-worker. Leave one of them out."
        )
