"""The file of `specgan queue`: which trainings to compute, as TOML.

```toml
folder = "grid"                     # results; paths are relative to the file

[train]                             # options of `specgan train`, of every cell
data = "faces.zip"
image-size = 32
epochs = 26

[evaluate]                          # options of `specgan evaluate`
real = "heldout/"                   # without this table, nothing is evaluated

[variants.loss]                     # an axis with several options at once
plain = {}
head = {spectral-head = true}
paper = {spectral-regularization = "paper"}

[[cells]]                           # a list is an axis: 2 x 3 x 3 cells
model = ["lsgan", "dcgan"]
loss = ["plain", "head", "paper"]
seed = [0, 1, 2]

[[cells]]
name = "wgangp-{loss}"              # the values of the axes, unless given
model = "wgangp"
loss = ["plain", "paper"]
seed = 0
evaluate = {num = 2048}             # in addition; false: no evaluation
```

Options are named as on the command line. `true` gives an option without a
value, `false` leaves it out, or gives its `--no-...` form if it has one.
"""

import dataclasses
import functools
import hashlib
import itertools
import json
import pathlib
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from specgan.cli.queue.command_words import find_option
from specgan.cli.queue.command_words import normalized
from specgan.cli.queue.command_words import parsed
from specgan.cli.queue.command_words import parser
from specgan.cli.queue.command_words import to_words
from specgan.errors import unknown_name
from specgan.typing import PathLike

_TABLES = {"train": dict, "evaluate": dict, "variants": dict, "cells": list}

# Where things are, which says nothing about what they are.
_PLACES = {"run", "data_dir", "weights", "fake", "json"}
_FILES = {"data", "real"}  # Of these, the last part of the path counts.


