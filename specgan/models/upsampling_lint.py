"""Predicts from a model's layers what its up-sampling does to spectra.

Before training, or after: for each up-sampling layer how much of the spectral
replica it leaves with its weights as they are, how much it and the
convolution that follows could remove, and whether its output pixels are
treated alike. Nothing is run, only layers and weights are read.

Reference:
    Durall, Keuper & Keuper, CVPR 2020, arXiv:2003.01826, Section 2.3, for the
    replica. Odena, Dumoulin & Olah, "Deconvolution and Checkerboard
    Artifacts", Distill 2016, for the checkerboard.
"""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from specgan.layers.upsampling_spec import UpsamplingSpec
from specgan.layers.upsampling_spec import describe_upsampling
from specgan.models.layer_node import CONVOLUTIONS
from specgan.models.layer_node import MARGINS
from specgan.models.layer_node import NO_CONVOLUTION
from specgan.models.layer_node import LayerNode
from specgan.signal.spectral_replica import attainable_attenuation
from specgan.signal.spectral_replica import phase_unevenness
from specgan.signal.spectral_replica import taps_per_phase
from specgan.signal.spectral_replica import white_replica_attenuation

if TYPE_CHECKING:
    import keras

# Weights that leave the replica more than half its power have not dealt with
# it; nearest neighbours alone take 6.5 dB.
LEAST_ATTENUATION = 3.0  # in dB

# What a kernel of 3 taps attains; 2 taps, 6.5 dB, are nearest neighbours.
LEAST_ATTAINABLE = 12.0  # in dB

# Differences of the phases' gains in a hundredth of the power.
MOST_UNEVEN = 0.1


@dataclasses.dataclass(frozen=True)
class UpsamplingFinding:
    """What one up-sampling layer does.

    Args:
        name: String; the layer's name, after those of the models around it.
        kind: String; the unit: "transposed", "nearest+conv", ...
        factors: Pair: rows, columns. None if unknown. A layer that works
            along one axis or three has as many.
        kernel_size: Pair of the learned kernel, or None without one.
        output_size: Pair (height, width) in pixels, None where unknown; empty
            for a layer that does not give images.
        replica_attenuation: Number in dB, how far the replicas lie below the
            base band when white noise comes in, mean power over channels; with
            the weights as they are, or in closed form for fixed units. None if
            unknown. See `specgan.signal.spectral_replica`.
        attainable_attenuation: Number in dB that no weights of this kernel and
            of the convolution that follows can exceed (both taken as one
            linear kernel). None if unknown.
        phase_unevenness: Number from 0 to 1, how much the phases of a learned
            kernel differ; None without a learned kernel.
        followed_by: Name of the first convolution (larger than 1 x 1, on the
            same grid) that the output meets; "" for none, None for unknown.
        following_kernel_size: Pair, of that convolution, or None.
        risks: Tuple of strings, empty if the layer is fine: "checkerboard"
            (output pixels meet unequal numbers of taps), "replica" (the weights
            leave it, or no weights could remove it), "uneven phases" (of the
            weights as they are), "not finite" (the weights).
        verdict: String: "risk" if there is one, "unknown" if the layer cannot
            be predicted, else "fine".
        advice: String; one line.
    """

    name: str
    kind: str
    factors: tuple
    kernel_size: tuple | None
    output_size: tuple
    replica_attenuation: float | None
    attainable_attenuation: float | None
    phase_unevenness: float | None
    followed_by: str | None
    following_kernel_size: tuple | None
    risks: tuple
    verdict: str
    advice: str


def lint_upsampling(model: "keras.Model") -> list[UpsamplingFinding]:
    """Reads all up-sampling layers of a model.

    It knows `Conv2DTranspose`, `UpSampling2D` and `Resizing` of Keras (any
    factor and interpolation) and the units of `specgan.layers`, in models and
    layers nested to any depth. Another layer or operation that at least doubles
    height or width is reported as unknown, and so are Keras' layers that
    up-sample along one axis or three. A pixel shuffle pieced together from
    reshapes is not found, nor one within a `Lambda` that Keras refuses to load.

    Args:
        model: Any `keras.Model`, built or not; without weights only what the
            sizes show is reported.

    Returns:
        List of `UpsamplingFinding`, in the model's order; each layer once.

    Example:
    >>> images = keras.Input((8, 8, 16))
    >>> layer = keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same")
    >>> lint_upsampling(keras.Model(images, layer(images)))[0].risks[0]
    'checkerboard'
    """
    return _findings(LayerNode(model), set())


