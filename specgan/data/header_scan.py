"""What the pictures of a source are, before they are framed."""

import collections
import dataclasses

from specgan.data.catalogue import find
from specgan.data.progress import progress_bar
from specgan.data.reading import read_header
from specgan.typing import PathLike


@dataclasses.dataclass(frozen=True)
class HeaderScan:
    """How many pictures of a source have which size, mode and codec.

    Args:
        sizes: `Counter` of (width, height) in pixels.
        modes: `Counter` of Pillow's modes: "RGB", "L" (grey), "RGBA", ...
        codecs: `Counter` of Pillow's formats: "PNG", "JPEG", ...
        unreadable: How many files Pillow cannot read.
    """

    sizes: collections.Counter
    modes: collections.Counter
    codecs: collections.Counter
    unreadable: int


def scan_headers(
    source: PathLike,
    limit: int | None = None,
    data_dir: PathLike | None = None,
) -> HeaderScan:
    """Read the headers of a source's pictures, not their pixels.

    Args:
        source: A folder, an archive or the name of a data set, as for
            `specgan.data.load`; not `"photos"`, which are cut from arrays.
        limit: Look only at this many, the first ones; `None` takes all.
        data_dir: Where a named data set lies, as for `specgan.data.load`.

    Returns:
        A `HeaderScan`.

    Raises:
        ValueError: If there is no such source.

    Example:
    >>> scan_headers("pictures/").sizes
    Counter({(64, 64): 1000})
    """
    count, pictures = find(source, data_dir=data_dir).pictures()
    count = count if limit is None else min(count, limit)
    sizes, modes, codecs = (collections.Counter() for _ in range(3))
    unreadable = 0
    for _, (_, open_picture) in zip(
        progress_bar("Reading headers", range(count)),
        pictures,
        strict=False,
    ):
        try:
            header = read_header(open_picture)
        except Exception:  # Corrupt files raise arbitrary exceptions.
            unreadable += 1
            continue
        sizes[header.width, header.height] += 1
        modes[header.mode] += 1
        codecs[header.format] += 1
    return HeaderScan(sizes, modes, codecs, unreadable)
