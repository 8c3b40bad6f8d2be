"""The kinds of features by name, and as what a record keeps them."""

from collections.abc import Sequence
from typing import Any

from specgan.detection.colour_coherence_features import ColourCoherenceFeatures
from specgan.detection.cooccurrence_features import CooccurrenceFeatures
from specgan.detection.dct_mode_features import DctModeFeatures
from specgan.detection.joined_features import JoinedFeatures
from specgan.detection.patch_spectrum_features import PatchSpectrumFeatures
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.spectral_features import SpectralFeatures
from specgan.errors import unknown_name

FEATURES: dict[str, type[PictureFeatures]] = {
    kind.name: kind
    for kind in (
        SpectralFeatures,
        PatchSpectrumFeatures,
        CooccurrenceFeatures,
        DctModeFeatures,
        ColourCoherenceFeatures,
    )
}
"""{name: class}."""

DEFAULT = ("spectrum", "patches", "cooccurrences", "dct")
"""Of `train_detector`: the best area under the curve at no more than 10 ms of
CPU time for a picture of 256 px (`python -m recipes.detector_features`)."""


def get(
    identifiers: Sequence[str | PictureFeatures] | PictureFeatures | str,
) -> JoinedFeatures:
    """Features of one or several kinds.

    Args:
        identifiers: Names of `FEATURES`, or objects, or one of either.

    Raises:
        ValueError: For an unknown name, none, or two of one kind.

    Example:
    >>> feature_sets.get(["spectrum", CooccurrenceFeatures(steps=(2.0,))])
    """
    if isinstance(identifiers, JoinedFeatures):
        return identifiers
    if isinstance(identifiers, str | PictureFeatures):
        identifiers = [identifiers]
    joined = JoinedFeatures([_get(one) for one in identifiers])
    joined.fit([])
    return joined


def _get(identifier):
    if isinstance(identifier, PictureFeatures):
        return identifier
    if not isinstance(identifier, str) or identifier not in FEATURES:
        raise unknown_name("features", identifier, FEATURES)
    return FEATURES[identifier]()


def to_record(features: JoinedFeatures) -> list[dict[str, Any]]:
    """What JSON keeps of features: names and arguments."""
    return [
        {"name": part.name, "arguments": part.get_params()}
        for part in features.parts
    ]


def from_record(record: list[dict[str, Any]]) -> JoinedFeatures:
    """The features of `to_record`.

    Raises:
        ValueError: If the record is none, or an argument is out of its range.
    """
    parts = []
    for one in record:
        name, arguments = one["name"], dict(one["arguments"])
        kind = type(_get(name))
        if set(arguments) != set(kind().get_params()):
            raise ValueError(f"features {name} with arguments {arguments!r}")
        parts.append(
            kind(
                **{
                    key: tuple(value) if isinstance(value, list) else value
                    for key, value in arguments.items()
                }
            )
        )
    return get(parts)
