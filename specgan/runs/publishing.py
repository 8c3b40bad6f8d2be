"""Make a pretrained model of a run: `specgan publish RUN NAME`.

The card says what a user has to know: how the model was made, with the
command, and how near its spectrum is, with the protocol.
"""

import json
import pathlib
import warnings

import zoo
from specgan.files import damage_named
from specgan.files import read_json
from specgan.models import GAN
from specgan.models.image_model import ImageModel
from specgan.models.named_weights import named_weights
from specgan.models.named_weights import numbered
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike
from zoo import pretrained
from zoo.preset_card import kept_figures

CARD = """# {name}

{description}

```python
import zoo

model = zoo.load("{name}")
{use}
```

- Class: `zoo.{model_class}`; its arguments are in `model.json`.
- Trained by `{command}`, {steps} {kind_of_steps}, with TensorFlow
  {versions[tensorflow]}, Keras {versions[keras]} and specgan
  {versions[specgan]}{commit}. Arguments:

```json
{arguments}
```

- Spectrum: {spectral_error:.2f} dB rms from real images over all rings,
  {spectral_error_high:.2f} dB above half the Nyquist frequency, at the end of
  the training: {images[generated]} {made} against {images[real]} real images in
  float32, no window (`spectrum.json` of the run).
{note}"""


# `images` is what its users have, as the data are loaded.
RECONSTRUCT = "model.reconstruct(images)  # [num, height, width, channels]"


def publish(
    run: PathLike,
    name: str,
    license: str,
    description: str = "",
    note: str = "",
) -> pathlib.Path:
    """Publish the model of a run.

    Its layers compute in float32, whatever it was trained in: every format of
    `model.export` holds that, and every processor is quick at it. The generator
    of a GAN is the moving average over the training, where there was one.

    Args:
        run: The run folder.
        name: The name to load it by.
        license: That of the weights: see `zoo.save_preset`.
        description: One line about it.
        note: What else its card must say, such as the terms of the data.

    Returns:
        The path of the new folder.

    Raises:
        ValueError: If the run is not the folder of a training, there is no
            trained model in it, one of that name exists, or the name or the
            description cannot be one.
    """
    pretrained.check_name(name, description)
    folder = RunFolder(run)
    folder.require_measured()  # The card says how the model was made.
    model = as_published(folder.load())
    with damage_named(folder.path, "the records of a run"):
        body, about = _card(folder, model, name, description, note)
        finished = read_json(folder.record)["finished"]
    if not finished:
        warnings.warn(
            f"The training in {run} has not come to its end. Its last model "
            "is published.",
            stacklevel=2,
        )
    return pretrained.publish(
        model, name, license, description=description, body=body, **about
    )


def as_published(model: ImageModel) -> ImageModel:
    """A copy that computes in float32 and whose generator is its average.

    Samples are drawn from the average. Without the generator that it is the
    average of, a preset has little more than half the size.

    Args:
        model: A model of the zoo, which stays as it is.
    """
    config = {**model.get_config(), "dtype": "float32"}
    weights = named_weights(model)
    if isinstance(model, GAN):
        config["ema_decay"] = None
        weights["generator"] = numbered(model.sampling_generator)
    copy = type(model).from_config(config)
    for network, variables in named_weights(copy).items():
        for name, variable in variables.items():
            variable.assign(weights[network][name])
    return copy


def _card(folder, model, name, description, note):
    """The text of README.md, and what a model.json says beside it."""
    record = read_json(folder.record)
    spectrum = read_json(folder.path / "spectrum.json")
    samples = not isinstance(model, zoo.AutoEncoder)
    # Where the run lay, and whence it read, is of no use to others.
    arguments = {
        argument: value
        for argument, value in record["arguments"].items()
        if argument not in ("run", "data_dir") and value is not None
    }
    if "init_from" in arguments:
        arguments["init_from"] = pathlib.Path(arguments["init_from"]).name
    arguments["data"] = pathlib.Path(arguments["data"]).name
    if "dtype_policy" in record:  # What "auto" has come to.
        arguments["dtype_policy"] = record["dtype_policy"]["taken"]
    card = CARD.format(
        name=name,
        description=description,
        use="model.sample(16, seed=1)" if samples else RECONSTRUCT,
        made="generated" if samples else "reconstructed",
        kind_of_steps="generator steps" if isinstance(model, GAN) else "steps",
        model_class=type(model).__name__,
        command=record["command"],
        versions=record["versions"],
        commit=f" (commit {record['commit']})" if record.get("commit") else "",
        arguments=json.dumps(arguments, indent=2),
        steps=spectrum["steps"][-1],
        spectral_error=spectrum["spectral_error"][-1],
        spectral_error_high=spectrum["spectral_error_high"][-1],
        images=spectrum["images"],
        note=f"\n{note}\n" if note else "",
    )
    about = {
        "data": arguments["data"],
        "steps": spectrum["steps"][-1],
        "figures": _figures(folder.path / "evaluate.json"),
        "class_names": record.get("class_names"),
    }
    return card, about


def _figures(path):
    """What `specgan evaluate` has measured of the run; {} if it has not."""
    return kept_figures(read_json(path)) if path.is_file() else {}
