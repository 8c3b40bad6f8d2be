"""The generators that the pages of this folder compare: runs, names, cells."""

import dataclasses
import pathlib

import numpy as np

from specgan import data
from specgan.layers import SpectralHead2D
from specgan.runs.named_models import model_of
from specgan.runs.run_folder import RunFolder
from specgan.signal import to_uint8


@dataclasses.dataclass(frozen=True)
class Description:
    """What distinguishes a generator from others.

    Args:
        name: Its run folder's or its own.
        model: Name of the class, such as "LSGAN".
        unit: Up-sampling unit.
        remedy: Spectral loss and head, or "plain".
        seed: Of the training.
    """

    name: str
    model: str
    unit: str
    remedy: str
    seed: int


def expanded(names):
    """Names with each folder of `specgan queue` as its finished cells.

    Args:
        names: Run folders, .keras files, names of `zoo.pretrained`, or
            folders of cells.

    Returns:
        A list of names without folders of cells.

    Raises:
        ValueError: If such a folder has no finished cell.
    """
    found = []
    for name in map(str, names):
        folder = pathlib.Path(name)
        if not (folder / "_queue").is_dir():
            found.append(name)
            continue
        cells = [
            record.with_suffix("")
            for record in sorted(folder.glob("*.json"))
            if RunFolder(record.with_suffix("")).record.is_file()
        ]
        if not cells:
            raise ValueError(
                "The queue's folder has no finished cell yet. Expected one or "
                f"more files NAME.json beside their run folders. Received: "
                f"{name}. `specgan queue FILE --dry-run` lists the cells."
            )
        found += map(str, cells)
    return found


def generator(name):
    """The model of a name, and its `Description`.

    Raises:
        ValueError: If there is no such model.
    """
    model = model_of(name)
    config = model.get_config()
    return model, Description(
        name=pathlib.Path(name).stem,
        model=type(model).__name__,
        unit=config.get("upsampling", "unknown"),
        remedy=_remedy(model),
        seed=config.get("seed", 0),
    )


def real_images(model, num, source, **framing):
    """Two sets of real images of the size that a generator makes.

    Every nth of the source is taken, since sources have an order, and every
    other one of these is of the second set.

    Args:
        model: The generator's model.
        num: Images of each set.
        source: As `data.load_array` takes it.
        **framing: Its other arguments.

    Returns:
        Two uint8 arrays `[num, height, width, channels]`.

    Raises:
        ValueError: If the source has too few.
    """
    height, _, channels = model.image_shape
    images = data.load_array(
        source, image_size=height, channels=channels, **framing
    )
    if len(images) < 2 * num:
        raise ValueError(
            f"Expected at least {2 * num} real images, two sets of --num. "
            f"Received: {len(images)} in {source}."
        )
    images = images[:: len(images) // (2 * num)][: 2 * num]
    return images[::2], images[1::2]


def _remedy(model):
    loss = getattr(model, "spectral_loss", None)
    parts = []
    if loss is not None:
        title = type(loss).__name__.removesuffix("SpectralLoss")
        parts.append(
            {"CrossEntropy": "cross-entropy"}.get(title, title.lower())
        )
    layers = getattr(getattr(model, "generator", None), "layers", ())
    if any(isinstance(layer, SpectralHead2D) for layer in layers):
        parts.append("head")
    return " + ".join(parts) or "plain"


def samples(model, num, seed):
    """`num` images of a generator, uint8."""
    return np.concatenate(
        [to_uint8(batch).numpy() for batch in model.sample_batches(num, seed)]
    )
