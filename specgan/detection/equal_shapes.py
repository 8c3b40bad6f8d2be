"""Images of any sizes, computed in batches of equal shape."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from specgan.data.lazy_pixels import LazyPixels

Images = np.ndarray | Sequence[np.ndarray | LazyPixels]

# Pixels transformed at once: with more, their spectra leave the processor's
# cache, and it takes three times as long at 64 px.
_CHUNK = 2**16


def places_by_shape(
    images: Images,
) -> dict[tuple[int, ...], list[int]]:
    """{shape of an image: the places of all images of that shape}.

    Args:
        images: uint8 [batch, height, width, channels], or a list of uint8
            [height, width, channels] of any sizes; 1 or 3 channels.

    Raises:
        ValueError: If the images are others, or there are none.
    """
    if not isinstance(images, list | tuple | np.ndarray) or not len(images):
        raise ValueError(
            "There are no pictures. Expected a uint8 array [batch, height, "
            "width, channels] or a list of uint8 arrays [height, width, "
            f"channels]. Received: {type(images).__name__}"
            + (" of none." if isinstance(images, list | tuple) else ".")
        )
    places = {}
    for place, image in enumerate(images):
        shape, dtype = np.shape(image), getattr(image, "dtype", None)
        if dtype != np.uint8:
            raise ValueError(
                "Spectral features are those of 8-bit pictures, 0..255. "
                f"Expected uint8. Received: {dtype or type(image).__name__} at "
                f"place {place}. Use `signal.to_uint8` on images in [-1, 1]."
            )
        if len(shape) != 3 or shape[-1] not in (1, 3):
            raise ValueError(
                "Expected pictures [height, width, channels] of 1 or 3 "
                f"channels. Received: shape {shape} at place {place}. Add the "
                "missing dimension, or select the channels."
            )
        places.setdefault(shape, []).append(place)
    return places


def map_by_shape(
    function: Callable[[np.ndarray], np.ndarray],
    images: Images,
    places: Mapping[tuple[int, ...], list[int]],
    columns: int,
) -> np.ndarray:
    """Rows of a function of batches, in the order of the images.

    Args:
        function: uint8 [n, height, width, channels] -> [n, columns].
        images, places: As `places_by_shape` takes and returns them.
        columns: How many values the function gives for each image.

    Returns:
        float64 [images, columns].
    """
    rows = np.empty([len(images), columns])
    for (height, width, _), members in places.items():
        chunk = max(1, _CHUNK // (height * width))
        for start in range(0, len(members), chunk):
            some = members[start : start + chunk]
            batch = [images[place][np.newaxis] for place in some]
            # A large picture is not copied.
            rows[some] = function(
                batch[0] if len(batch) == 1 else np.concatenate(batch)
            )
    return rows
