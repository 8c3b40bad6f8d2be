"""Many pictures at once, the unreadable ones set aside."""

import itertools
import os
import warnings
from concurrent.futures import ThreadPoolExecutor

from PIL import Image
from PIL import UnidentifiedImageError

from specgan.data.progress import progress_bar

# Bounds memory: so many pictures wait for those before them.
_CHUNK = 256


def decode(source, framing, limit, skipped):
    """Decode the pictures of a source in threads, in their order.

    Shows its progress on a terminal when it lasts.

    Args:
        source: A `Source`.
        framing: A `Framing`.
        limit: Stop after so many pictures, skipped ones included; or `None`.
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
    progress = progress_bar("Preparing images", total=count)
    with progress, ThreadPoolExecutor(os.cpu_count()) as pool:
        while chunk := list(itertools.islice(pictures, _CHUNK)):
            names, openers = zip(*chunk, strict=True)
            with warnings.catch_warnings():
                # Of all that Pillow has to say, only this is a reason to skip.
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                results = list(
                    pool.map(_decoded, openers, itertools.repeat(framing))
                )
            for name, (pixels, reason) in zip(names, results, strict=True):
                if reason is None:
                    yield pixels
                else:
                    skipped.append([name, reason])
            progress.update(len(chunk))
    if len(skipped) == count:
        raise ValueError(
            f"No picture of {source.description} could be used. Expected at "
            f"least one. Received: {skipped_pictures(skipped)}."
        )


def skipped_pictures(skipped):
    """The first ten of what `decode` skipped, in words."""
    text = "; ".join(f"{name} ({reason})" for name, reason in skipped[:10])
    if len(skipped) > 10:
        text += f"; and {len(skipped) - 10} more"
    return text


def _decoded(open_picture, framing):
    """A picture's pixels and `None`, or `None` and what is wrong with it."""
    try:
        with open_picture() as image:
            return framing(image), None
    except UnidentifiedImageError:
        return None, "not a picture that Pillow can read"
    except Exception as error:  # Broken bytes lead decoders anywhere.
        return None, str(error) or type(error).__name__
