from collections.abc import Iterable
from collections.abc import Iterator

from specgan.typing import Tensor
from specgan.typing import TensorLike


def first_images(
    batches: Iterable[TensorLike], num_images: int | None = None
) -> Iterator[Tensor]:
    """The first images of some batches, batch by batch.

    Args:
        batches: Iterable of `[batch, height, width, channels]`.
        num_images: Stop after this number; None takes all.

    Yields:
        The batches, the last one cut; empty ones are left out.

    Raises:
        ValueError: If there are no images.
    """
    count = 0
    for images in batches:
        if num_images is not None:
            images = images[: num_images - count]
        if len(images):
            count += len(images)
            yield images
        if count == num_images:
            return
    if count == 0:
        raise ValueError(
            "Spectra need at least one image. Received none. Check that "
            "the data set is not empty or exhausted."
        )
