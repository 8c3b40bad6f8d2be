import json
import subprocess
import sys

import pytest
import tensorflow as tf

from specgan.runs import strategies as distribution


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
        with distribution.translate_worker_errors():
            raise error
    assert "\n" not in str(told.value)


def test_other_errors_are_left_alone():
    with pytest.raises(tf.errors.InvalidArgumentError):
        with distribution.translate_worker_errors():
            raise tf.errors.InvalidArgumentError(None, None, "wrong")


@pytest.mark.slow
@pytest.mark.parametrize("seconds, code", [(0, 0), (600, 1)])
def test_a_process_that_hangs_is_ended(seconds, code):
    program = (
        "import time\n"
        "from specgan.runs.strategies import _ended_after\n"
        f"with _ended_after(1): time.sleep({seconds})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == code


HERE = ["127.0.0.1:2222", "localhost:2223"]


def tf_config(workers=HERE, index=0, **jobs):
    return json.dumps(
        {
            "cluster": {"worker": workers, **jobs},
            "task": {"type": "worker", "index": index},
        }
    )


@pytest.mark.parametrize("index", [0, 1])
def test_the_workers_of_tf_config(index):
    assert distribution.check_tf_config(tf_config(index=index)) == (HERE, index)


@pytest.mark.parametrize(
    "config, reason",
    [
        (tf_config(["127.0.0.1:99999"]), "does not describe the workers"),
        (tf_config(["127.0.0.1:0"]), "does not describe the workers"),
        (tf_config(["127.0.0.1:-1"]), "does not describe the workers"),
        (tf_config([2222]), "does not describe the workers"),
        (tf_config("127.0.0.1:2222"), "does not describe the workers"),
        (tf_config([]), "no worker 0"),
        (tf_config(index=2), "no worker 2"),
        (tf_config(index=0.0), "no worker 0.0"),
        (tf_config(index=False), "no worker False"),
        (tf_config(index="0"), "no worker '0'"),
        (tf_config(ps=["127.0.0.1:3333"]), "other jobs than worker"),
        (tf_config([HERE[0]] * 2), "the same address"),
        (tf_config(["nowhere.invalid:2222"]), "'nowhere.invalid' is not known"),
        (tf_config(["a..b:2222"]), "'a..b' is not known"),
    ],
)
def test_wrong_tf_config_is_told_in_one_line(config, reason):
    with pytest.raises(ValueError, match="TF_CONFIG is wrong") as told:
        distribution.check_tf_config(config)
    assert reason in str(told.value)
    assert "\n" not in str(told.value)
