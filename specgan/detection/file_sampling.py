"""Which files of folders are measured, drawn at random."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from specgan.data import local_files
from specgan.data import videos
from specgan.typing import PathLike


def sample_files(
    path: PathLike, count: int, rng: np.random.Generator, frames: int = 0
) -> list[Path]:
    """Some files of a folder, drawn from all, in the order of their names.

    Args:
        path: The folder's `Path`, searched with all folders below it.
        count: How many pictures at most.
        rng: A `numpy.random.Generator`.
        frames: As how many pictures a video counts; 0 passes over videos.

    Returns:
        A list of `Path`s, with at least one file.

    Raises:
        ValueError: If there is no such folder, or no such file in it.
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(
            "There is no such folder. Expected one that holds pictures. "
            f"Received: '{path}'."
        )
    extensions = local_files.EXTENSIONS
    if frames:
        extensions = extensions | videos.EXTENSIONS
    names = local_files.file_names(path, extensions)
    chosen = []
    for place in rng.permutation(len(names)):
        count -= frames if videos.is_video(Path(names[place])) else 1
        if count < 0 and chosen:
            break
        chosen.append(names[place])
    return [path / name for name in sorted(chosen)]


def sample_both_kinds(
    real: PathLike,
    fake: PathLike | Sequence[PathLike] | None,
    count: int,
    seed: int,
    frames: int = 0,
) -> dict[str, list[Path]]:
    """Some files of real and some of generated pictures, drawn from all.

    Args:
        real: A folder.
        fake: A folder, or several, of each of which as many are drawn. No
            folder lies in another. `None` for none.
        count, frames: As `sample_files` takes them.
        seed: Integer from 0.

    Returns:
        {"real": paths, "fake": paths}.

    Raises:
        ValueError: If a folder is missing, holds no picture or holds another
            folder.
    """
    fakes = [] if fake is None else fake_folders(fake)
    folders = [("real", Path(real)), *(("fake", one) for one in fakes)]
    for kind, folder in folders:
        if not folder.is_dir():
            raise ValueError(
                "Detectors are for folders of pictures. Expected one that "
                f"exists. Received: {kind}='{folder}'."
            )
    for one, other in itertools.permutations(folders, 2):
        if one[1].resolve().is_relative_to(other[1].resolve()):
            raise ValueError(
                "Real and generated pictures are mixed up. Expected folders "
                f"beside each other. Received: {other[0]}='{other[1]}' and "
                f"{one[0]}='{one[1]}', of which one holds the other. Separate "
                "them."
            )
    rng = np.random.default_rng(seed)
    each = -(-count // max(1, len(fakes)))
    return {
        "real": sample_files(real, count, rng, frames),
        "fake": [
            path
            for folder in fakes
            for path in sample_files(folder, each, rng, frames)
        ],
    }


def fake_folders(fake: PathLike | Sequence[PathLike]) -> list[Path]:
    """The folders of `sample_both_kinds`, one or several."""
    if isinstance(fake, str | os.PathLike):
        return [Path(fake)]
    if not fake:
        raise ValueError(
            "Detectors need generated pictures. Expected at least one folder "
            "of them. Received: none."
        )
    return [Path(one) for one in fake]
