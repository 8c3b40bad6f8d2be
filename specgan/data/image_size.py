"""How large the images of a source are, before they are framed."""

from specgan.data.catalogue import find
from specgan.data.photographs import HEIGHT
from specgan.data.reading import read_header
from specgan.typing import PathLike


def probe_image_size(source: PathLike, data_dir: PathLike | None = None) -> int:
    """The shorter side in pixels of the first image of a source.

    Args:
        source: A name or a path, as for `specgan.data.load`.
        data_dir: Where a named data set lies, as for `specgan.data.load`.

    Returns:
        A number of pixels; of `"photos"`, which are cut to any size, the
        largest possible.

    Raises:
        ValueError: If there is no such source, or no image in it is readable.
    """
    if source == "photos":
        return HEIGHT
    found = find(source, data_dir=data_dir)
    _, pictures = found.pictures()
    for _, open_picture in pictures:
        try:
            header = read_header(open_picture)
        except Exception:  # `load_array` will name it, with the reason.
            continue
        return min(header.width, header.height)
    raise ValueError(
        f"No picture of {found.description} can be read. Expected at least "
        "one image."
    )
