"""The card of a preset: README.md, as the Hugging Face Hub reads it.

The front matter is YAML between two lines `---`. Each of its values is
written as JSON on the line of its key, which YAML contains.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

LIBRARY = "specgan"
TASK = "unconditional-image-generation"

METRICS = {
    "fid": "FID",
    "kid": "KID",
    "frechet_inception-bfloat16": "Fréchet distance, Inception in bfloat16",
    "kernel_inception-bfloat16": "kernel distance, Inception in bfloat16",
    "spectral_distance": "spectral distance (dB)",
    "spectral_distance_high": "spectral distance, upper half of the band (dB)",
    "detection_score": "accuracy of a fresh detector on the 1-D luma spectrum",
}
"""Figures of `specgan evaluate` that a card has, with what to call them."""

_FIGURES = "\n## Figures of `specgan evaluate`\n"

_FRONT_MATTER = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_LICENCE = re.compile(r"""^license:[ \t]*["']?([^\s"'#].*?)["']?\s*$""", re.M)


def card_text(name: str, record: Mapping[str, Any], body: str) -> str:
    """The text of a README.md.

    Args:
        name: What the preset is called.
        record: Dictionary with "license", "class", "image_shape", "figures"
            and perhaps "data", as a model.json has them.
        body: What follows the front matter, in Markdown; a table of the
            figures comes after it.
    """
    front = {
        "library_name": LIBRARY,
        "license": record["license"],
        "pipeline_tag": TASK,
        "tags": ["gan", "keras", "tensorflow", record["class"]],
        "model-index": [
            {"name": name, "results": _results(record)},
        ],
    }
    if record.get("data"):
        front["datasets"] = [record["data"]]
    lines = [f"{key}: {json.dumps(value)}" for key, value in front.items()]
    return "\n".join(["---", *lines, "---", "", body]) + _table(record)


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
    images = f"{figures['images']:.0f}" if "images" in figures else "unknown"
    header = [f"| images of each kind | {images} |", "|---|---|"]
    return "\n".join([_FIGURES, *header, *rows, ""])


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
            "task": {"type": TASK},
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
    return found[1] if found else None


def body_of(card: str) -> str:
    """A card without its front matter and its table of figures."""
    front = _FRONT_MATTER.match(card)
    body = card[front.end() :].lstrip("\n") if front else card
    return body.partition(_FIGURES)[0]


def kept_figures(result: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a card, of all that were measured.

    Args:
        result: What `specgan evaluate --json` prints, as a dictionary.

    Returns:
        Dictionary of the `METRICS` that are there, and "images", how many of
        each kind they are of.
    """
    values = {
        name: float(result["values"][name])
        for name in METRICS
        if name in result["values"]
    }
    return values | {"images": result["protocol"]["images"]["fake"]["count"]}
