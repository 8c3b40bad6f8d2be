"""The discriminator gives what the authors' one gives on the same weights.

python -m pytest tests/slow/test_discriminator_parity.py -m slow
"""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from specgan.losses import NonSaturating
from specgan.losses.gradient_penalty import ZeroCenteredGradientPenalty
from specgan.models.alias_free.discriminator import discriminator

pytestmark = pytest.mark.slow

# The authors' groups of the minibatch standard deviation take every second one
# of eight images, ours each four in a row.
ORDER = [0, 2, 4, 6, 1, 3, 5, 7]

ORACLE = (
    pathlib.Path(__file__).parents[3]
    / "shared"
    / "oracles"
    / "alias_free"
    / "disc32.npz"
)

LAYERS = {
    "fromrgb": "from_image",
    "conv0": "convolution0",
    "conv1": "convolution1",
    "skip": "skip",
    "conv": "convolution",
    "fc": "dense",
}


def variable_of(model, name):
    """The variable that the reference calls `name`."""
    block, layer, kind = name.split(".")
    layer = "logits" if layer == "out" else f"{block}_{LAYERS[layer]}"
    kind = {"weight": "kernel", "bias": "bias"}[kind]
    return getattr(model.get_layer(layer), kind)


def in_our_order(name, array):
    """From [out, in, height, width] to [height, width, in, out]."""
    if name == "b4.fc.weight":  # Of maps, flattened.
        array = array.reshape(len(array), -1, 4, 4)
        return array.transpose(2, 3, 1, 0).reshape(-1, len(array))
    if array.ndim == 1:
        return array
    return np.moveaxis(array, (0, 1), (-1, -2))


@pytest.fixture(scope="module")
def oracle():
    if not ORACLE.is_file():
        pytest.skip(f"{ORACLE} is not there")
    with np.load(ORACLE) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def model(oracle):
    model = discriminator(32, channel_base=512, channel_max=32)
    names = [n.removeprefix("param/") for n in oracle if "param/" in n]
    assert len(names) == len(model.weights)
    for name in names:
        variable_of(model, name).assign(
            in_our_order(name, oracle[f"param/{name}"])
        )
    return model


def images_of(oracle, name):
    return np.moveaxis(oracle[name], 1, -1)[ORDER]


def test_logits(model, oracle):
    logits = model(images_of(oracle, "img"))
    np.testing.assert_allclose(
        logits, oracle["logits"][ORDER], rtol=0, atol=2e-6
    )


def test_gradient_at_real_images_and_its_penalty(model, oracle):
    images = tf.constant(images_of(oracle, "img"))
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = model(images)
    gradient = tape.gradient(logits, images).numpy()
    expected = images_of(oracle, "r1_grad")
    error = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
    assert error < 1e-3, error
    # The mean over images of half the weight times what the file has.
    penalty = ZeroCenteredGradientPenalty(weight=2.0)(model, images, None, None)
    np.testing.assert_allclose(penalty, np.mean(oracle["r1_pen"]), rtol=1e-3)


def test_loss_and_its_gradients(model, oracle):
    images = images_of(oracle, "img")
    names = [n.removeprefix("grad/") for n in oracle if n.startswith("grad/")]
    variables = [variable_of(model, name).value for name in names]
    with tf.GradientTape() as tape:
        penalty = ZeroCenteredGradientPenalty(weight=1.0)
        loss = NonSaturating().generator(model(images))
        loss += penalty(model, tf.constant(images), None, None)
    np.testing.assert_allclose(loss, oracle["loss"], rtol=1e-5)
    for name, gradient in zip(
        names, tape.gradient(loss, variables), strict=True
    ):
        expected = in_our_order(name, oracle[f"grad/{name}"])
        error = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
        assert error < 1e-3, (name, error)
