"""The measurements of `specgan evaluate` as a table, with what they mean."""

from collections.abc import Mapping
from typing import Any

from specgan.metrics.detectability_profile import ROWS
from specgan.metrics.evaluation import SAME
from specgan.metrics.inception_features import DTYPES

EXPLANATIONS = {
    "fid": "0 for equal distributions; falls with the number of images",
    "kid": "0 for equal distributions, also below",
    "kid_std": "standard deviation over subsets",
    "precision": "share of generated images within reach of real ones",
    "recall": "share of real images within reach of generated ones",
    "density": "real images around a generated one; 1 for equal sets",
    "coverage": "share of real images with a generated one near; 1 is best",
    "spectral_distance": "dB rms, all rings; 0 is best",
    "spectral_distance_high": "dB rms, above 0.25 cycles per pixel; 0 is best",
    "spectral_distance_2d": "dB rms over the 2-D mean spectrum; 0 is best",
    "nyquist_spike": "dB against real images, at 0.5 cycles per pixel",
    "checkerboard_half": "dB against real images, peaks of period 2",
    "checkerboard_quarter": "dB against real images, peaks of period 4",
    "high_band_energy": "dB against real images, above 0.25 cycles per pixel",
    "reconstruction_psnr": "dB, mean over images; higher is better",
    "eq_t": "dB, textures move with the picture; higher is better",
    "detection_score": "accuracy of a fresh spectral detector; 0.5 is best",
    "detection_score_std": "its standard error",
    "detection_control": "the same between two halves of the real images",
    "detection_control_std": "its standard error",
}


def show(result: Mapping[str, Any]) -> None:
    """Print metrics with their intervals, and the images they are of.

    Args:
        result: What `specgan evaluate --json` prints, as a dictionary.
    """
    for line in table(result):
        print(line)


def table(result: Mapping[str, Any]) -> list[str]:
    """The same as a list of lines."""
    values, profile = _without_profile(result["values"])
    rows = []
    for name, value in values.items():
        low, high = result["intervals"].get(name, (None, None))
        interval = "" if low is None else f"[{low:.3f}, {high:.3f}]"
        meaning = EXPLANATIONS.get(on_inception(name), "")
        rows.append((name, f"{value:.3f}", interval, meaning))
    lines = [*_aligned(rows, ("", ">", "", "")), *_profile_table(profile)]
    images = result["protocol"]["images"]
    features = result["protocol"]["features"]
    network = "none" if features is None else features["name"]
    return [
        *lines,
        "",
        f"{images['real']['count']} real and {images['fake']['count']} "
        f"generated images of {'x'.join(map(str, images['fake']['size']))}, "
        f"8 bits; features: {network}"
        + ("" if features is None else f", resized {features['resizer']}")
        + "; in brackets: 95 % bootstrap intervals.",
    ]


def on_inception(name: str) -> str:
    """The name of a measure, of another network's the name on Inception's.

    Args:
        name: Such as "fid", or "kernel_inception-bfloat16_std" for "kid_std".
    """
    half = DTYPES["bfloat16"].name
    kind, network, rest = name.partition(f"_{half}")
    if not network:
        return name
    return {"frechet": "fid", "kernel": "kid"}.get(kind, kind) + rest


def _without_profile(values):
    """The values but those of the detectability profile, and the latter."""
    rows = tuple(f"detection_{row}" for row in ROWS)
    profile = {k: v for k, v in values.items() if k.startswith(rows)}
    # The score is a row of the profile; older files have it alone.
    other = {
        k: v
        for k, v in values.items()
        if k not in profile and not (profile and k in SAME)
    }
    return other, profile


def _profile_table(profile):
    """A line for every detector: accuracy and control, +- standard errors."""
    rows = []
    for row, detector in ROWS.items():
        name = f"detection_{row}"
        if name in profile:
            accuracy, error, control, control_error = (
                f"{profile[name + suffix]:.3f}"
                for suffix in ("", "_std", "_control", "_control_std")
            )
            rows.append(
                (
                    name,
                    f"{accuracy} ± {error}",
                    f"{control} ± {control_error}",
                    detector.looks_at,
                )
            )
    if not rows:
        return []
    header = (
        "fresh detector",
        "accuracy ± error",
        "control ± error",
        "looks at",
    )
    return [
        "",
        "Detectability, on held-out images; 0.5 is best, 1 is always detected:",
        *_aligned([header, *rows], ("", "", "", "")),
    ]


def _aligned(rows, alignments):
    """Rows of words as lines, the columns at equal places."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{alignment}{width}}"
            for cell, alignment, width in zip(
                row, alignments, widths, strict=True
            )
        ).rstrip()
        for row in rows
    ]
