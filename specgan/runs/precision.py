"""In which precision a training computes: `specgan train --dtype-policy`."""

import argparse
from typing import TYPE_CHECKING

import keras

from specgan.runs import step_trial

if TYPE_CHECKING:
    from specgan.runs.run_folder import RunFolder

POLICIES = ("float32", "mixed_bfloat16")

GAIN = 0.95
"""Part of the time of float32 below which half precision is worth it."""


def set_policy(
    model_class: type, settings: argparse.Namespace, run: "RunFolder"
) -> None:
    """Set Keras' dtype policy; "auto" is decided by a trial, once in a run.

    The trial leaves no trace in the training: it is the one that the same
    policy gives by its name.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.
        run: The `RunFolder`; what was decided is in its record.

    Raises:
        ValueError: For an unknown policy, or if several machines would decide
            each on its own.
    """
    policy = settings.dtype_policy
    if policy == "auto":
        decided = run.noted("dtype_policy")
        if decided is None:
            decided = _decide(model_class, settings)
            run.note("dtype_policy", decided)
        policy = decided["taken"]
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(settings.seed)


def require_policy(policy: str) -> None:
    """A `ValueError` unless `set_policy` knows a policy by this name."""
    if policy != "auto":
        keras.dtype_policies.DTypePolicy(policy)


def _decide(model_class, settings):
    if settings.strategy == "multi-worker":
        raise ValueError(
            "The workers of a multi-worker training might decide differently. "
            "Received: --dtype-policy auto with --strategy multi-worker. "
            f"Expected one of: {', '.join(POLICIES)}."
        )
    models = {}
    for policy in POLICIES:
        keras.config.set_dtype_policy(policy)
        models[policy] = step_trial.model_of(model_class, settings)
    seconds = {
        policy: step_trial.median(values)
        for policy, values in step_trial.seconds_per_step(
            models, settings
        ).items()
    }
    single, half = (seconds[policy] for policy in POLICIES)
    taken = POLICIES[half < GAIN * single]
    print(
        f"--dtype-policy auto: {taken}, as a step takes {half:.3g} s in "
        f"mixed_bfloat16 and {single:.3g} s in float32 (medians of a trial, "
        f"in turns; below {GAIN:.0%} half precision is taken).",
        flush=True,
    )
    return {"taken": taken, "seconds_per_step": seconds}
