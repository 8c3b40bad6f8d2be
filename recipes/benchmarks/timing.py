"""Functions timed in turns, so that a loaded machine disturbs all alike."""

import time

import numpy as np


def timer(function, clock=time.process_time, calls=1):
    """A function that calls another and gives the seconds of a call.

    Args:
        function: Function without arguments.
        clock: `time.process_time`, the CPU seconds of all threads, or
            `time.perf_counter`.
        calls: How often it is called each time.

    Returns:
        Function without arguments that gives seconds.
    """

    def seconds():
        start = clock()
        for _ in range(calls):
            function()
        return (clock() - start) / calls

    return seconds


def durations(timers, repetitions=15, warm_up=1):
    """Seconds of several timers, which take turns.

    Args:
        timers: Functions without arguments that give seconds.
        repetitions: Turns of each that are counted.
        warm_up: Turns of each before those.

    Returns:
        NumPy array `[repetitions, timers]`.
    """
    seconds = [
        [each() for each in timers] for _ in range(warm_up + repetitions)
    ]
    return np.array(seconds[warm_up:])


def ratio(first, second, clock=time.process_time, repetitions=15, calls=(1, 1)):
    """Median of (time of the second) / (time of the first), in turns.

    Args:
        first, second: Functions without arguments.
        clock: As for `timer`.
        repetitions: As for `durations`.
        calls: Calls in a turn of the first, and of the second.

    Returns:
        How many times as fast a call of the first is as one of the second.
    """
    timers = [
        timer(function, clock, count)
        for function, count in zip((first, second), calls, strict=True)
    ]
    seconds = durations(timers, repetitions)
    return float(np.median(seconds[:, 1] / seconds[:, 0]))
