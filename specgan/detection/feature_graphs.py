"""Features of pictures as TensorFlow operations, for SavedModels.

Height, width and channels are tensors, so that one graph serves all pictures.
Everything is float64 or integers: these are the values that the features of
arrays, in float32 here and there, have up to rounding. They need the memory of
whole pictures, and transform the largest whole, too.
"""

import functools
import itertools

import numpy as np
import tensorflow as tf

from specgan.detection import cooccurrence_features as cooccurrences
from specgan.detection import dct_mode_features as dct_modes
from specgan.detection.colour_coherence_features import ColourCoherenceFeatures
from specgan.detection.colour_coherence_features import ring_shares
from specgan.detection.joined_features import JoinedFeatures
from specgan.detection.patch_spectra import PATCH
from specgan.detection.patch_spectra import STRIDE
from specgan.detection.patch_spectra import patch_window
from specgan.detection.patch_spectrum_features import PatchSpectrumFeatures
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.relative_graph import relative_spectrum_graph
from specgan.detection.spectral_features import SpectralFeatures
from specgan.signal.frequency_plane import LUMINANCE_WEIGHTS
from specgan.signal.frequency_plane import QUANTIZATION_NOISE


@functools.singledispatch
def features_graph(features: PictureFeatures, images: tf.Tensor) -> tf.Tensor:
    """What features give for arrays, as operations on a tensor.

    They agree with the features of arrays to 1e-9 (`SpectralFeatures`,
    `CooccurrenceFeatures`), 1e-4 (`DctModeFeatures`,
    `ColourCoherenceFeatures`) and 0.01 dB (`PatchSpectrumFeatures`, which
    computes in float32 near the noise of rounding to 8 bits).

    Args:
        features: Those of arrays: each class of `specgan.detection` that is
            none of the paper's released code.
        images: uint8 tensor [n, height, width, channels], 1 or 3 channels,
            no smaller than `features.least_size`; all may be unknown.

    Returns:
        float64 tensor [n, features.length].

    Raises:
        ValueError: For features without such operations.
        InvalidArgumentError: When it runs, for images of other shapes.

    Example:
    >>> rows = features_graph(DctModeFeatures(), tf.constant(photographs))
    """
    raise ValueError(
        "Features that can be written as a TensorFlow graph are needed. "
        "Expected one of the classes of `specgan.detection`, not with "
        f"reference_code=True. Received: {features!r}."
    )


@features_graph.register
def _joined(features: JoinedFeatures, images):
    parts = [features_graph(part, images) for part in features.parts]
    return tf.concat(parts, axis=1)


@features_graph.register
def _spectral(features: SpectralFeatures, images):
    if features.reference_code:
        return features_graph.dispatch(object)(features, images)
    return relative_spectrum_graph(images, features.length, features.normalize)


