"""The card of a preset: README.md, as the Hugging Face Hub reads it.

The front matter is YAML between two lines `---`. Each of its values is
written as JSON on the line of its key, which YAML contains.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

LIBRARY = "specgan"

_GENERATES = "unconditional-image-generation"
_TASKS = {"autoencoder": "image-to-image"}
"""What the Hub calls the task of a class, where it is not to generate images.

Of classes of images, too: the Hub has no task for a class as the only input.
"""

_NO_GANS = {"autoencoder", "vae"}

METRICS = {
    "fid": "FID",
    "kid": "KID",
    "frechet_inception-bfloat16": "Fréchet distance, Inception in bfloat16",
    "kernel_inception-bfloat16": "kernel distance, Inception in bfloat16",
    "spectral_distance": "spectral distance (dB)",
    "spectral_distance_high": "spectral distance, upper half of the band (dB)",
    "detection_score": "accuracy of a fresh detector on the 1-D luma spectrum",
    "reconstruction_psnr": "peak signal-to-noise ratio of reconstructions (dB)",
    "eq_t": "translation equivariance EQ-T (dB)",
}
"""Figures of `specgan evaluate` that a card has, with what to call them."""

OF_SOME_CLASSES = ("reconstruction_psnr", "eq_t")
"""Those that other models cannot have."""

_FRECHET = ("fid", "frechet_inception-bfloat16")
"""Those for which `--all-real` takes more real images."""

_CLASSES = "\n## Classes of `specgan sample --label`\n"
_FIGURES = "\n## Figures of `specgan evaluate`\n"

_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
# A value in YAML: quoted, or plain text, which begins with no sign of YAML's.
_LICENCE = re.compile(
    r"""^(["']?)license\1[ \t]*:[ \t]+
    (?: "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)'
      | (?P<plain>\w[^\n]*?) )
    [ \t]*(?:[ \t]\#[^\n]*)?\r?$""",
    re.MULTILINE | re.VERBOSE,
)
_NULL = {"null", "Null", "NULL"}


def card_text(name: str, record: Mapping[str, Any], body: str) -> str:
    """The text of a README.md.

    Args:
        name: What the preset is called.
        record: Dictionary with "license", "class", "config", "figures" and
            perhaps "data" and "class_names", as a model.json has them.
        body: What follows the front matter, in Markdown; the names of the
            classes and a table of the figures come after it.
    """
    front = {
        "library_name": LIBRARY,
        "license": record["license"],
        "pipeline_tag": _task(record),
        "tags": _tags(record),
        "model-index": [
            {"name": name, "results": _results(record)},
        ],
    }
    if record.get("data"):
        front["datasets"] = [record["data"]]
    lines = [f"{key}: {json.dumps(value)}" for key, value in front.items()]
    text = "\n".join(["---", *lines, "---", "", body])
    return text + _classes(record) + _table(record)


def _task(record):
    return _TASKS.get(record["class"], _GENERATES)


def _tags(record):
    tags = ["keras", "tensorflow", record["class"]]
    if record["class"] not in _NO_GANS:
        tags = ["gan", *tags]
    if record["config"].get("num_classes") is not None:
        tags.append("class-conditional")
    return tags


def _classes(record):
    """The names of classes, in Markdown; nothing if there are none."""
    names = record.get("class_names")
    if not names:
        return ""
    escaped = [name.replace("|", r"\|") for name in names]
    rows = [f"| {number} | `{name}` |" for number, name in enumerate(escaped)]
    header = ["| number | name |", "|---|---|"]
    return "\n".join([_CLASSES, *header, *rows, ""])


def _table(record):
    """The figures, in Markdown; nothing if there are none."""
    figures = record["figures"]
    rows = [
        f"| {title} | {figures[name]:.4g} |"
        for name, title in METRICS.items()
        if name in figures
    ]
    if not rows:
        return ""
    first, *others = _counts(figures)
    return "\n".join([_FIGURES, first, "|---|---|", *others, *rows, ""])


def _counts(figures):
    """Rows that say how many images the figures are of."""
    images = f"{figures['images']:.0f}" if "images" in figures else "unknown"
    if "real_images_of_fid" not in figures:
        return [f"| images of each kind | {images} |"]
    return [
        f"| generated images | {images} |",
        f"| real images, of FID | {figures['real_images_of_fid']:.0f} |",
        f"| real images, of all else | {images} |",
    ]


def _results(record):
    """What was measured, as a `model-index` has it; [] if nothing was."""
    figures = record["figures"]
    metrics = [
        {"type": name, "name": METRICS[name], "value": figures[name]}
        for name in METRICS
        if name in figures
    ]
    if not metrics:
        return []
    data = str(record.get("data") or "unknown")
    return [
        {
            "task": {"type": _task(record)},
            "dataset": {"name": data, "type": data},
            "metrics": metrics,
        }
    ]


def licence_of(card: str) -> str | None:
    """The licence in the front matter of a card, or None.

    Args:
        card: The text of a README.md.

    Example:
    >>> licence_of("---\\nlicense: mit\\n---\\n# A model")
    'mit'
    """
    front = _FRONT_MATTER.match(card.replace("\r\n", "\n"))
    found = front and _LICENCE.search(front[1])
    if not found or found["plain"] in _NULL:
        return None
    value = found["plain"] or found["single"] or found["double"] or ""
    return value.strip() or None


def body_of(card: str) -> str:
    """A card without its front matter and the tables of `card_text`."""
    front = _FRONT_MATTER.match(card)
    body = card[front.end() :].lstrip("\n") if front else card
    return body.partition(_CLASSES)[0].partition(_FIGURES)[0]


def kept_figures(result: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a card, of all that were measured.

    Args:
        result: What `specgan evaluate --json` prints, as a dictionary.

    Returns:
        Dictionary of the `METRICS` that are there, and "images", how many of
        each kind they are of; "real_images_of_fid", if FID is of more.
    """
    values = {
        name: float(result["values"][name])
        for name in METRICS
        if name in result["values"]
    }
    images = result["protocol"]["images"]
    counts = {"images": images["fake"]["count"]}
    real = images.get("real", images["fake"])["count"]
    if real != counts["images"] and any(name in values for name in _FRECHET):
        counts["real_images_of_fid"] = real
    return values | counts
