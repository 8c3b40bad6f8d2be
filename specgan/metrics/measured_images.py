from collections.abc import Sequence

import tensorflow as tf

from specgan.signal import spectrum
from specgan.signal.image_values import require_in_range
from specgan.typing import Tensor
from specgan.typing import TensorLike


def measured_images(
    images: TensorLike,
    name: str,
    size: Sequence[int] | None = None,
    uint8: bool = False,
) -> Tensor:
    """A batch of images as a tensor, after all checks of what is measured.

    Args:
        images: `[batch, height, width, 1 or 3]`.
        name: What measures them, for the message.
        size: (height, width) that they must have; None for any.
        uint8: Whether pictures of 8 bits will do too.

    Returns:
        Floats in [-1, 1], or uint8.

    Raises:
        ValueError: If they have another shape, size or type, are not finite,
            or not in [-1, 1].
    """
    images = tf.convert_to_tensor(images)
    spectrum.require_image_shape(images.shape)
    height, width = images.shape[1:3]
    if size is not None and tuple(size) != (height, width):
        raise ValueError(
            f"{name} compares images of one size. Expected "
            f"{size[0]}x{size[1]} as before. Received: {height}x{width}. Cut "
            "all to one size; resizing alters spectra."
        )
    if images.dtype == tf.uint8 and uint8:
        return images
    require_in_range(images)
    return images
