"""The option `chroma` of the generators of RGB images."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan.errors import unknown_name
from specgan.layers.chroma_low_pass2d import ChromaLowPass2D
from specgan.layers.chroma_subsampling2d import ChromaSubsampling2D

if TYPE_CHECKING:
    import keras

# Layers that give images their chroma, by the name of its resolution.
CHROMA = {"full": None, "half": ChromaSubsampling2D}

# The same for generators whose images are not confined to [-1, 1]: what is
# clipped has no gradient.
UNCONFINED_CHROMA = {
    "full": None,
    "half": functools.partial(ChromaSubsampling2D, clip=False),
}

# The same for generators that commute with translation.
TRANSLATABLE_CHROMA = {"full": None, "half": ChromaLowPass2D}


def chroma_layer(
    chroma: str, channels: int, layers: Mapping[str, Any] = CHROMA
) -> "keras.layers.Layer | None":
    """The last layer of a generator, by the resolution of its chroma.

    Args:
        chroma: "full" or "half".
        channels: Of the images; 1 or 3.
        layers: `CHROMA`, `UNCONFINED_CHROMA` or `TRANSLATABLE_CHROMA`.

    Returns:
        A layer, or None where there is nothing to do.

    Raises:
        ValueError: For another name, or "half" of grey images.
    """
    if not isinstance(chroma, str) or chroma not in layers:
        raise unknown_name("resolution of chroma", chroma, layers)
    if chroma != "full" and channels != 3:
        raise ValueError(
            "Grey images have no chroma. Expected channels=3 or "
            f"chroma='full'. Received: chroma={chroma!r}, channels={channels}."
        )
    layer = layers[chroma]
    return None if layer is None else layer(name="chroma")
