"""Leaky ReLU at a raised sampling rate, with its gradients."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from specgan.signal import implementations
from specgan.signal.resample import apply
from specgan.signal.resampling import Resampling
from specgan.typing import Tensor
from specgan.typing import TensorLike


@dataclasses.dataclass(frozen=True)
class FilteredActivation:
    """Up-sampling, leaky ReLU, gain, clamp, down-sampling: for one size.

    With U and D the resamplings and f the activation between them,

    `y = D f(U x)`, `gradient(x, g) = U^T (f'(U x) D^T g)` and
    `tangent(x, v) = D (f'(U x) U v)`.

    Gradient and tangent are linear in their second argument and each other's
    adjoint, and their derivative by x is 0 wherever it exists, since f is
    piecewise linear. So they are differentiable any number of times.

    Args:
        upsampling: A `Resampling`.
        downsampling: A `Resampling`.
        slope: Of the leaky ReLU.
        gain: Positive number.
        clamp: Positive number, or None.
    """

    upsampling: Resampling
    downsampling: Resampling
    slope: float
    gain: float
    clamp: float | None

    def value(
        self,
        resample: Callable[[Resampling, TensorLike], Tensor],
        images: TensorLike,
    ) -> Tensor:
        """y, by a function that applies a `Resampling` to images."""
        images = resample(self.upsampling, images)
        images = tf.maximum(images, self.slope * images) * self.gain
        if self.clamp is not None:
            images = tf.clip_by_value(images, -self.clamp, self.clamp)
        return resample(self.downsampling, images)

    def gradient(
        self,
        resample: Callable[[Resampling, TensorLike], Tensor],
        images: TensorLike,
        upstream: TensorLike,
    ) -> Tensor:
        """U^T (f'(U x) D^T g)."""
        upstream = resample(self.downsampling.adjoint, upstream)
        return self.inner_gradient(resample, images, upstream)

    def inner_gradient(
        self,
        resample: Callable[[Resampling, TensorLike], Tensor],
        images: TensorLike,
        upstream: TensorLike,
    ) -> Tensor:
        """U^T (f'(U x) h), h = D^T g."""
        derivative = self._derivative(resample(self.upsampling, images))
        return resample(self.upsampling.adjoint, derivative * upstream)

    def tangent(
        self,
        resample: Callable[[Resampling, TensorLike], Tensor],
        images: TensorLike,
        direction: TensorLike,
    ) -> Tensor:
        """D (f'(U x) U v)."""
        derivative = self._derivative(resample(self.upsampling, images))
        direction = resample(self.upsampling, direction)
        return resample(self.downsampling, derivative * direction)

    def _derivative(self, images):
        ones = tf.ones_like(images)
        slope = self.gain * tf.where(images < 0, self.slope * ones, ones)
        if self.clamp is None:
            return slope
        clamped = tf.abs(slope * images) > self.clamp
        return tf.where(clamped, tf.zeros_like(images), slope)


def filtered_leaky_relu(
    activation: FilteredActivation,
    images: TensorLike,
    implementation: str = "polyphase",
) -> Tensor:
    """Apply a `FilteredActivation`, keeping only its input for the gradient.

    The up-sampled signal, up to 16 times the input's size, is computed again
    for the gradient rather than kept.

    Args:
        activation: A `FilteredActivation`.
        images: Floating tensor `[batch, height, width, channels]`.
        implementation: Name of one of `IMPLEMENTATIONS`.

    Returns:
        Tensor of the images' type.

    Raises:
        ValueError: If no implementation has that name.
    """
    run = implementations.get(implementation).run

    @tf.custom_gradient
    def value(images):
        def derivative(upstream):
            return gradient(images, upstream)

        return run(FilteredActivation.value, activation, images), derivative

    @tf.custom_gradient
    def gradient(images, upstream):
        def derivative(direction):
            return tf.zeros_like(images), tangent(images, direction)

        if activation.downsampling.separable:
            compute = FilteredActivation.gradient
        else:
            # Apart, since XLA would compute D^T g for every tap of U^T again.
            adjoint = activation.downsampling.adjoint
            upstream = apply(adjoint, upstream, implementation)
            compute = FilteredActivation.inner_gradient
        return run(compute, activation, images, upstream), derivative

    @tf.custom_gradient
    def tangent(images, direction):
        def derivative(upstream):
            return tf.zeros_like(images), gradient(images, upstream)

        return (
            run(FilteredActivation.tangent, activation, images, direction),
            derivative,
        )

    return value(images)
