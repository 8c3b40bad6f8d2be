"""Pretrained models: a folder each, loaded by name.

```
saved_models/dcgan-celeba64-spectral/
    model.json          the class of the zoo, its scalars, the weights' SHA-256
    model.weights.h5    numbers only
    README.md           the card: what it was trained on, how, how well
```

Nothing in such a folder is executed: the class is looked up in `zoo.MODELS`,
the scalars are JSON and the weights HDF5.
"""

import hashlib
import json
import os
import pathlib

from specgan.errors import unknown_name
from specgan.files import folder_written_whole


def folder():
    """Where the pretrained models are: $SPECGAN_MODELS, or saved_models/.

    Returns:
        A path; beside the package's own source, unless the variable says
        otherwise.
    """
    default = pathlib.Path(__file__).parent.parent / "saved_models"
    return pathlib.Path(os.environ.get("SPECGAN_MODELS", default))


def names():
    """The names of the pretrained models, with a line about each.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    return {
        path.parent.name: json.loads(path.read_text())["description"]
        for path in sorted(folder().glob("*/model.json"))
    }


def load(name):
    """A pretrained model.

    Args:
        name: A name of `specgan list`.

    Returns:
        The model of the zoo with its weights, not compiled.

    Raises:
        ValueError: For an unknown name, or an entry that is incomplete,
            altered or of a class that this version does not know.

    Example:
    >>> gan = zoo.load("dcgan-celeba64-spectral")
    >>> gan.sample(16, seed=1)
    """
    from zoo import MODELS

    known = names()
    if name not in known:
        raise unknown_name("pretrained model", name, known)
    entry = folder() / name
    record = json.loads((entry / "model.json").read_text())
    if record["class"] not in MODELS:
        raise unknown_name("class of a model", record["class"], MODELS)
    weights = entry / "model.weights.h5"
    digest = sha256(weights) if weights.is_file() else "no such file"
    if digest != record["sha256"]:
        raise ValueError(
            f"The weights of {name} are not those that were published. "
            f"Expected SHA-256 {record['sha256']}. Received: {digest}, of "
            f"{weights}. Fetch the folder again."
        )
    model = MODELS[record["class"]].from_config(record["config"])
    model.load_weights(weights)
    return model


def publish(model, name, description, card):
    """Make a pretrained model of a trained one.

    Args:
        model: A model of `zoo.MODELS`, trained.
        name: The name to load it by: a new folder in `folder()`.
        description: One line, for `specgan list`.
        card: The text of README.md.

    Returns:
        The path of the folder.

    Raises:
        ValueError: If the model is of no class of the zoo, or there is a
            model of that name.
    """
    from zoo import MODELS

    classes = {model_class: key for key, model_class in MODELS.items()}
    if type(model) not in classes:
        raise ValueError(
            "Only models of the zoo can be published, as only their class can "
            f"be found again by name. Received: {type(model).__name__}."
        )
    # Without what `compile` adds: the optimizers.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with folder_written_whole(folder() / name) as entry:
        weights = entry / "model.weights.h5"
        bare.save_weights(weights)
        record = {
            "description": description,
            "class": classes[type(model)],
            "config": model.get_config(),
            "sha256": sha256(weights),
        }
        text = json.dumps(record, indent=2) + "\n"
        (entry / "model.json").write_text(text)
        (entry / "README.md").write_text(card)
    return folder() / name


def sha256(path):
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
