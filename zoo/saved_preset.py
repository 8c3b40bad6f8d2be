"""Write a trained model as a preset: `zoo.save_preset`."""

import pathlib
import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from specgan.errors import invalid_argument
from specgan.files import folder_written_whole
from specgan.models.exports import saved_model_folder
from specgan.models.named_weights import named_weights
from specgan.models.sampling import Sampler
from specgan.plots import image_grid
from specgan.plots import save
from specgan.signal import from_uint8
from specgan.typing import PathLike
from zoo.model_classes import MODELS
from zoo.preset_card import card_text
from zoo.preset_fields import check_description
from zoo.preset_fields import invalid_field
from zoo.preset_fields import plain_numbers
from zoo.preset_files import CARD
from zoo.preset_files import SAMPLES
from zoo.preset_files import write_record

if TYPE_CHECKING:
    import keras

_BODY = """# {name}

{description}

```python
import zoo

model = zoo.load("{name}")
```
"""

_SAMPLES = 16


def save_preset(
    model: "keras.Model",
    folder: PathLike,
    license: str,
    description: str = "",
    body: str | None = None,
    data: str | None = None,
    steps: int | None = None,
    figures: Mapping[str, float] | None = None,
    class_names: Sequence[str] | None = None,
) -> pathlib.Path:
    """Write a trained model as a folder that `zoo.load` reads.

    The folder is a SavedModel, with the endpoints of `model.export`: the
    numbers are stored once, in its variables. Beside them are a record
    (model.json), a grid of samples and a card for the Hugging Face Hub.

    Args:
        model: A model of `zoo.MODELS`, trained.
        folder: A folder that does not exist yet, or is empty. It appears
            whole or not at all.
        license: That of the weights, an identifier of the Hub such as
            "apache-2.0"; "other" where the card's text has the terms.
        description: One line, for `specgan list`.
        body: The text of the card after its front matter; None writes a short
            one.
        data: What the model was trained on, in a word.
        steps: Training steps it has taken.
        figures: Dictionary of numbers, of those that `specgan evaluate`
            gives: "fid", "detection_score" and so on; and "images", how many
            of each kind they are of. See `preset_card.kept_figures`.
        class_names: Those of a class-conditional model, in the order of their
            numbers: `specgan sample --label` takes them.

    Returns:
        The path of the folder.

    Raises:
        ValueError: If the model is of no class of the zoo, there is something
            at `folder`, or a card cannot show an argument. Nothing is
            written then.

    Example:
    >>> zoo.save_preset(gan, "presets/dcgan", license="apache-2.0")
    >>> zoo.load("presets/dcgan").sample(16, seed=1)
    """
    folder = pathlib.Path(folder)
    name = folder.resolve().name
    _check_licence(license)
    check_description(description)
    if not isinstance(body, str | None):
        raise invalid_argument("body", "Markdown, or None", body)
    classes = {model_class: key for key, model_class in MODELS.items()}
    if type(model) not in classes:
        raise ValueError(
            "Only models of the zoo can be published, as only their class can "
            f"be found again by name. Received: {type(model).__name__}."
        )
    record = {
        "description": description,
        "class": classes[type(model)],
        "config": model.get_config(),
        "license": license,
        "image_shape": list(model.image_shape),
        "data": data,
        "steps": steps,
        "figures": {} if figures is None else figures,
        "class_names": class_names,
    }
    if invalid := invalid_field(record):
        argument, expected = invalid
        raise invalid_argument(argument, expected, record[argument])
    record["steps"] = steps if steps is None else int(steps)
    record["figures"] = plain_numbers(record["figures"])
    if body is None:
        body = _BODY.format(name=name, description=description)
    functions = model.served().functions
    with folder_written_whole(folder) as entry:
        saved_model_folder.write(entry, named_weights(model), functions)
        record["signatures"] = _tensor_names(entry)
        save(image_grid(_pictures(model), columns=4), entry / SAMPLES)
        (entry / CARD).write_text(card_text(name, record, body), "utf-8")
        write_record(entry, record)
    return folder


def _check_licence(license):
    if not isinstance(license, str) or not re.fullmatch(
        r"[\w.+-]+( [\w.+-]+)*", license
    ):
        raise ValueError(
            "A preset says under which licence its weights are. Expected an "
            'identifier in one line, such as "apache-2.0", or "other". '
            f"Received: license={license!r}."
        )


def _pictures(model):
    """16 samples; of a model that only reconstructs, photographs and theirs."""
    if isinstance(model, Sampler):
        return model.sample(_SAMPLES)
    from specgan import data  # Here, since other models need none.

    height, _, channels = model.image_shape
    photographs = data.load_array(
        "photos", image_size=height, channels=channels
    )
    images = from_uint8(photographs[: _SAMPLES // 2]).numpy()
    return np.concatenate([images, model.reconstruct(images)])


def _tensor_names(entry):
    """Names of the graph's tensors by function and argument.

    With them TensorFlow's C library runs a function; see
    `specgan.saved_model_session`.
    """
    saved = SavedModel.FromString((entry / "saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].signature_def
    return {
        name: {
            "inputs": {
                key: one.name for key, one in functions[name].inputs.items()
            },
            "outputs": {
                key: one.name for key, one in functions[name].outputs.items()
            },
        }
        for name in sorted(functions)
        if not name.startswith("__")
    }
