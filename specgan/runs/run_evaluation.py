"""Measure generated images against real ones: `specgan evaluate`.

specgan evaluate runs/dcgan
specgan evaluate --real photographs/ --fake pictures/ --json
"""

import argparse
import dataclasses
import json
import warnings
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specgan import data
from specgan.callbacks.writing import warn_on_write_error
from specgan.data.mapped import rows_of
from specgan.files import written_whole
from specgan.metrics import CachedFeatures
from specgan.metrics import Evaluation
from specgan.metrics import InceptionFeatures
from specgan.metrics.inception_features import CHOICES
from specgan.models import GAN
from specgan.models.sampling import Sampler
from specgan.models.training_step import steps_taken
from specgan.runs import metric_table
from specgan.runs.class_measures import class_measures
from specgan.runs.class_measures import reconstructed
from specgan.runs.named_models import model_of
from specgan.runs.run_folder import RunFolder
from specgan.runs.source_framing import SourceFraming
from specgan.signal import to_uint8
from zoo import pretrained

MOST = 10_000
"""Images of each kind that are measured unless another number is asked for."""

_BATCH = 256


def main(settings: argparse.Namespace) -> None:
    """Measure, print a table or JSON; write into a run or onto a card.

    Args:
        settings: The arguments of `specgan evaluate`.

    Raises:
        ValueError: If the images cannot be compared.
    """
    features = _features(settings)
    model = None
    if settings.run is None:
        real, fake, sources = _folders(settings)
    else:
        model = model_of(settings.run)
        images = _ImagesOfRun(settings, model)
        real = images.real(settings.all_real)
        fake, sources = images.fake(), images.sources
    evaluation = Evaluation(
        features, settings.num or MOST, settings.seed, settings.all_real
    )
    evaluation.add(real=real)
    evaluation.add(fake=fake)
    values = evaluation.result()
    if model is not None:
        count, seed = images.count, settings.seed
        values |= class_measures(model, images.real(), count, seed)
    result = {
        "values": values,
        "intervals": evaluation.intervals(),
        "protocol": {"sources": sources, **evaluation.protocol()},
        # Last, for it is long.
        "evidence": evaluation.evidence(),
    }
    if settings.json:
        print(json.dumps(result, indent=1))
    else:
        metric_table.show(result)
    if settings.card and settings.run is not None:
        pretrained.record_figures(pretrained.find(settings.run), result)
    elif settings.run is not None and Path(settings.run).is_dir():
        with (
            warn_on_write_error(f"{settings.run}/evaluate.json"),
            written_whole(Path(settings.run, "evaluate.json")) as path,
        ):
            path.write_text(json.dumps(result, indent=1) + "\n")


def _features(settings):
    if settings.features == "none":
        return None
    return CachedFeatures(
        InceptionFeatures(
            settings.weights,
            resizer=settings.resizer,
            dtype=CHOICES[settings.features],
        )  # fmt: skip
    )


# === A run ===


def images_of_run(
    settings: argparse.Namespace,
) -> tuple[Iterator[np.ndarray], Iterator[np.ndarray], dict[str, Any]]:
    """Real and generated images of a run, framed as in its training.

    Args:
        settings: `run`, `real` or `None`, `num` or `None`, `seed` and
            `all_real`, and what else of `SourceFraming` is given, of
            `specgan evaluate`.

    Returns:
        (batches of uint8 real images, batches of uint8 generated ones,
        dictionary that says where they come from).

    Raises:
        ValueError: If there is no model, or not what it was trained on.
    """
    images = _ImagesOfRun(settings, model_of(settings.run))
    return images.real(settings.all_real), images.fake(), images.sources


