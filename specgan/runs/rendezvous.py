"""Workers meet before TensorFlow connects them.

TensorFlow waits for missing workers without a word, without end, and deaf to
Ctrl-C. So they meet here first, at the address of the first worker, which its
TensorFlow takes over afterwards: each of the others says its number there and
goes on when all have come.
"""

import contextlib
import select
import socket
import time

_HERE, _GO = b"specgan worker %d\n", b"specgan go\n"


def meet(workers: list[str], index: int) -> None:
    """Return when all workers are there.

    Any of them may be stopped and started again meanwhile.

    Args:
        workers: Their addresses, "host:port", the same list on all of them.
        index: Which of them this process is.

    Raises:
        OSError: If this worker's port is taken.
    """
    print(
        f"Worker {index} of {len(workers)} at {workers[index]}, waiting for "
        f"the others: {', '.join(workers[:index] + workers[index + 1 :])}.",
        flush=True,
    )
    with _listening(workers[index]) as door:
        if index == 0:
            _gather(door, set(range(1, len(workers))))
    if index != 0:
        _join(workers[0], index)


def _listening(address):
    try:
        return socket.create_server(("", int(address.rsplit(":", 1)[1])))
    except OSError as error:
        raise OSError(
            f"this worker cannot listen at {address}: {error.strerror}. Stop "
            "the process that does, or choose another port in TF_CONFIG."
        ) from error


def _gather(door, expected):
    """Let workers in until all are there at once, then send them off."""
    present = {}
    with contextlib.ExitStack() as stack:
        while expected - set(present):
            ready, _, _ = select.select([door, *present.values()], [], [])
            # One that waits has nothing to say: it has gone.
            present = {i: c for i, c in present.items() if c not in ready}
            if door in ready:
                connection = stack.enter_context(door.accept()[0])
                said = _line(connection)
                present |= {
                    i: connection for i in expected if said == _HERE % i
                }
        for connection in present.values():
            connection.sendall(_GO)


def _join(address, index):
    host, port = address.rsplit(":", 1)
    while True:
        # The first worker may not be there yet, or start once more.
        with contextlib.suppress(OSError):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(_HERE % index)
                if _line(connection, patience=None) == _GO:
                    return
        time.sleep(0.5)


def _line(connection, patience: float | None = 5.0):
    """What the other side says up to a line's end; b"" if it has gone."""
    connection.settimeout(patience)
    said = b""
    with contextlib.suppress(OSError):
        while not said.endswith(b"\n") and len(said) < 100:
            part = connection.recv(1)
            if not part:
                break
            said += part
    return said
