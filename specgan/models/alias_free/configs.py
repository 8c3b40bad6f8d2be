"""The configurations of the alias-free generator, from B to R, as data."""

import dataclasses
from typing import Any

from specgan.errors import unknown_name


@dataclasses.dataclass(frozen=True)
class Config:
    """One row of the paper's ablation: which generator is built.

    T and R are the paper's results and stand in its release. B to H are the
    steps that lead from StyleGAN2 to them, derived again here from the paper's
    text, for its release does not hold them. Where the text leaves it open:

    - A layer convolves at the lower of its two sampling rates, and up-samples
      then, in every configuration, so that one step of the ablation changes one
      thing. (StyleGAN2 convolves at the higher rate.)
    - B to D surround each convolution's input with a border of zeros, E to R
      take it from the margin of the canvas.
    - The rates of B to H are StyleGAN2's 4, 8, 8, 16, 16 ...; the margin is
      cropped by the last layer before the one that makes colours.
    - E and F have `f_c = s / 2` in all layers, G and H in the layers at the
      full sampling rate alone, all with `f_h = (sqrt(2) - 1) s / 2`.
    - The Fourier features reach up to the first layer's cutoff f_c; one that
      is at half the sampling rate leaves no room to fade them out.
    - The learned mix of the Fourier features is in all configurations.
    - B and C add up the images of all sampling rates; B's noise is drawn anew
      in each pass of the training and fixed after it.

    What belongs to training (the mixing of styles and the path-length penalty
    of B and C) is left out.

    Args:
        name: Its letter.
        description: What it changes, in a few words.
        flexible: Whether cutoffs grow geometrically over `num_layers`, layer
            by layer, or the sampling rate doubles every second layer.
        num_layers: Layers with a nonlinearity, of a flexible schedule; None
            else.
        num_critical: Layers before the last with `f_c = s / 2`; None for all.
        first_cutoff: f_c0, in cycles per canvas width.
        first_stopband: f_t0, where a flexible schedule's stopband begins
            first, in cycles per canvas width.
        last_stopband_ratio: f_tN / f_cN, the same in the end, relative.
        margin: Pixels that the canvas is extended by on each side.
        filter_size: n, the Kaiser filters' taps at a factor of 1; None for
            the binomial 1, 3, 3, 1 of StyleGAN2.
        nonlinearity_upsampling: m, the factor by which a nonlinearity's
            sampling rate exceeds the layer's; 1 leaves it as it is.
        kernel_size: Height and width of the convolutions.
        radial: Whether down-sampling filters are radially symmetric (where
            sampling is not critical).
        channel_multiplier: What `channel_base` and `channel_max` are
            multiplied by.
        learned_transform: Whether the style rotates and translates the
            Fourier features.
        magnitude_normalization: Whether each layer's input is divided by a
            moving average of its magnitude.
        mapping_layers: Layers of the mapping network.
        output_scale: What the last layer's output is multiplied by.
        noise: Whether each layer adds noise.
        output_skips: Whether the images of all sampling rates are added up.

    Reference:
    - Karras et al., 2021, Section 3, Figure 3 and Appendices B to D
      (https://arxiv.org/abs/2106.12423)
    """

    name: str
    description: str
    flexible: bool = False
    num_layers: int | None = None
    num_critical: int | None = None
    first_cutoff: float = 2.0
    first_stopband: float = 2.0**2.1
    last_stopband_ratio: float = 2.0**0.3
    margin: int = 0
    filter_size: int | None = None
    nonlinearity_upsampling: int = 1
    kernel_size: int = 3
    radial: bool = False
    channel_multiplier: int = 1
    learned_transform: bool = False
    magnitude_normalization: bool = True
    mapping_layers: int = 2
    output_scale: float = 0.25
    noise: bool = False
    output_skips: bool = False


def _ablation():
    """Each configuration is the one before it with something changed."""
    changes = {
        "C": {"description": "no noise", "noise": False},
        "D": {
            "description": "shorter mapping, no skips, normalized magnitudes",
            "mapping_layers": 2,
            "output_skips": False,
            "magnitude_normalization": True,
            "output_scale": 0.25,
        },
        "E": {
            "description": "margins instead of borders, Kaiser filters",
            "margin": 10,
            "filter_size": 6,
        },
        "F": {
            "description": "nonlinearities at twice the sampling rate",
            "nonlinearity_upsampling": 2,
        },
        "G": {
            "description": "no critical sampling but at the full rate",
            "num_critical": 2,
        },
        "H": {
            "description": "Fourier features moved by the style",
            "learned_transform": True,
        },
        "T": {
            "description": "flexible layers: translation equivariance",
            "flexible": True,
            "num_layers": 14,
        },
        "R": {
            "description": "1x1 kernels, radial filters: rotation equivariance",
            "kernel_size": 1,
            "radial": True,
            "channel_multiplier": 2,
        },
    }
    config = Config(
        "B",
        "StyleGAN2 with Fourier features",
        magnitude_normalization=False,
        mapping_layers=8,
        output_scale=1.0,
        noise=True,
        output_skips=True,
    )
    yield config
    for name, changed in changes.items():
        config = dataclasses.replace(config, name=name, **changed)
        yield config


CONFIGS = {config.name: config for config in _ablation()}


def get(identifier: str | Config | dict[str, Any]) -> Config:
    """A configuration by its letter.

    Args:
        identifier: A `Config`, which is returned, the dictionary that
            `serialize` made of one, or a key of `CONFIGS`, upper or lower
            case.

    Returns:
        A `Config`.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> get("R").radial
    True
    """
    if isinstance(identifier, Config):
        return identifier
    if isinstance(identifier, dict):
        return Config(**identifier)
    name = str(identifier).upper()
    if name not in CONFIGS:
        raise unknown_name("configuration", identifier, CONFIGS)
    return CONFIGS[name]


def serialize(config: Config) -> str | dict[str, Any]:
    """What `get` makes the configuration of again, for a file.

    Args:
        config: A `Config`.

    Returns:
        Its name, or the dictionary of its fields if it is none of `CONFIGS`.
    """
    if CONFIGS.get(config.name) == config:
        return config.name
    return dataclasses.asdict(config)
