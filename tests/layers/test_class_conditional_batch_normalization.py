import keras
import numpy as np
import pytest

from specgan.layers import ClassConditionalBatchNormalization
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.contracts import uniform

MAPS = uniform(6, 5, 4, 3)
CLASSES = np.array([0, 1, 1, 3, 0, 2])
LABELS = np.eye(4, dtype="float32")[CLASSES]


def layer(**arguments):
    made = ClassConditionalBatchNormalization(4, epsilon=0.1, **arguments)
    made.build([MAPS.shape, LABELS.shape])
    made.gamma.assign(uniform(4, 3, seed=1))
    made.beta.assign(uniform(4, 3, seed=2))
    return made


@pytest.mark.parametrize(
    "dtype, tolerance", [("float32", 1e-5), ("mixed_bfloat16", 0.03)]
)
def test_formula(dtype, tolerance):
    made = layer(dtype=dtype)
    outputs = made([MAPS, LABELS], training=True)
    assert outputs.dtype == made.compute_dtype
    mean, variance = MAPS.mean((0, 1, 2)), MAPS.var((0, 1, 2))
    expected = (MAPS - mean) / np.sqrt(variance + 0.1)
    gamma, beta = (
        each.numpy()[CLASSES][:, None, None] for each in (made.gamma, made.beta)
    )
    np.testing.assert_allclose(
        keras.ops.cast(outputs, "float32"),
        expected * gamma + beta,
        atol=tolerance,
    )


def test_inference_takes_the_moving_statistics():
    made = layer()
    gamma, beta = (
        each.numpy()[CLASSES][:, None, None] for each in (made.gamma, made.beta)
    )
    np.testing.assert_allclose(
        made([MAPS, LABELS], training=False),
        MAPS / np.sqrt(1.1) * gamma + beta,  # Mean 0, variance 1 so far.
        atol=1e-5,
    )


def test_configuration_and_file():
    made = layer(momentum=0.7)
    assert revived(made).get_config() == made.get_config()
    assert made.get_config()["momentum"] == 0.7
    inputs = [keras.Input(MAPS.shape[1:]), keras.Input(LABELS.shape[1:])]
    model = keras.Model(inputs, made(inputs))
    assert model.output_shape == (None, *MAPS.shape[1:])
    np.testing.assert_array_equal(
        saved_and_loaded(model)([MAPS, LABELS]), model([MAPS, LABELS])
    )


def test_number_of_classes():
    with pytest.raises(ValueError, match="num_classes=0"):
        ClassConditionalBatchNormalization(0)
