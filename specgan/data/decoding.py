"""Many pictures at once, the unreadable ones set aside."""

import itertools
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from specgan.data.framing import TOO_FEW
from specgan.data.framing import Framing
from specgan.data.progress import progress_bar
from specgan.data.reading import read_pictures
from specgan.data.source import Source


def decode(
    source: Source, framing: Framing, limit: int | None, skipped: list[list]
) -> Iterator[np.ndarray]:
    """Decode the pictures of a source in threads, in their order.

    Shows its progress on a terminal when it lasts.

    Args:
        source: A `Source`.
        framing: A `Framing`.
        limit: Stop after this many pictures, skipped ones included; or `None`.
        skipped: A list, to which the name of each picture that cannot be used
            is added, with the reason.

    Yields:
        `uint8` [image_size, image_size, channels] for each of the others.

    Raises:
        ValueError: If none is left.
    """
    count, pictures = source.pictures()
    count = count if limit is None else min(count, limit)
    pictures = itertools.islice(pictures, count)
    with progress_bar("Preparing images", total=count) as progress:
        for readings in read_pictures(pictures, framing):
            for reading in readings:
                if reading.pixels is not None:
                    yield np.asarray(reading.pixels)
                else:
                    skipped.append([reading.name, reading.error])
            progress.update(len(readings))
    if len(skipped) == count:
        if all(TOO_FEW in reason for _, reason in skipped):
            raise ValueError(
                f"All pictures of {source.description} are smaller than the "
                f"images. Expected at least {framing.image_size} pixels a "
                f"side. Received: {skipped_pictures(skipped[:1])}. Choose a "
                "smaller image_size, resize='pad' (black around it) or "
                "resize='enlarge' (which takes power from high frequencies)."
            )
        raise ValueError(
            f"No picture of {source.description} could be used. Expected at "
            f"least one. Received: {skipped_pictures(skipped)}."
        )


def skipped_pictures(skipped: Sequence[Sequence]) -> str:
    """The first ten of what `decode` skipped, in words."""
    text = "; ".join(f"{name} ({reason})" for name, reason in skipped[:10])
    if len(skipped) > 10:
        text += f"; and {len(skipped) - 10} more"
    return text
