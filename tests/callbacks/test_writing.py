"""What cannot be written is told, and nothing else is kept quiet."""

import pytest
import tensorflow as tf

from specgan.callbacks.writing import warn_on_write_error


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left"),
    ],
)
def test_what_cannot_be_written_is_told(error):
    with (
        pytest.warns(UserWarning, match="The spectra could not be written"),
        warn_on_write_error("The spectra"),
    ):
        raise error


def test_other_errors_are_raised():
    with pytest.raises(KeyError), warn_on_write_error("The spectra"):
        raise KeyError
