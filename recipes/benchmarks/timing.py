"""Functions timed in turns, so that a loaded machine disturbs all alike."""

import time

import numpy as np


def durations(
    functions, clock=time.process_time, repetitions=15, calls=None, warm_up=1
):
    """Seconds of a call of several functions, which take turns.

    Args:
        functions: Functions without arguments.
        clock: `time.process_time`, the CPU seconds of all threads, or
            `time.perf_counter`.
        repetitions: Turns of each function that are counted.
        calls: Calls of each function in a turn; 1 unless given.
        warm_up: Turns of each before those.

    Returns:
        NumPy array `[repetitions, functions]`.
    """
    calls = [1] * len(functions) if calls is None else calls
    seconds = np.empty([warm_up + repetitions, len(functions)])
    for turn in seconds:
        for i, function in enumerate(functions):
            start = clock()
            for _ in range(calls[i]):
                function()
            turn[i] = (clock() - start) / calls[i]
    return seconds[warm_up:]


def ratio(
    first, second, clock=time.process_time, repetitions=15, calls=(1, 1)
):
    """Median of (time of the second) / (time of the first), in turns.

    Args:
        first, second: Functions without arguments.
        clock, repetitions, calls: As for `durations`.

    Returns:
        How many times as fast a call of the first is as one of the second.
    """
    seconds = durations([first, second], clock, repetitions, calls)
    return float(np.median(seconds[:, 1] / seconds[:, 0]))
