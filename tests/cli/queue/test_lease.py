import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from specgan.cli.queue.lease import GUARD
from specgan.cli.queue.lease import Lease


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "cell.lease"


def ended_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def rewrite(path, *lines, **changes):
    """Let the file be another holder's; its heartbeat is now."""
    first = json.loads(path.read_text().splitlines()[0])
    lines = [{**first, "token": "another", **changes}, *lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def make_old(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_one_holder_at_a_time(path):
    first, second = Lease(path), Lease(path)
    assert first.holder() is None
    assert first.acquire() and not second.acquire()
    assert second.holder()["pid"] == os.getpid()
    first.release()
    assert not path.exists()
    assert second.acquire()
    second.release()


def test_of_many_at_once_one_takes_it(path):
    """Also if the file of a process that has ended lies there."""
    for _ in range(10):
        first = Lease(path)
        assert first.acquire()
        rewrite(path, pid=ended_pid())
        many = [Lease(path) for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(Lease.acquire, many))
        assert taken.count(True) == 1
        first.release()
        many[taken.index(True)].release()
        assert [one.name for one in path.parent.iterdir()] == [GUARD]


def test_that_of_an_ended_process_is_taken_at_once(path):
    first, second = Lease(path), Lease(path)
    assert first.acquire()
    rewrite(path, pid=ended_pid())
    assert second.holder() is None
    assert second.acquire()
    first.release()
    assert path.exists(), "it is the second one's"
    second.release()


def test_a_process_that_survives_its_holder_keeps_it(path):
    first, second = Lease(path), Lease(path)
    assert first.acquire()
    rewrite(path, pid=ended_pid())
    first.add_process(os.getpid())
    assert not second.acquire()
    rewrite(path, {"pid": ended_pid()}, pid=ended_pid())
    assert second.acquire()
    second.release()
    first.release()


def test_another_machine_is_judged_by_its_heartbeat(path):
    first, second = Lease(path), Lease(path, timeout=100.0)
    assert first.acquire()
    rewrite(path, machine="another", host="another", pid=ended_pid())
    assert not second.acquire()
    assert second.holder()["host"] == "another"
    make_old(path, 90)
    assert not second.acquire()
    make_old(path, 110)
    assert second.holder() is None and second.acquire()
    second.release()
    first.release()


def test_a_number_that_another_process_has_got_since(path):
    first, second = Lease(path), Lease(path, timeout=100.0)
    assert first.acquire()
    make_old(path, 110)
    assert second.acquire()
    second.release()
    first.release()


def test_a_file_that_is_only_begun(path):
    path.parent.mkdir()
    path.touch()
    lease = Lease(path, timeout=100.0)
    assert not lease.acquire() and lease.holder()["host"] == "unknown"
    make_old(path, 110)
    assert lease.acquire()
    lease.release()


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_heartbeat(path):
    lease = Lease(path, heartbeat=0.01)
    assert lease.acquire()
    make_old(path, 1000)
    assert wait_for(lambda: time.time() - path.stat().st_mtime < 500)
    assert not lease.lost
    lease.release()


@pytest.mark.parametrize("how", ["taken", "removed"])
def test_a_holder_learns_that_it_has_lost_it(path, how):
    lease = Lease(path, heartbeat=0.01)
    assert lease.acquire()
    rewrite(path) if how == "taken" else path.unlink()
    assert wait_for(lambda: lease.lost)
    lease.release()
    assert path.exists() == (how == "taken")


def test_one_judges_at_a_time(path):
    """What was judged abandoned cannot be replaced before it is removed."""
    path.parent.mkdir()
    lease, other = Lease(path), Lease(path)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with lease._alone():
            taken = pool.submit(other.acquire)
            with pytest.raises(concurrent.futures.TimeoutError):
                taken.result(timeout=0.2)
            lease._create()
        assert not taken.result()
    lease.release()


def test_a_full_disk(path, monkeypatch):
    create = pathlib.Path.open

    def full(self, mode):
        file = create(self, mode)
        if self != path:
            return file
        file.close()
        return open("/dev/full", "wb")

    monkeypatch.setattr(pathlib.Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        Lease(path).acquire()
    assert not path.exists()
