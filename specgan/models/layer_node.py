import dataclasses
from typing import Any

import keras

from specgan.layers.spectral_head2d import SpectralHead2D
from specgan.layers.upsampling_spec import describe_upsampling
from specgan.models.keras_internals import flat_layers
from specgan.models.keras_internals import inbound_nodes
from specgan.typing import Shape

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


# What they change is the margin; pixels stay where they are.
MARGINS = (keras.layers.ZeroPadding2D, keras.layers.Cropping2D)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution that a map meets. NO_CONVOLUTION stands for none.

    Args:
        name: String; the layer's name.
        kernel_size: Pair of integers.
    """

    name: str
    kernel_size: tuple


NO_CONVOLUTION = Convolution("", (1, 1))

# Their layers are called one after the other.
SEQUENCES = (keras.Sequential, keras.layers.Wrapper, SpectralHead2D)


@dataclasses.dataclass(frozen=True, eq=False)
class LayerNode:
    """Where a layer stands in a model: what it contains, what comes after.

    The graph of Functional models is known, and the order within Sequential
    models, wrappers and a `SpectralHead2D`; what a subclassed model or layer
    does with its layers is written in Python and not read.

    Args:
        layer: A `keras.Operation`; for the whole model, the model.
        container: The model or layer that holds it, or None.
        outer: The container's own node, or None.
    """

    layer: keras.Operation
    container: keras.Layer | None = None
    outer: "LayerNode | None" = None

    @property
    def name(self) -> str:
        """The layer's name after those of the models that it is nested in."""
        if self.outer is None or self.outer.outer is None:
            return self.layer.name
        return f"{self.outer.name}/{self.layer.name}"

    @property
    def input_shape(self) -> Shape | None:
        """Shape of its (first) input with the batch, or None if unknown."""
        nodes = inbound_nodes(self.layer)
        if nodes:
            inputs = nodes[-1].input_tensors
            return tuple(inputs[0].shape) if inputs else None
        if self.outer is not None and isinstance(self.container, SEQUENCES):
            first = self.outer.inner_nodes()[0]
            if first.layer is not self.layer:
                return None
            shape = self.outer.input_shape
            if isinstance(self.container, keras.layers.TimeDistributed):
                return shape and (shape[0], *shape[2:])
            return shape
        return None

    @property
    def output_shape(self) -> Shape | None:
        """Shape of its (first) output with the batch, or None if unknown."""
        nodes = inbound_nodes(self.layer)
        if nodes:
            return tuple(nodes[-1].outputs[0].shape)
        shape = self.input_shape
        return None if shape is None else self.layer.compute_output_shape(shape)

    def inner_nodes(self) -> "list[LayerNode]":
        """The nodes of the layers directly within this one."""
        layer = self.layer
        if isinstance(layer, keras.Function):
            inner = layer.operations
        elif isinstance(layer, keras.Sequential):
            inner = layer.layers
        elif isinstance(layer, keras.Layer):
            # Public for models only, as `layers`.
            inner = flat_layers(layer, include_self=False, recursive=False)
        else:
            inner = []
        return [LayerNode(each, layer, self) for each in inner]

    def convolution_after(self) -> Convolution | None:
        """The convolution that the output of this layer meets first.

        It must work on the same grid, with a kernel larger than 1 x 1 and not
        dilated (whose response repeats as replicas do). Where paths branch,
        the smallest that one of them meets.

        Returns:
            A `Convolution`; `NO_CONVOLUTION` if a path meets none before the
            maps are up-sampled, strided, flattened or put out; None if unknown.
            A network in a subclassed model ends with its output.
        """
        met = self._downstream_convolutions(set())
        if None in met:
            return None
        return min(
            met, key=lambda each: min(each.kernel_size), default=NO_CONVOLUTION
        )

    def _downstream_convolutions(self, seen) -> list[Any]:
        successors = self._successors()
        if successors is None:
            return [None]
        if not successors:
            return [NO_CONVOLUTION]
        met = []
        for node in successors:
            if id(node.layer) not in seen:
                seen.add(id(node.layer))
                met += node._convolutions_within(seen)
        return met

    def _convolutions_within(self, seen):
        layer = self.layer
        if describe_upsampling(layer, self.input_shape) is not None:
            return [NO_CONVOLUTION]
        if isinstance(layer, CONVOLUTIONS):
            if max(layer.strides) > 1:
                return [NO_CONVOLUTION]
            if max(layer.kernel_size) > 1 and max(layer.dilation_rate) == 1:
                return [Convolution(layer.name, tuple(layer.kernel_size))]
        elif self.inner_nodes():
            entries = self._entries()
            if entries is None:
                return [None]
            return [
                met
                for each in entries
                for met in each._convolutions_within(seen)
            ]
        if self._changes_grid():
            return [NO_CONVOLUTION]
        return self._downstream_convolutions(seen)

    def _entries(self):
        """Where an input enters this container; None if unknown."""
        inner = self.inner_nodes()
        if isinstance(self.layer, keras.Function):
            return [
                node
                for node in inner
                if isinstance(node.layer, keras.layers.InputLayer)
            ]
        if isinstance(self.layer, SEQUENCES):
            return inner[:1]
        return None

    def _successors(self):
        """The nodes that take this one's output; None if unknown."""
        if self.outer is None:
            return []
        siblings = self.outer.inner_nodes()
        if isinstance(self.container, keras.Function):
            found = [
                sibling
                for sibling in siblings
                if any(
                    parent.operation is self.layer
                    for node in inbound_nodes(sibling.layer)
                    for parent in node.parent_nodes
                )
            ]
        elif isinstance(self.container, SEQUENCES):
            layers = [sibling.layer for sibling in siblings]
            found = siblings[layers.index(self.layer) + 1 :][:1]
        else:
            return None
        # An output of the container: on with what follows that.
        return found or self.outer._successors() or []

    def _changes_grid(self):
        if isinstance(self.layer, MARGINS):
            return False
        before, after = self.input_shape, self.output_shape
        if before is None or after is None:
            return False
        return before[1:-1] != after[1:-1]
