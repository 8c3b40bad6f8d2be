import argparse
import dataclasses
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Self

from specgan import data
from specgan.data.catalogue import is_name
from specgan.typing import PathLike


@dataclasses.dataclass(frozen=True)
class SourceFraming:
    """How sources are read to be measured: the data options of `train`.

    Args:
        data_dir: Folder of a named data set's files.
        channels: 1 or 3.
        crop: Side in pixels of the square that a training has cut out before
            resizing; None resizes nothing.
        crop_offset: Where that square lies, or the one of `image_size`.
        limit: Use only the first images.

    Each is None where it was not given.
    """

    data_dir: PathLike | None = None
    channels: int | None = None
    crop: int | None = None
    crop_offset: Sequence[int] | None = None
    limit: int | None = None

    @classmethod
    def of(cls, settings: argparse.Namespace) -> Self:
        """Those of a command that has them all, or some."""
        names = (field.name for field in dataclasses.fields(cls))
        return cls(**{name: getattr(settings, name, None) for name in names})

    def data_dir_of(self, source: PathLike) -> PathLike | None:
        """The folder of a source's files; None for a path."""
        named = source != "photos" and is_name(source)
        return self.data_dir if named else None

    def require_used(self, sources: Iterable[PathLike]) -> None:
        """Raise a `ValueError` if `data_dir` is that of no source."""
        sources = list(sources)
        if self.data_dir is not None and not any(
            map(self.data_dir_of, sources)
        ):
            raise ValueError(
                "--data-dir holds the files of a named data set. Received: "
                f"--data-dir {self.data_dir} with "
                f"{', '.join(map(str, sources))}. Leave it out, or name one."
            )

    def arguments(self, source: PathLike, image_size: int) -> dict[str, Any]:
        """The arguments of `data.load_array` for a source.

        Args:
            source: A name or path.
            image_size: Side in pixels of the images to come.

        Returns:
            Dictionary of arguments, without `image_size` and `channels`. Of
            pictures that have `image_size` already, nothing is cut.
        """
        arguments: dict[str, Any] = {"limit": self.limit}
        if source == "photos":
            return arguments
        data_dir = self.data_dir_of(source)
        arguments |= {"data_dir": data_dir, "crop": image_size}
        if self.crop is None and self.crop_offset is None:
            return arguments
        sizes = data.scan_headers(source, data_dir=data_dir).sizes
        if set(sizes) != {(image_size, image_size)}:
            arguments["crop"] = self.crop or image_size
            arguments["crop_offset"] = tuple(self.crop_offset or (0, 0))
        return arguments
