"""The sizes of images that the convolutional networks can build.

It needs no TensorFlow, so that the command line refuses others at once.
"""

from specgan.errors import require_positive_integer

SMALLEST, LARGEST = 16, 256


def image_sizes() -> list[int]:
    """The sizes in pixels that the networks can build."""
    return [
        size
        for size in range(SMALLEST, LARGEST + 1)
        if _base_and_levels(size)[0] < 8
    ]


def _base_and_levels(image_size):
    base, levels = image_size, 0
    while base >= 8 and base % 2 == 0:
        base, levels = base // 2, levels + 1
    return base, levels


def base_and_levels(image_size: int) -> tuple[int, int]:
    """The smallest map's side, and how often it doubles to the image's.

    Args:
        image_size: Side of the images; see `image_sizes`.

    Raises:
        ValueError: For a size that cannot be built.
    """
    require_positive_integer("image_size", image_size)
    sizes = image_sizes()
    if image_size not in sizes:
        near = sorted(sizes, key=lambda size: abs(size - image_size))[:2]
        raise ValueError(
            f"The networks cannot build this image size. Expected 4, 5, 6 or "
            f"7 times a power of two, from {SMALLEST} to {LARGEST} px. "
            f"Received: image_size={image_size}. The nearest are "
            f"{' and '.join(map(str, sorted(near)))}."
        )
    return _base_and_levels(image_size)