class _ImagesOfRun:
    """The images of a run, of which each kind can be read more than once.

    Those of an auto-encoder, which has no samples, are the reconstructions of
    the real ones.
    """

    def __init__(self, settings: argparse.Namespace, model: Any):
        trained = RunFolder.around(settings.run)
        asked = {} if trained is None else trained.arguments()
        source = settings.real or asked.get("data")
        if source is None:
            raise ValueError(
                f"{settings.run} does not say what it was trained on. Expected "
                "the folder of a run, or --real beside it."
            )
        height, _, channels = model.image_shape
        arguments = framing(settings, asked, height)
        self.model, self.seed = model, settings.seed
        self.array = data.load_array(
            source, image_size=height, channels=channels, **arguments
        )
        self.count = _available(settings.num, len(self.array), source)
        self.reconstructs = not isinstance(model, Sampler)
        is_average = isinstance(model, GAN) and model.generator_ema is not None
        self.sources = {
            "real": {"source": str(source), **arguments, **_files(source)},
            "fake": {
                "run": str(settings.run),
                # The record of a preset has it, which has no optimizer.
                "step": steps_taken(model) if model.compiled else None,
                "mode": "reconstruction" if self.reconstructs else "inference",
                "average": is_average,
                "seed": settings.seed,
            },
        }

    def real(self, goes_on: bool = False) -> Iterator[np.ndarray]:
        """Batches of real images; then all others, if it goes on."""
        return _some(self.array, self.count, self.seed, goes_on)

    def fake(self) -> Iterator[np.ndarray]:
        """Batches of samples, or of reconstructions."""
        if self.reconstructs:
            for batch in self.real():
                yield reconstructed(self.model, batch)
            return
        for batch in self.model.sample_batches(self.count, self.seed):
            yield to_uint8(batch).numpy()


def framing(
    settings: argparse.Namespace, asked: Mapping[str, Any], height: int
) -> dict[str, Any]:
    """How real images come to the model's size: as in its training.

    Options of the command line count before those of the training.

    Args:
        settings: The arguments of `specgan evaluate`.
        asked: Those of the training; empty if they are not known.
        height: Side in pixels of the model's images.

    Returns:
        Arguments of `data.load_array`, without `image_size` and `channels`.
    """
    given = SourceFraming.of(settings)
    own = {}
    if given.crop is None:
        own = {name: asked.get(name) for name in ("crop", "crop_offset")}
    if settings.real is None:
        own |= {name: asked[name] for name in ("data_dir", "limit")}
    chosen = dataclasses.replace(
        given,
        **{k: v for k, v in own.items() if getattr(given, k) is None},
    )
    source = settings.real or asked["data"]
    if source == "photos":
        return chosen.arguments(source, height)
    # Runs from before there was a choice have enlarged smaller pictures.
    resize = asked.get("resize", "enlarge") if asked else "shrink"
    if settings.real is None:
        # As its training has read them, whatever their sizes.
        return {
            "data_dir": chosen.data_dir,
            "limit": chosen.limit,
            "crop": chosen.crop,
            "crop_offset": tuple(chosen.crop_offset or (0, 0)),
            "resize": resize,
        }
    data_dir = chosen.data_dir_of(source)
    sizes = data.scan_headers(source, data_dir=data_dir).sizes
    same_size = set(sizes) == {(height, height)}
    if not same_size and not asked and given.crop is None:
        raise ValueError(
            f"The pictures of {source} are not of the model's size, "
            f"{height}x{height}, and {settings.run} does not say how its "
            "own were cut. Expected pictures of that size. Prepare them, or "
            "give --crop."
        )
    arguments = {"data_dir": data_dir, "limit": chosen.limit}
    if not same_size:
        offset = tuple(chosen.crop_offset or (0, 0))
        arguments |= {
            "crop": chosen.crop,
            "crop_offset": offset,
            "resize": resize,
        }
    return arguments


def _files(source):
    """Codecs and modes of a folder's or an archive's pictures."""
    if not Path(source).exists():
        return {"split": "train"} if source != "photos" else {}
    survey = data.scan_headers(source)
    return {"codecs": dict(survey.codecs), "modes": dict(survey.modes)}


# === Folders ===