@dataclasses.dataclass(frozen=True)
class Cell:
    """A training with its evaluation.

    Args:
        name: Of its run folder and its record.
        axes: Dictionary of the model and the values in its [[cells]].
        words: {"train": words of the command line, "evaluate": likewise, or
            `None` without an evaluation}, without the run folder.
        settings: The same as parsed, dictionaries.
    """

    name: str
    axes: dict
    words: dict
    settings: dict

    @functools.cached_property
    def recipe(self) -> dict[str, Any]:
        """All that the result depends on, defaults included."""
        return {
            command: settings and recipe(command, settings)
            for command, settings in self.settings.items()
        }

    @functools.cached_property
    def recipe_sha256(self) -> str:
        text = json.dumps(self.recipe, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def commands(self, run: PathLike) -> dict[str, list[str]]:
        """The commands as lists of words.

        Args:
            run: The run folder.
        """
        model, *options = self.words["train"]
        commands = {"train": ["train", model, "--run", str(run), *options]}
        if self.words["evaluate"] is not None:
            options = self.words["evaluate"]
            commands["evaluate"] = ["evaluate", str(run), *options]
        return commands


@dataclasses.dataclass(frozen=True)
class QueueFile:
    """What the file says.

    Args:
        path: The file's; relative paths in it start from its folder.
        folder: Where the results go.
        cells: List of `Cell`s, the most wanted first.
    """

    path: pathlib.Path
    folder: pathlib.Path
    cells: list


def recipe(command: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a result depends on, as JSON holds them.

    Places are left out, and of data the last part of the path remains; so
    are options that are not given and do nothing then, so that new ones do
    not change the recipe of old results.

    Args:
        command: "train" or "evaluate".
        settings: Dictionary of all arguments of the command.
    """
    of_command = parser(command)
    kept = {}
    for name, value in settings.items():
        is_off = value is None or value is False
        if name in _PLACES or (
            is_off and value is of_command.get_default(name)
        ):
            continue
        kept[name] = value
        if name in _FILES:
            kept[name] = pathlib.PurePath(str(value)).name
    return json.loads(json.dumps(kept))


def differences(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    prefix: str = "",
) -> list[str]:
    """What differs between two recipes, in words.

    Args:
        old, new: Dictionaries, which may hold dictionaries or `None`.
        prefix: Before each name.

    Returns:
        A list of texts such as "train epochs: 2, now 3".
    """
    old, new, found = old or {}, new or {}, []
    for name in sorted({*old, *new}):
        then, now = old.get(name), new.get(name)
        if isinstance(then, dict) or isinstance(now, dict):
            found += differences(then, now, f"{prefix}{name} ")
        elif then != now:
            found.append(f"{prefix}{name}: {then}, now {now}")
    return found


def read(path: PathLike) -> QueueFile:
    """Read and check a file.

    Args:
        path: The file.

    Returns:
        A `QueueFile`.

    Raises:
        ValueError: If the file is invalid; the cell at fault is named.
    """
    path = pathlib.Path(path).absolute()
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError as error:
        raise ValueError(
            f"The queue file does not exist. Expected a TOML file. Received: "
            f"'{path}'."
        ) from error
    except ValueError as error:  # Of TOML's syntax or of UTF-8.
        raise ValueError(f"{path} is not valid TOML: {error}.") from error
    _check_tables(content, path)
    folder = pathlib.Path(content["folder"]).expanduser()
    cells = []
    for table in content["cells"]:
        cells += _cells(table, content)
    names = [cell.name for cell in cells]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"Cells need names of their own. Received: {names.count(name)} "
                f"cells {name!r}. Let `name` contain what they differ in, such "
                'as name = "{model}-{seed}".'
            )
    return QueueFile(path, path.parent / folder, cells)


def _check_tables(content, path):
    for key in content:
        if key not in {"folder", *_TABLES}:
            raise unknown_name(f"key of {path}", key, ["folder", *_TABLES])
    for key, kind in _TABLES.items():
        if not isinstance(content.get(key, kind()), kind):
            raise ValueError(
                f"`{key}` of {path} is invalid. Expected "
                f"{'[[cells]]' if kind is list else f'a table [{key}]'}. "
                f"Received: {key} = {content[key]!r}."
            )
    folder, cells = content.get("folder"), content.get("cells")
    if not isinstance(folder, str) or not folder:
        raise ValueError(
            f"`folder` of {path} is missing or invalid. Expected the folder of "
            f'the results, such as folder = "grid". Received: {folder!r}.'
        )
    if not cells or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError(
            f"{path} describes no trainings. Expected at least one table "
            f"[[cells]]. Received: cells = {cells!r}."
        )
    for axis, variants in content.get("variants", {}).items():
        if not isinstance(variants, dict) or not all(
            isinstance(variant, dict) for variant in variants.values()
        ):
            raise ValueError(
                f"[variants.{axis}] is invalid. Expected a table of options "
                "for each name, such as plain = {}. Received: "
                f"{variants!r}."
            )
        if find_option(axis, parser("train")) or axis in ("name", "evaluate"):
            raise ValueError(
                f"[variants.{axis}] has the name of an option. Expected "
                "another name, such as 'loss'."
            )


# === The product of a table's lists ===


def _cells(table, content):
    """The cells of one [[cells]]."""
    variants = content.get("variants", {})
    table = {normalized(key): value for key, value in table.items()}
    template, evaluate = table.pop("name", None), table.pop("evaluate", {})
    axes = {
        key: value if _is_axis(key, value, variants) else [value]
        for key, value in table.items()
    }
    for key, values in axes.items():
        if not values:
            raise ValueError(
                f"The axis {key!r} of [[cells]] is empty. Expected at least "
                "one value. Received: []."
            )
    varied = [k for k in table if _is_axis(k, table[k], variants)]
    cells = []
    for combination in itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination, strict=True))
        options, own = _options(chosen, variants), content.get("train", {})
        shared = {normalized(key): value for key, value in own.items()}
        options = {**shared, **options}
        if template is None:
            shown = {"model": options.get("model", "model")}
            shown |= {key: chosen[key] for key in varied}
        else:
            shown = {**options, **chosen}
        name = _name(template, shown)
        cells.append(
            _cell(
                name,
                {"model": options.get("model"), **chosen},
                options,
                _evaluation(evaluate, content.get("evaluate")),
            )
        )
    return cells


def _is_axis(key, value, variants):
    """Whether a value is a list of values, not the value of an option."""
    if not isinstance(value, list) or key in variants:
        return isinstance(value, list)
    action = find_option(key, parser("train"))
    takes_several = action is not None and isinstance(action.nargs, int)
    return not takes_several or any(isinstance(each, list) for each in value)


def _options(chosen, variants):
    """The options of a cell; each variant is replaced by its own."""
    options = {}
    for key, value in chosen.items():
        if key not in variants:
            new = {key: value}
        elif isinstance(value, str) and value in variants[key]:
            new = variants[key][value]
        else:
            raise unknown_name(f"variant of {key!r}", value, variants[key])
        for name, setting in new.items():
            name = normalized(name)
            if name in options:
                raise ValueError(
                    f"A cell sets {name!r} twice. Expected each option once, "
                    f"by itself or by one variant. Received: {chosen}."
                )
            options[name] = setting
    return options


def _evaluation(own, shared):
    """The options of `specgan evaluate`, or `None` for no evaluation."""
    if own is False or (shared is None and own == {}):
        return None
    if not isinstance(own, dict):
        raise ValueError(
            "`evaluate` of [[cells]] is invalid. Expected a table of options, "
            f"or false. Received: {own!r}."
        )
    both = {**(shared or {}), **own}
    return {normalized(key): value for key, value in both.items()}


def _name(template, shown):
    if template is None:
        name = "-".join(_label(key, value) for key, value in shown.items())
    else:
        if not isinstance(template, str):
            raise ValueError(
                "`name` of [[cells]] is invalid. Expected a text such as "
                f'"{{model}}-{{seed}}". Received: {template!r}.'
            )

        def value_of(match):
            key = normalized(match[1])
            if key not in shown:
                raise unknown_name(f"value in name = {template!r}", key, shown)
            return _label(key, shown[key])

        name = re.sub(r"\{([^{}]*)\}", value_of, template)
    if not re.fullmatch(r"[A-Za-z0-9][\w.+=,-]*", name, re.ASCII) or (
        name.endswith(".json")
    ):
        raise ValueError(
            "The name of a cell is that of a folder. Expected letters, digits "
            f"and .+=,_- with a letter or digit first. Received: {name!r}. "
            'Give `name`, such as name = "{model}-{seed}".'
        )
    return name


def _label(key, value):
    if isinstance(value, bool):
        return key if value else f"no-{key}"
    if isinstance(value, list):
        return "x".join(map(str, value))
    return str(value)


# === One cell ===


def _cell(name, axes, options, evaluation):
    try:
        options = dict(options)
        model = options.pop("model", None)
        if not isinstance(model, str):
            raise ValueError(
                "The model is missing or invalid. Expected a name of `specgan "
                f"list`. Received: model = {model!r}."
            )
        words = {
            "train": [model, *to_words("train", options)],
            "evaluate": None,
        }
        settings = {
            "train": parsed("train", [*words["train"], "--run", "RUN"]),
            "evaluate": None,
        }
        if evaluation is not None:
            words["evaluate"] = to_words("evaluate", evaluation)
            settings["evaluate"] = parsed(
                "evaluate", ["RUN", *words["evaluate"]]
            )
    except ValueError as error:
        raise ValueError(f"Cell {name!r}: {error}") from error
    return Cell(name, axes, words, settings)
