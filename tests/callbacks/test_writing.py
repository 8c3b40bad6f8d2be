"""What cannot be written is told, and nothing else is kept quiet."""

import pytest
import tensorflow as tf

from specgan.callbacks.writing import told_if_not_written


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
        told_if_not_written("The spectra"),
    ):
        raise error


def test_other_errors_are_raised():
    with pytest.raises(KeyError), told_if_not_written("The spectra"):
        raise KeyError
