"""What a picture's file says of its own making, before any statistics.

Metadata are easily removed and easily written: that a file says it was
generated is strong evidence, that it says nothing is none.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple

from PIL import ExifTags
from PIL import Image

from specgan.data import reading
from specgan.files import printable
from specgan.typing import PathLike

LONGEST = 80
"""Characters of a value that are shown."""

_BLOCK = 2**16  # Bytes of a file in memory at once.

SOURCES = {
    "trainedAlgorithmicMedia": "made by a trained algorithm",
    "compositeWithTrainedAlgorithmicMedia": "partly made by a trained "
    "algorithm",
    "algorithmicMedia": "made by an algorithm",
}
"""Of IPTC's digital source types, which manifests and XMP name."""

_UNTRAINED = "algorithmicMedia"  # Such as a fractal: nothing was learned.

GENERATOR_TEXTS = ("parameters", "prompt", "workflow", "invokeai_metadata")
"""Keys of PNG texts in which programs keep the parameters of a generator."""


class Statement(NamedTuple):
    """One thing that a file says of its making.

    Args:
        source: Where it says so: "C2PA", "XMP", "EXIF" or "PNG text".
        text: What it says, in a line.
        generated: Whether it says that a trained algorithm made the picture.
    """

    source: str
    text: str
    generated: bool = False

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"


def provenance(path: PathLike) -> list[Statement]:
    """What a picture's file says of its own making.

    - C2PA: who made the manifest, what its actions say, whether its signature
      and the picture's checksum are valid. That needs the extra `provenance`.
    - XMP: IPTC's digital source type.
    - PNG text: parameters that programs for generators leave.
    - EXIF: camera and software.

    A manifest whose signature or checksums are not valid says nothing of the
    picture: it is shown, and does not count as `generated`. Nothing is
    executed, and nothing is fetched from a network. What is missing or damaged
    says nothing.

    Args:
        path: A picture's file.

    Returns:
        A list of `Statement`s; empty if the file says nothing, or is none.

    Example:
    >>> [str(statement) for statement in provenance("picture.png")]
    ['PNG text: parameters of a generator: a castle, Steps: 20']

    Reference:
    - C2PA technical specification 2.2 (https://spec.c2pa.org)
    - IPTC, NewsCodes: digital source types
      (https://cv.iptc.org/newscodes/digitalsourcetype)
    """
    path, found = Path(path), []
    with contextlib.suppress(Exception), reading.open_file(path) as image:
        if image.format == "PNG":  # Texts may lie behind the pixels.
            with contextlib.suppress(Exception):
                image.load()
        return statements(path, image)
    # What Pillow cannot read.
    _extend(found, _manifest, path, None)
    return found


def statements(path: Path, image: Image.Image) -> list[Statement]:
    """The same of a file that is open.

    Args:
        path: Its `Path`.
        image: The `PIL.Image` that it was opened as; once it is decoded, what
            a PNG has behind its pixels counts.
    """
    found = []
    _extend(found, _manifest, path, image)
    _extend(found, _metadata, image)
    return found


def _extend(found, function, *arguments):
    """Add statements; of damaged files those before what is damaged."""
    with contextlib.suppress(Exception):
        found.extend(function(*arguments))


# === C2PA ===


def _manifest(path, image) -> Iterator[Statement]:
    if not _has_manifest(path, image):
        return
    try:
        import c2pa
    except ImportError:
        remedy = "pip install 'specgan[provenance]'"
        yield Statement("C2PA", f"a manifest, which is not read ({remedy})")
        return

    # No certificates, revocation lists or remote manifests are fetched.
    settings = {"verify": {"remote_manifest_fetch": False}}
    context = c2pa.Context.from_dict(settings)
    with c2pa.Reader(str(path), context=context) as reader:
        store = json.loads(reader.json())
    manifest = store["manifests"][store["active_manifest"]]
    kinds = [kind for kind in _source_types(manifest) if kind in SOURCES]
    made = dict.fromkeys(SOURCES[kind] for kind in kinds)
    names = manifest.get("claim_generator_info") or [{}]
    author = f"manifest by {_short(names[0].get('name', 'unknown'))}"
    is_valid, state = _state(store)
    text = f"{', '.join([*made, author])}; {state}"
    is_generated = any(kind != _UNTRAINED for kind in kinds)
    yield Statement("C2PA", text, is_generated and is_valid)


def _has_manifest(path, image):
    marks = b"jumb", b"c2pa"
    # Of JPEG, Pillow has the segments that may hold one.
    segments = getattr(image, "applist", None)
    if segments is None:
        return _holds(path, *marks)
    return all(any(mark in one for _, one in segments) for mark in marks)


def _holds(path, *marks):
    """Whether a file has all of some bytes: faster than to parse it."""
    missing, end = set(marks), b""
    with open(path, "rb", buffering=0) as file:
        while missing and (block := file.read(_BLOCK)):
            block = end + block  # A mark may lie in two of them.
            missing = {mark for mark in missing if mark not in block}
            end = block[-max(map(len, marks)) :]
    return not missing


def _source_types(value: Any) -> Iterator[str]:
    """All digital source types in a manifest."""
    if isinstance(value, dict):
        kind = value.get("digitalSourceType")
        if isinstance(kind, str):
            yield kind.rpartition("/")[2]
        for one in value.values():
            yield from _source_types(one)
    elif isinstance(value, list):
        for one in value:
            yield from _source_types(one)


def _state(store):
    """Whether nothing but the signer is in doubt, and that in words."""
    codes = {
        failure["code"] for failure in store.get("validation_status") or []
    }
    if not codes:
        return True, "valid"
    if codes == {"signingCredential.untrusted"}:
        return True, "valid, by a signer that is on no list"
    return False, f"not valid: {_short(', '.join(sorted(codes)))}"


# === Metadata ===


def _metadata(image) -> Iterator[Statement]:
    yield from _xmp(image)
    yield from _texts(image)
    yield from _exif(image)


def _xmp(image: Image.Image) -> Iterator[Statement]:
    packet = image.info.get("xmp", b"")
    if isinstance(packet, bytes):
        packet = packet.decode("utf-8", "replace")
    named = set(re.findall(r"digitalsourcetype/(\w+)", packet))
    for kind, words in SOURCES.items():
        if kind in named:
            yield Statement("XMP", words, kind != _UNTRAINED)


def _texts(image: Image.Image) -> Iterator[Statement]:
    if image.format != "PNG":
        return
    for name in GENERATOR_TEXTS:
        value = image.info.get(name)
        if isinstance(value, str) and value.strip():
            yield Statement(
                "PNG text", f"{name} of a generator: {_short(value)}", True
            )
    software = image.info.get("Software")
    if isinstance(software, str) and software.strip():
        yield Statement("PNG text", f"software {_short(software)}")


def _exif(image: Image.Image) -> Iterator[Statement]:
    exif = image.getexif()
    if not len(exif):
        return
    camera = [
        exif.get(tag) for tag in (ExifTags.Base.Make, ExifTags.Base.Model)
    ]
    for what, values in (
        ("camera", camera),
        ("software", [exif.get(ExifTags.Base.Software)]),
    ):
        words = [str(value).strip("\0 ") for value in values if value]
        if any(words):
            yield Statement("EXIF", f"{what} {_short(' '.join(words))}")


def _short(text):
    """The beginning of a text, on one line, whatever it is made of."""
    line = " ".join(str(text).split())
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 3]}..."
    return printable(line)
