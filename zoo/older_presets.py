"""Presets of format version 1, converted: `specgan upgrade-preset`.

```
dcgan-celeba64-spectral/
    model.json          the class of the zoo, its scalars, checksums
    model.weights.h5    the numbers
    README.md           the card, without front matter
```
"""

import os
import pathlib
import re
import tempfile
import warnings
from typing import TYPE_CHECKING

from specgan.checksums import folder_sums
from specgan.errors import unknown_name
from specgan.files import read_json
from specgan.typing import PathLike
from zoo.model_classes import MODELS
from zoo.preset_card import body_of
from zoo.preset_files import CARD
from zoo.preset_files import RECORD
from zoo.preset_files import check_modules
from zoo.preset_files import damaged

if TYPE_CHECKING:
    import keras

WEIGHTS = "model.weights.h5"

# What `specgan publish` has written into each card.
_DATA = re.compile(r'^ *"data": "([^"]+)"', re.M)
_STEPS = re.compile(r"\b(\d+) (?:generator )?steps\b")


def require_older(folder: PathLike) -> None:
    """A `ValueError` unless a folder is a preset of format version 1.

    Args:
        folder: Its path.
    """
    folder = pathlib.Path(folder)
    if not (folder / RECORD).is_file() or not (folder / WEIGHTS).is_file():
        raise ValueError(
            f"{folder} is not a preset of format version 1. Expected a folder "
            f"with {RECORD} and {WEIGHTS}."
        )


def upgrade(folder: PathLike, license: str) -> None:
    """Convert a preset of format version 1 in its place.

    Args:
        folder: Its path. Until all is written it stays as it was.
        license: As for `zoo.save_preset`.

    Raises:
        ValueError: If it is not such a preset, or damaged.
    """
    from zoo.saved_preset import save_preset  # It imports TensorFlow.

    require_older(folder)
    folder = pathlib.Path(folder).resolve()
    model = _load(folder)
    card = body_of((folder / CARD).read_text("utf-8"))
    data, steps = _DATA.search(card), _STEPS.search(card)
    # On the same disk, so that a folder is moved as a whole.
    with tempfile.TemporaryDirectory(
        prefix=".upgrade-", dir=folder.parent
    ) as place:
        old, new = (pathlib.Path(place, one) for one in ("old", folder.name))
        save_preset(
            model,
            new,
            license,
            description=read_json(folder / RECORD)["description"],
            body=card,
            data=data and data[1],
            steps=steps and int(steps[1]),
        )
        os.replace(folder, old)
        try:
            os.replace(new, folder)
        except BaseException:
            os.replace(old, folder)
            raise


def _load(folder) -> "keras.Model":
    record = read_json(folder / RECORD)
    if record.get("class") not in MODELS:
        kind = f"class of a model, in {folder / RECORD}"
        raise unknown_name(kind, record.get("class"), MODELS)
    sums = record.get("sha256")
    if isinstance(sums, dict):  # Older ones have that of the weights alone.
        sums = sums.get(WEIGHTS)
    if folder_sums(folder, RECORD)[WEIGHTS] != sums:
        raise damaged(folder, f"{WEIGHTS} that was altered: its checksum")
    check_modules(folder, record.get("config"))
    try:
        model = MODELS[record["class"]].from_config(record["config"])
        with warnings.catch_warnings():
            # Before its error, Keras warns of one layer after the other.
            warnings.simplefilter("ignore", UserWarning)
            model.load_weights(folder / WEIGHTS)
    except Exception as error:  # Wrong files fail in many ways.
        raise damaged(folder, error) from error
    return model
