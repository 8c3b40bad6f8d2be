"""A model's variables by names that do not depend on the process.

Keras counts layers over a process, so that "conv2d_7" in one is "conv2d" in
another; here a variable is the n-th one of its network.
"""

import keras

NamedWeights = dict[str, dict[str, keras.Variable]]

_OWN = "model"
"""Where variables stand that are of no network, such as a seed."""


def named_weights(model: keras.Model) -> NamedWeights:
    """All `model.weights`, by network and number.

    Args:
        model: A built Keras model whose networks are its public attributes.

    Returns:
        Dictionary of networks, "generator" for instance, and of their
        variables: "003_kernel". Optimizers have no part in it.

    Example:
    >>> named_weights(zoo.load("dcgan-celeba64-spectral"))["generator"]
    {'000_kernel': <Variable path=conv2d_transpose/kernel, ...
    """
    networks = {
        name: numbered(layer)
        for name, layer in vars(model).items()
        if isinstance(layer, keras.layers.Layer)
        and not name.startswith("_")
        and layer.weights
    }
    known = {
        id(one) for network in networks.values() for one in network.values()
    }
    own = [one for one in model.weights if id(one) not in known]
    return {_OWN: _numbered(own), **networks}


def numbered(network: keras.layers.Layer) -> dict[str, keras.Variable]:
    """The variables of a network by number and name: "003_kernel".

    Args:
        network: A built Keras layer or model.
    """
    return _numbered(network.weights)


def _numbered(variables):
    return {
        f"{number:03}_{variable.name}": variable
        for number, variable in enumerate(variables)
    }
