"""The process that computes a cell; `specgan queue` starts it.

On its standard input it gets a line of JSON, {"commands": lists of words,
"nice": number}, and runs these commands of `specgan` one after the other. On
its standard output it writes a line of JSON for each: its exit code, the
seconds that it took. All that the commands print goes to the error stream.

It ends, as by SIGTERM, when its standard input is closed: the queue that
started it has ended, however it did.
"""

import json
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TextIO

from specgan.cli import main as command_line
from specgan.cli.terminal import exit_code_of
from specgan.files import read_json


def main() -> int:
    """Run the commands.

    Returns:
        The exit code: that of the first command that fails, or 0.
    """
    orders = open(0, "rb", buffering=0, closefd=False)
    order = json.loads(orders.readline())
    threading.Thread(target=_end_with, args=[orders], daemon=True).start()
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.nice(order["nice"])
    return exit_code_of(
        "specgan queue", lambda: run_commands(order["commands"], reports)
    )


def run_commands(commands: Iterable[Sequence[str]], reports: TextIO) -> int:
    """Run commands until one fails.

    Args:
        commands: Lists of words, as after `specgan`.
        reports: Text file for the reports.

    Returns:
        The exit code of the last one that ran.
    """
    for words in commands:
        cpu, wall = time.process_time(), time.monotonic()
        code = command_line.main(words)
        report = {
            "command": words[0],
            "exit_code": code,
            "cpu_seconds": time.process_time() - cpu,
            "wall_seconds": time.monotonic() - wall,
        }
        if words[0] == "train" and code == 0:
            report["training"] = _training(words)
        print(json.dumps(report), file=reports, flush=True)
        if code:
            return code
        _forget_training()
    return 0


def _training(words):
    """What a training was, as far as its run folder says it."""
    import zoo

    run = pathlib.Path(words[words.index("--run") + 1])
    record = read_json(run / "run.json")
    arguments = record["arguments"]
    about = {"finished": record["finished"], "versions": record["versions"]}
    try:
        steps = read_json(run / "spectrum.json")["steps"][-1]
    except (OSError, ValueError, KeyError, IndexError):
        return about  # A full disk kept it from being written.
    model = zoo.MODELS[arguments["model"]]
    # Each step of the discriminator is shown a batch.
    shown = arguments.get("discriminator_steps") or getattr(model, "steps", 1)
    images = steps * arguments["batch_size"] * shown
    return {**about, "steps": steps, "images_shown": images}


def _forget_training():
    """Let the next command begin as in a process of its own."""
    import keras

    keras.backend.clear_session()
    keras.config.set_dtype_policy("float32")


def _end_with(orders):
    orders.read(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
