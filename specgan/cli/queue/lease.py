import contextlib
import fcntl
import functools
import json
import os
import pathlib
import socket
import tempfile
import threading
import time
import uuid
from typing import Any

from specgan.typing import PathLike

GUARD = "guard"
"""File of a folder of leases that is locked while one of them is taken."""


class Lease:
    """The right to work on something, held by one process at a time.

    A file that only its holder creates, on this machine or on another one
    that shares the folder. Its time of change is the holder's heartbeat. It
    is abandoned, and another process may take it, as soon as the holder's
    processes have ended, as far as this machine can see them; else after
    `timeout` seconds without a heartbeat. Both times are the file system's,
    so that the clocks of the machines need not agree.

    A holder that was suspended for longer may find that it has lost its lease
    (`lost`): it must stop then.

    Args:
        path: The file.
        heartbeat: Seconds between two.
        timeout: Seconds; several heartbeats.

    Example:
    >>> lease = Lease("grid/_queue/lsgan.lease")
    >>> if lease.acquire():
    ...     try:
    ...         work()
    ...     finally:
    ...         lease.release()
    """

    def __init__(
        self, path: PathLike, heartbeat: float = 30.0, timeout: float = 600.0
    ):
        self.path = pathlib.Path(path)
        self.heartbeat = heartbeat
        self.timeout = timeout
        self._line: Any = None
        self._thread: Any = None
        self._released = threading.Event()
        self._lost = threading.Event()

    @property
    def lost(self) -> bool:
        """Whether another process has taken the lease meanwhile."""
        return self._lost.is_set()

    def acquire(self) -> bool:
        """Take the lease, unless another process holds it.

        Returns:
            Whether this process holds it now.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            content = self._content()
            if content is not None:
                if self._is_held(content):
                    return False
                self.path.unlink(missing_ok=True)
            with contextlib.suppress(FileExistsError):
                self._create()
                return True
        return False

    def holder(self) -> dict[str, Any] | None:
        """Who holds the lease: {"host", "pid", "began"}, or `None`."""
        content = self._content()
        if content is None or not self._is_held(content):
            return None
        return {"host": "unknown", "pid": 0} | (_lines(content)[0] or {})

    def add_process(self, pid: int) -> None:
        """Note a process that works for the holder, and may survive it.

        Args:
            pid: Its number, on this machine.
        """
        with self.path.open("a") as file:
            file.write(json.dumps({"pid": pid}) + "\n")

    def release(self) -> None:
        """Give the lease back, if it is still held."""
        self._released.set()
        self._thread.join()
        if self._is_own():
            self.path.unlink(missing_ok=True)

    # === The file ===

    def _content(self):
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _create(self):
        holder = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "began": time.strftime("%Y-%m-%d %H:%M:%S"),
            "machine": _machine(),
            "token": uuid.uuid4().hex,
        }
        self._line = json.dumps(holder).encode() + b"\n"
        file = self.path.open("xb")
        try:
            with file:
                file.write(self._line)
        except OSError:  # A full disk.
            self.path.unlink()
            raise
        self._lost.clear()
        self._released.clear()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def _alone(self):
        """Let no other process judge, remove or create the lease meanwhile.

        To remove what was judged abandoned and to create one's own are two
        steps, and a lease that another process created in between would be
        removed. The system gives this lock back when its process ends, so
        that it cannot be abandoned itself; its file stays.
        """
        with (self.path.parent / GUARD).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _is_held(self, content):
        holder, *others = _lines(content)
        if holder and holder.get("machine") == _machine():
            pids = [one.get("pid") for one in (holder, *others) if one]
            if not any(map(_runs, pids)):
                return False
        try:
            changed = self.path.stat().st_mtime
        except FileNotFoundError:
            return False
        return self._now() - changed < self.timeout

    def _now(self):
        """The time now as the file system of the lease has it."""
        try:
            with tempfile.TemporaryFile(dir=self.path.parent) as file:
                return os.fstat(file.fileno()).st_mtime
        except OSError:  # A folder that one may only read.
            return time.time()

    def _is_own(self):
        content = self._content()
        return content is not None and content.startswith(self._line)

    def _beat(self):
        while not self._released.wait(self.heartbeat):
            try:
                if not self._is_own():
                    self._lost.set()
                    return
                os.utime(self.path)
            except OSError:
                continue  # A network's file system may come back.


def _lines(content):
    """What the lines of a lease say; `None` for one that is not complete."""
    found = []
    for line in content.splitlines() or [b""]:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        found.append(entry if isinstance(entry, dict) else None)
    return found


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@functools.cache
def _machine():
    """Identifies the namespace of the process numbers that this process sees.

    Not the host's name alone: it may start anew, and containers may share it.
    """
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):  # Linux.
        parts.append(
            pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        )
        parts.append(os.readlink("/proc/self/ns/pid"))
    return "/".join(parts)