def _folders(settings):
    chosen = {"real": settings.real, "fake": settings.fake}
    framing = SourceFraming.of(settings)
    surveys = {
        kind: data.scan_headers(source, data_dir=framing.data_dir_of(source))
        for kind, source in chosen.items()
        if source != "photos"
    }
    if not surveys and not (settings.image_size or framing.crop):
        raise ValueError(
            "The photographs are cut to any size. Expected --image-size with "
            "--real photos --fake photos. Received: none."
        )
    size = settings.image_size or framing.crop or _only_size(surveys, chosen)
    grey = all(set(one.modes) <= {"L", "1"} for one in surveys.values())
    _tell_differences(surveys, chosen)
    images, sources = {}, {}
    for kind, source in chosen.items():
        arguments = framing.arguments(source, size)
        array = data.load_array(
            source,
            image_size=size,
            channels=framing.channels or (1 if grey else 3),
            **arguments,
        )
        count = _available(settings.num, len(array), source)
        goes_on = kind == "real" and settings.all_real
        images[kind] = _some(array, count, settings.seed, goes_on)
        sources[kind] = {"source": str(source), **arguments}
        if kind in surveys:
            sources[kind]["codecs"] = dict(surveys[kind].codecs)
            sources[kind]["modes"] = dict(surveys[kind].modes)
    return images["real"], images["fake"], sources


def _only_size(surveys, chosen):
    """The side in pixels that all pictures have, or a `ValueError`."""
    sizes = set().union(*(one.sizes for one in surveys.values()))
    if len(sizes) == 1:
        return min(sizes.pop())
    described = "; ".join(
        f"{chosen[kind]}: "
        + ", ".join(
            f"{width}x{height} ({count})"
            for (width, height), count in one.sizes.most_common(4)
        )
        + (", ..." if len(one.sizes) > 4 else "")
        for kind, one in surveys.items()
    )
    raise ValueError(
        "Only images of one size can be compared: resizing alters spectra and "
        f"features. Expected one size in all. Received: {described}. Give "
        "--image-size to cut a square of that side out of the centre of each."
    )


_MODES_READ = {
    "L": "grey, read as three equal channels",
    "LA": "with alpha, laid on white",
    "RGBA": "with alpha, laid on white",
    "PA": "with alpha, laid on white",
    "I;16": "16 bits, of which the upper 8 are read",
    "I;16B": "16 bits, of which the upper 8 are read",
    "I": "16 bits, of which the upper 8 are read",
}


def _tell_differences(surveys, chosen):
    """Warn of what could be measured instead of the generator."""
    for kind, one in surveys.items():
        usual = one.modes.most_common(1)[0][0] if one.modes else "RGB"
        for mode, count in one.modes.items():
            if mode in _MODES_READ and (mode != usual or mode != "L"):
                warnings.warn(
                    f"{count} of {one.modes.total()} pictures of "
                    f"{chosen[kind]} are {_MODES_READ[mode]}.",
                    stacklevel=2,
                )
    if len(surveys) == 2:
        real, fake = surveys["real"], surveys["fake"]
        for what, first, second in (
            ("codecs", real.codecs, fake.codecs),
            ("modes", real.modes, fake.modes),
        ):
            if set(first) != set(second):
                warnings.warn(
                    f"Real and generated pictures have different {what}: "
                    f"{_names(first)} against {_names(second)}. Metrics may "
                    "separate these, not the generator: write both alike.",
                    stacklevel=2,
                )


def _names(counter):
    return ", ".join(sorted(counter)) or "none"


# === Both ===


def _available(asked, there, source):
    if asked is not None and asked > there:
        warnings.warn(
            f"{source} has {there} images of {asked} asked for: all are used.",
            stacklevel=2,
        )
    return min(asked or MOST, there)


def _some(array, count, seed, goes_on=False):
    """Batches of a number of images, drawn from all, in their order.

    If it goes on, the others follow.
    """
    # The first ones may be of one kind.
    order = np.random.default_rng(seed).permutation(len(array))
    parts = [order[:count], order[count:]] if goes_on else [order[:count]]
    for rows in map(np.sort, parts):
        for start in range(0, len(rows), _BATCH):
            yield rows_of(array, rows[start : start + _BATCH])
