from pathlib import Path

from specgan.data import files
from specgan.data import videos


def drawn_files(path, count, draw, frames=0):
    """Some files of a folder, drawn from all, in the order of their names.

    Args:
        path: The folder's `Path`, searched with all folders below it.
        count: How many pictures at most.
        draw: A `numpy.random.Generator`.
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
    extensions = files.EXTENSIONS
    if frames:
        extensions = extensions | videos.EXTENSIONS
    names = files.file_names(path, extensions)
    chosen = []
    for place in draw.permutation(len(names)):
        count -= frames if videos.is_video(Path(names[place])) else 1
        if count < 0 and chosen:
            break
        chosen.append(names[place])
    return [path / name for name in sorted(chosen)]
