"""On which devices and machines a training runs: `specgan train --strategy`."""

import contextlib
import faulthandler
import functools
import json
import os
import re
import socket
from collections.abc import Iterator

import tensorflow as tf

from specgan.errors import unknown_name
from specgan.runs import rendezvous


def one_device(replicas: int | None) -> tf.distribute.Strategy:
    """The first GPU, or the processor."""
    refuse_replicas(replicas)
    return tf.distribute.get_strategy()


def mirrored(replicas: int | None) -> tf.distribute.Strategy:
    """All devices of this machine, each with a part of every batch.

    Args:
        replicas: How many; None takes all GPUs. Without a GPU the processor
            is split into that many logical devices (which is no faster, but
            shows that all is right).
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        if replicas is not None and replicas > len(gpus):
            raise ValueError(
                f"There are not enough devices. Expected --replicas at most "
                f"{len(gpus)}, the GPUs of this machine. Received: {replicas}."
            )
        names = [f"GPU:{i}" for i in range(replicas or len(gpus))]
    else:
        names = [f"CPU:{i}" for i in range(replicas or 1)]
    return _mirrored_on(tuple(names))


@functools.cache
def _mirrored_on(names):
    """One object a process: two would disturb each other's operations."""
    if names[0].startswith("CPU"):
        (processor,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            processor, [tf.config.LogicalDeviceConfiguration()] * len(names)
        )
    return tf.distribute.MirroredStrategy(list(names))


def multi_worker(replicas: int | None) -> tf.distribute.Strategy:
    """All devices of several machines, described in TF_CONFIG.

    The workers wait for each other, however long it takes; once they have
    met, TensorFlow connects them, and informs them when one is lost.
    """
    refuse_replicas(replicas)
    workers, index = check_tf_config(os.environ.get("TF_CONFIG"))
    rendezvous.meet(workers, index)
    print("All are there. Connecting, for at most 50 seconds.", flush=True)
    with translate_worker_errors(), _ended_after(seconds=50):
        return tf.distribute.MultiWorkerMirroredStrategy()


@contextlib.contextmanager
def _ended_after(seconds):
    """End the process with exit code 1 unless the block is done by then.

    While TensorFlow connects it holds Python's lock, without end if another
    worker stops in that very moment; then no Python code could end it.
    """
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


STRATEGIES = {
    "one-device": one_device,
    "mirrored": mirrored,
    "multi-worker": multi_worker,
}


def get(
    name: str, replicas: int | None = None, device: str | None = None
) -> tf.distribute.Strategy:
    """The strategy of a name. Call it before anything else uses TensorFlow.

    Args:
        name: A key of `STRATEGIES`.
        replicas: Number of devices, for "mirrored".
        device: As for `use_device`, for "one-device"; None takes the first
            GPU, or the processor.

    Returns:
        A `tf.distribute.Strategy`.

    Raises:
        ValueError: For an unknown name, a wrong TF_CONFIG, more replicas than
            devices, a device that is not there or not the only one.
    """
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    if device is not None:
        if name != "one-device":
            raise ValueError(
                "--device is the one device of a training. Received: --device "
                f"{device} with --strategy {name}, which takes all. Leave one "
                "of them out."
            )
        use_device(device)
    return STRATEGIES[name](replicas)


def use_device(name: str) -> None:
    """Compute everything on one device of this machine.

    Args:
        name: "cpu", "gpu" for the first one, or "gpu:1" and the like.

    Raises:
        ValueError: If it is not there; those that are there are listed.
    """
    tf.config.set_visible_devices(find_device(name), "GPU")


def find_device(name: str) -> list:
    """The GPUs that TensorFlow sees with a device: none, or one.

    Args, raises: As `use_device`.
    """
    gpus = tf.config.list_physical_devices("GPU")
    devices = {"cpu": [], **{f"gpu:{i}": [gpu] for i, gpu in enumerate(gpus)}}
    found = devices.get({"gpu": "gpu:0"}.get(name.lower(), name.lower()))
    if found is None:
        raise ValueError(
            f"There is no such device here. Expected one of: "
            f"{', '.join(devices)}. Received: --device {name}."
        )
    return found


def refuse_replicas(replicas: int | None) -> None:
    """Raise a `ValueError` if a number of replicas is asked for in vain."""
    if replicas is not None:
        raise ValueError(
            "--replicas is the number of devices of --strategy mirrored. "
            f"Received: --replicas {replicas} with another strategy. Leave it "
            "out, or add --strategy mirrored."
        )


def check_tf_config(text: str | None) -> tuple[list[str], int]:
    """The workers that TF_CONFIG describes, and which of them this is.

    Args:
        text: The environment variable, or None.

    Returns:
        The workers' addresses, "host:port", and an index of this list.

    Raises:
        ValueError: Unless it describes workers, each at an address of its own
            whose host is known, and this one.
    """
    try:
        config = json.loads(text or "")
        jobs, task = config["cluster"], config["task"]
        workers, index = jobs["worker"], task["index"]
        right = task["type"] == "worker" and _are_addresses(workers)
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise _wrong_tf_config("it does not describe the workers", text)
    if set(jobs) != {"worker"}:
        raise _wrong_tf_config(
            f"it has other jobs than worker: {[*jobs]}", text
        )
    if type(index) is not int or index not in range(len(workers)):
        raise _wrong_tf_config(f"there is no worker {index!r}", text)
    if len(set(workers)) < len(workers):
        raise _wrong_tf_config("two workers have the same address", text)
    for worker in workers:
        host, port = worker.rsplit(":", 1)
        try:
            socket.getaddrinfo(host, port)
        except (OSError, UnicodeError) as error:
            reason = f"the host {host!r} is not known here ({error})"
            raise _wrong_tf_config(reason, text) from error
    return workers, index


def _are_addresses(workers):
    if not isinstance(workers, list):
        return False
    matches = [re.fullmatch(r"(.+):([0-9]{1,5})", each) for each in workers]
    return all(match and 0 < int(match[2]) < 2**16 for match in matches)


def _wrong_tf_config(reason, text):
    return ValueError(
        f"The environment variable TF_CONFIG is wrong: {reason}. Expected the "
        'like of {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
        '"task": {"type": "worker", "index": 0}}, with this worker\'s index, '
        f"hosts that can be resolved, ports up to 65535. Received: {text!r}."
    )


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run folder: the first worker."""
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def check_batch(batch_size: int, strategy: tf.distribute.Strategy) -> None:
    """Raise a `ValueError` unless the replicas can share a batch evenly."""
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            f"The replicas cannot share the batch. Expected --batch-size to "
            f"be a multiple of {replicas}, the number of replicas. Received: "
            f"--batch-size {batch_size}."
        )


@contextlib.contextmanager
def translate_worker_errors() -> Iterator[None]:
    """Turn TensorFlow's errors about lost workers into one clear line.

    Raises:
        ConnectionError: If another worker has stopped.
    """
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.DeadlineExceededError,
        tf.errors.CancelledError,
    ) as error:
        reason = str(error).partition("Collective ops is aborted by: ")[2]
        raise ConnectionError(
            "another worker cannot be reached and has probably stopped. The "
            "run folder holds the last whole epoch. Start all workers again "
            "with the same commands to go on from there. "
            f"({(reason or str(error)).splitlines()[0]})"
        ) from error