def _checked(images, least):
    """Images, once it is known that they have such features."""
    shape = tf.shape(images)
    checks = [
        tf.debugging.Assert(
            (shape[3] == 1) | (shape[3] == 3),
            ["Expected pictures of 1 or 3 channels. Received shape", shape],
        ),
        tf.debugging.Assert(
            tf.reduce_min(shape[1:3]) >= least,
            [f"Expected pictures of at least {least} pixels. Received", shape],
        ),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(images)


def _mixed(images, grey, colour):
    """Channels of images in float64 times one of two constant matrices.

    Args:
        images: [..., channels], 1 or 3 channels.
        grey, colour: [1, m] and [3, m].
    """
    both = tf.constant(np.stack([np.pad(grey, ((0, 2), (0, 0))), colour]))
    channels = tf.shape(images)[-1]
    chosen = both[tf.cast(channels == 3, tf.int32), :channels]
    return tf.matmul(tf.cast(images, tf.float64), chosen)


# === Patches ===


def _patch_transforms(planes):
    """complex128 [..., patches, PATCH, PATCH // 2 + 1]; see `patch_transforms`.

    Args:
        planes: float64 [n, planes, height, width], 0..255.
    """
    shape = tf.shape(planes)
    rows, columns = _places(shape[2]), _places(shape[3])
    patches = tf.gather(planes, rows, axis=2)
    patches = tf.gather(patches, columns, axis=4)
    # [n, planes, rows, PATCH, columns, PATCH]
    patches = tf.transpose(patches, [0, 1, 2, 4, 3, 5])
    patches = tf.reshape(patches, [shape[0], shape[1], -1, PATCH, PATCH])
    patches -= tf.reduce_mean(patches, axis=[-2, -1], keepdims=True)
    return tf.signal.rfft2d(patches * patch_window())


def _places(size):
    """[patches, PATCH], as `patch_spectra.starts` has them."""
    last = size - PATCH
    starts = tf.concat([tf.range(0, last, STRIDE), [last]], axis=0)
    return starts[:, tf.newaxis] + tf.range(PATCH)


@features_graph.register
def _patch_spectrum(features: PatchSpectrumFeatures, images):
    images = _checked(images, features.least_size)
    luma = _mixed(images, np.ones([1, 1]), np.array([LUMINANCE_WEIGHTS]).T)
    transforms = _patch_transforms(tf.transpose(luma, [0, 3, 1, 2]))
    power = tf.math.real(transforms) ** 2 + tf.math.imag(transforms) ** 2
    levels = tf.math.log(tf.maximum(power, QUANTIZATION_NOISE))
    levels = tf.reduce_mean(levels, axis=[1, 2]) * (10 / np.log(10))
    rows = tf.reshape(levels, [-1, features.length])
    return rows - tf.reduce_mean(rows, axis=1, keepdims=True)


@features_graph.register
def _colour_coherence(features: ColourCoherenceFeatures, images):
    images = _checked(images, features.least_size)
    channels = _mixed(images, np.ones([1, 3]), np.eye(3))
    transforms = _patch_transforms(tf.transpose(channels, [0, 3, 1, 2]))
    real, imaginary = tf.math.real(transforms), tf.math.imag(transforms)
    shares = tf.constant(ring_shares().T)

    def spectrum(a, b):
        cross = real[:, a] * real[:, b] + imaginary[:, a] * imaginary[:, b]
        cross = tf.reduce_mean(cross, axis=1)
        return tf.matmul(tf.reshape(cross, [-1, shares.shape[0]]), shares)

    alone = [spectrum(a, a) + QUANTIZATION_NOISE for a in range(3)]
    return tf.concat(
        [
            spectrum(a, b) ** 2 / (alone[a] * alone[b])
            for a, b in itertools.combinations(range(3), 2)
        ],
        axis=1,
    )


# === Co-occurrences ===


@features_graph.register
def _cooccurrences(features: cooccurrences.CooccurrenceFeatures, images):
    images = _checked(images, features.least_size)
    # In whole thousandths of grey levels: rounding is exact.
    weights = 1000 * np.array([LUMINANCE_WEIGHTS]).T
    grey = _mixed(images, np.full([1, 1], 1000.0), weights)
    grey = (tf.cast(tf.round(grey), tf.int32)[..., 0] + 500) // 1000
    turned = tf.transpose(grey, [0, 2, 1])
    order, firsts = cooccurrences.pattern_classes()
    sizes = np.diff([*firsts, len(order)])
    classes = tf.constant(np.repeat(np.arange(len(sizes)), sizes))

    def shares(step, is_across):
        counts = 0.0
        for lines in (grey, turned):  # Differences are along the rows.
            before, middle = lines[:, :, :-2], lines[:, :, 1:-1]
            residual = before - 2 * middle + lines[:, :, 2:]
            levels = tf.zeros_like(residual)
            for threshold in cooccurrences.thresholds(step):
                levels += tf.cast(residual >= threshold, tf.int32)
            if is_across:
                levels = tf.transpose(levels, [0, 2, 1])
            counts += _pattern_counts(levels)
        counts = tf.gather(tf.transpose(counts), order)
        counts = tf.transpose(tf.math.segment_sum(counts, classes))
        return counts / tf.reduce_sum(counts, axis=1, keepdims=True)

    return tf.sqrt(
        tf.concat(
            [
                shares(step, is_across)
                for step in features.steps
                for is_across in (False, True)
            ],
            axis=1,
        )
    )


def _pattern_counts(levels):
    """float64 [n, 625], of int32 [n, height, width]."""
    reach, kinds = cooccurrences.REACH, cooccurrences.KINDS
    width = tf.shape(levels)[2] - reach
    patterns = 0
    for i in range(cooccurrences.NEIGHBOURS):
        patterns = cooccurrences.LEVELS * patterns
        patterns += levels[:, :, i : i + width]
    number = tf.shape(levels)[0]
    patterns += kinds * tf.range(number)[:, tf.newaxis, tf.newaxis]
    counts = tf.math.unsorted_segment_sum(
        tf.ones_like(patterns, tf.float64), patterns, number * kinds
    )
    return tf.reshape(counts, [number, kinds])


# === Cosine transforms ===


@features_graph.register
def _dct_modes(features: dct_modes.DctModeFeatures, images):
    images = _checked(images, features.least_size)
    block, planes = dct_modes.BLOCK, dct_modes.PLANES
    pixels = _mixed(images, planes.sum(1, keepdims=True).T, planes.T)
    number, height, width = tf.unstack(tf.shape(images)[:3])
    rows, columns = height // block, width // block
    pixels = pixels[:, : rows * block, : columns * block]
    pixels = tf.reshape(pixels, [number, rows, block, columns, block, 3])
    pixels = tf.transpose(pixels, [0, 5, 1, 3, 2, 4])
    # [n, planes, blocks, modes]
    pixels = tf.reshape(pixels, [number, 3, rows * columns, block**2])
    sizes = tf.abs(tf.matmul(pixels, tf.constant(dct_modes.DCT.T)))
    spreads = tf.sqrt(tf.reduce_mean(sizes**2, axis=2))
    zeros = tf.cast(sizes < dct_modes.ZERO, tf.float64)
    statistics = tf.stack(
        [
            tf.reduce_mean(tf.math.log(sizes + 0.5), axis=2),
            tf.math.log(spreads + 0.5),
            tf.reduce_mean(zeros, axis=2),
        ],
        axis=1,
    )
    return tf.reshape(statistics[..., 1:], [number, features.length])
