import keras
import numpy as np
import pytest

from specgan.layers import EinsumDense
from tests.contracts import run_layer_test
from tests.contracts import uniform


def test_layer():
    run_layer_test(
        EinsumDense, {"output_shape": (3, 4, 5)}, (2, 5), (2, 3, 4, 5), 1
    )


def test_it_is_keras_layer_of_the_same_name():
    """In results and weights, by which files of before know it."""
    inputs = uniform(2, 5)
    layer = EinsumDense((3, 4, 5))
    outputs = layer(inputs)
    theirs = keras.layers.EinsumDense("bc,chw->bhwc", (3, 4, 5))
    theirs.build(inputs.shape)
    assert type(layer).__name__ == type(theirs).__name__
    theirs.set_weights(layer.get_weights())
    np.testing.assert_array_equal(theirs(inputs), outputs)
    [kernel] = layer.get_weights()
    np.testing.assert_allclose(
        outputs, np.einsum("bc,chw->bhwc", inputs, kernel), rtol=1e-6
    )


def test_files_of_keras_layer_are_read(tmp_path):
    theirs, ours = (
        keras.Sequential([keras.Input([5]), layer])
        for layer in (
            keras.layers.EinsumDense("bc,chw->bhwc", (3, 4, 5)),
            EinsumDense((3, 4, 5)),
        )
    )
    theirs.save_weights(tmp_path / "x.weights.h5")
    ours.load_weights(tmp_path / "x.weights.h5")
    inputs = uniform(2, 5)
    np.testing.assert_array_equal(ours(inputs), theirs(inputs))


def test_it_has_no_other_equation_and_no_bias():
    with pytest.raises(ValueError, match='equation "bc,chw->bhwc".*"bc,cd->'):
        EinsumDense((3, 4, 5), equation="bc,cd->bd")
    with pytest.raises(ValueError, match="no bias.*bias_axes='c'"):
        EinsumDense((3, 4, 5), bias_axes="c")