def _findings(node, seen):
    if id(node.layer) in seen:
        return []
    seen.add(id(node.layer))
    reading = describe_upsampling(node.layer, node.input_shape)
    if reading is not None:
        return [_finding(node, reading)]
    findings = [
        finding
        for inner in node.inner_nodes()
        for finding in _findings(inner, seen)
    ]
    if findings or isinstance(node.layer, (*CONVOLUTIONS, *MARGINS)):
        return findings
    growth = _growth(node.input_shape, node.output_shape)
    if max(growth) >= 2:
        kind = type(node.layer).__name__
        findings = [_finding(node, UpsamplingSpec(kind, growth, None))]
    return findings


def _growth(before, after):
    """Factors from input to output, 1 where they are unknown.

    From a single pixel a layer projects, there is nothing to interpolate.
    """
    if before is None or after is None or len(before) != 4 or len(after) != 4:
        return (1, 1)
    return tuple(
        new // old if old and new and old > 1 and new % old == 0 else 1
        for old, new in zip(before[1:3], after[1:3], strict=True)
    )


def _finding(node, reading):
    following = node.convolution_after()
    attenuation, unevenness = _measured(reading)
    attainable = _attainable(reading, following)
    verdict, risks, advice = _assessment(
        reading, attenuation, attainable, unevenness
    )
    shape = node.output_shape
    size = [shape[axis] if shape else None for axis in reading.spatial_axes]
    return UpsamplingFinding(
        name=node.name,
        kind=reading.kind,
        factors=reading.factors,
        kernel_size=reading.kernel_size,
        output_size=tuple(size),
        replica_attenuation=attenuation,
        attainable_attenuation=attainable,
        phase_unevenness=unevenness,
        followed_by=None if following is None else following.name,
        following_kernel_size=(
            None
            if following is None or following == NO_CONVOLUTION
            else following.kernel_size
        ),
        risks=risks,
        verdict=verdict,
        advice=advice,
    )


def _measured(reading):
    """Attenuation of the replica and unevenness of the phases, or None."""
    kernel = reading.response_kernel()
    if kernel is None or not kernel.any() or not np.isfinite(kernel).all():
        return None, None
    attenuation = white_replica_attenuation(kernel, reading.factors)
    if reading.kernel is None:
        return attenuation, None
    return attenuation, phase_unevenness(kernel, reading.factors)


def _attainable(reading, following):
    if reading.fixed_taps is None or following is None:
        return None
    return min(
        attainable_attenuation(taps, learned + size - 1, factor)
        for taps, learned, size, factor in zip(
            reading.fixed_taps,
            reading.learned_taps,
            following.kernel_size,
            reading.factors,
            strict=True,
        )
        if factor > 1
    )


def _assessment(reading, attenuation, attainable, unevenness):
    """The verdict, the risks, and the advice for the first of them."""
    if len(reading.factors) != 2:
        return "unknown", (), "not looked at: it does not up-sample images"
    if reading.fixed_taps is None:
        advice = (
            "cannot be predicted from the layer; measure it with "
            "specgan.signal.responses.measured_response"
        )
        return "unknown", (), advice
    advice = {}
    if reading.kernel is not None and not np.isfinite(reading.kernel).all():
        advice["not finite"] = (
            "its weights hold NaN or infinite values: the training diverged, "
            "take an earlier model"
        )
    counts = _uneven_counts(reading)
    if counts:
        advice["checkerboard"] = counts
    if attainable is not None and attainable < LEAST_ATTAINABLE:
        advice["replica"] = (
            f"no weights take the replica more than {attainable:.1f} dB down: "
            "let a convolution of 3x3 or more follow on the same grid"
        )
    elif unevenness is not None and attenuation < LEAST_ATTENUATION:
        advice["replica"] = (
            "these weights leave the replica almost whole and nothing makes "
            "them learn better: regularize the spectrum, or interpolate first "
            "(bilinear: 14.6 dB)"
        )
    if unevenness is not None and unevenness > MOST_UNEVEN:
        advice["uneven phases"] = (
            f"the gains of the phases differ by {unevenness:.0%}, which draws "
            "a pattern: interpolate first, or start from equal phases"
        )
    if advice:
        return "risk", tuple(advice), next(iter(advice.values()))
    if attenuation is None:
        return "fine", (), "nothing against its sizes; no weights to judge"
    if attainable is None:
        return "fine", (), "nothing against it; what follows is not known"
    remark = f"nothing against it; at most {attainable:.0f} dB is possible"
    return "fine", (), remark


def _uneven_counts(reading):
    """What is wrong with the kernel's size, or None.

    After a fixed filter all phases get alike what the kernel is given.
    """
    for taps, learned, factor in zip(
        reading.fixed_taps, reading.learned_taps, reading.factors, strict=True
    ):
        counts = taps_per_phase(learned, factor)
        if reading.kernel_size and len(taps) == 1 and np.ptp(counts):
            return (
                f"kernel {learned} is not a multiple of stride {factor}, "
                f"output pixels meet {counts.min()} or {counts.max()} taps a "
                f"side: use kernel {factor * -(-learned // factor)}"
            )
    return None
