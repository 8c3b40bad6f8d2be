import subprocess
import sys

import pytest
import tensorflow as tf

from recipes import distribution


@pytest.mark.parametrize(
    "error, reason",
    [
        (
            tf.errors.UnavailableError(
                None,
                None,
                "Graph error:\nCollective ops is aborted by: gone\nx",
            ),
            r"\(gone\)",
        ),
        (tf.errors.DeadlineExceededError(None, None, "Late\nx"), r"\(Late\)"),
    ],
)
def test_lost_workers_are_told_in_one_line(error, reason):
    with pytest.raises(ConnectionError, match=f"Start all.*{reason}") as told:
        with distribution.lost_workers_told():
            raise error
    assert "\n" not in str(told.value)


def test_other_errors_are_left_alone():
    with pytest.raises(tf.errors.InvalidArgumentError):
        with distribution.lost_workers_told():
            raise tf.errors.InvalidArgumentError(None, None, "wrong")


@pytest.mark.parametrize("seconds, code", [(0, 0), (600, 1)])
def test_a_process_that_hangs_is_ended(seconds, code):
    program = (
        "import time\n"
        "from recipes.distribution import _ended_after\n"
        f"with _ended_after(1): time.sleep({seconds})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == code
