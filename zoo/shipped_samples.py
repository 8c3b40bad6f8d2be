"""Samples of the models that come with specgan, without `import tensorflow`.

They are those of `zoo.load(name).sample`, by the function `sample` of the
SavedModel that each preset is. It is run for these models only: they are as
trusted as the code that they come with. All others are sampled by Keras.
"""

import warnings

import numpy as np

from specgan.saved_model_session import SavedModelSession
from specgan.startup_logs import startup_logs_suppressed
from specgan.typing import PathLike
from zoo import preset_files
from zoo import pretrained

MOST = 64
"""Images up to which one call makes all, as `sample` does by default."""


def sample(name: PathLike, num: int, seed: int) -> np.ndarray | None:
    """Images of a model that comes with specgan.

    Args:
        name: A name of `specgan list`, or anything else.
        num: Number of images, at least 1.
        seed: Any integer.

    Returns:
        `[num, height, width, channels]` uint8; None if the model is another
        one, has no function `sample`, or there are too many images, or where
        TensorFlow has no C library.

    Raises:
        ValueError: If the files of the model are not as published.
    """
    if not pretrained.is_shipped(name) or num > MOST:
        return None
    entry = pretrained.find(name)
    record = preset_files.read_record(entry)
    preset_files.check_sums(entry, record["sha256"])
    function = record["signatures"].get("sample")
    if function is None:
        return None
    # As int32, of whatever size; see `specgan.models.sampling`.
    seed = (int(seed) + 2**31) % 2**32 - 2**31
    [output] = function["outputs"].values()
    inputs = {
        function["inputs"]["n"]: np.int32(num),
        function["inputs"]["seed"]: np.int32(seed),
    }
    try:
        with (
            startup_logs_suppressed(),
            SavedModelSession(entry) as session,
        ):
            return session.run(inputs, output)
    except (OSError, RuntimeError) as error:
        warnings.warn(
            f"{name} is sampled by Keras, since TensorFlow's C library did not "
            f"do it: {error}",
            stacklevel=2,
        )
        return None
