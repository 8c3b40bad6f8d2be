"""Arguments of numbers as tensors, refused in words that name them."""

import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.typing import Tensor
from specgan.typing import TensorLike


def real_tensor(name: str, value: TensorLike, expected: str) -> Tensor:
    """A tensor of real numbers.

    Args:
        name: The argument's name.
        value: What was received.
        expected: What it may be, in words.

    Returns:
        A tensor of floats or integers.

    Raises:
        ValueError: If it is something else: None, texts, complex numbers, rows
            of unequal lengths.

    Example:
    >>> real_tensor("kernel", [[1, 2], [3]], "[rows, columns] of real numbers")
    ValueError: Invalid value for argument `kernel`. Expected [rows, columns] of
    real numbers. Received: kernel=[[1, 2], [3]].
    """
    try:
        tensor = tf.convert_to_tensor(value)
    except (TypeError, ValueError) as error:
        raise invalid_argument(name, expected, value) from error
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer):
        raise invalid_argument(name, expected, value)
    return tensor
