"""In place of `cell_process`: quick, and it does as it is asked.

A training of seed 13 fails, one of seed 14 waits for a file `go`. Each start
is a line in the file `starts`.
"""

import json
import os
import pathlib
import signal
import sys
import time

from specgan.cli.queue import command_words


def train(words):
    settings = command_words.parsed("train", words)
    run, seed = pathlib.Path(settings["run"]), settings["seed"]
    with open("starts", "a") as file:
        file.write(f"{run.name}\n")
    (run / "models").mkdir(parents=True, exist_ok=True)
    record = {"command": f"specgan train {settings['model']}"}
    record["arguments"] = settings
    (run / "run.json").write_text(json.dumps(record))
    (run / "models" / "epoch-0001.keras").touch()
    if seed == 13:
        print(
            "specgan train: error: this seed brings bad luck", file=sys.stderr
        )
        return 2
    while seed == 14 and not pathlib.Path("go").exists():
        time.sleep(0.01)
    (run / "models" / f"epoch-{settings['epochs']:04}.keras").touch()
    return 0


def evaluate(words):
    settings = command_words.parsed("evaluate", words)
    result = {"values": {"fid": 12.5}, "num": settings["num"]}
    pathlib.Path(settings["run"], "evaluate.json").write_text(
        json.dumps(result)
    )
    return 0


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(130))
    for words in json.loads(sys.stdin.readline())["commands"]:
        code = {"train": train, "evaluate": evaluate}[words[0]](words[1:])
        report = {"command": words[0], "exit_code": code}
        report |= {"cpu_seconds": 0.01, "wall_seconds": 0.02}
        if words[0] == "train":
            report["training"] = {"images_shown": 640}
        print(json.dumps(report), flush=True)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
