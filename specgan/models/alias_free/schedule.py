"""What each layer of an alias-free generator does: its signal and filters.

Frequencies are in cycles per canvas width, sampling rates in pixels per canvas
width, so that half the sampling rate is the highest frequency there is. The
symbols are the paper's: f_c cutoff, f_t stopband, f_h half width of the
transition band, s sampling rate.
"""

import dataclasses
import math
import numbers

import numpy as np

from specgan.errors import require_positive_integer
from specgan.models.alias_free import configs
from specgan.signal import fir


@dataclasses.dataclass(frozen=True)
class LayerSpecification:
    """One layer: from which signal to which, and how.

    A layer convolves, up-samples to its temporary rate, applies its
    nonlinearity there, and down-samples.

    Args:
        name: `"L<index>_<size>_<channels>"`.
        in_channels, out_channels: Number of channels.
        in_size, out_size: Height and width in pixels, margins included.
        in_rate, temporary_rate, out_rate: s and s', in pixels per canvas.
        in_cutoff, out_cutoff: f_c, in cycles per canvas.
        in_half_width, out_half_width: f_h, in cycles per canvas.
        up, down: Integer factors of the sampling rates.
        up_taps, down_taps: Number of taps of the two filters along an axis; 1
            is no filter.
        padding: (low, high), pixels added to both axes between up-sampling
            and its filter; negative ones are cropped.
        kernel_size: Height and width of the convolution.
        kernel_padding: Zeros around the convolution's input.
        critical: Whether f_c is at half the sampling rate.
        makes_colours: Whether it is a linear layer that gives an image.
        kaiser: Whether the filters are Kaiser's, or binomial.
        radial: Whether the down-sampling filter is radially symmetric.
        half_precision: Whether float16 serves it, under such a policy.
    """

    name: str
    in_channels: int
    out_channels: int
    in_size: int
    out_size: int
    in_rate: int
    temporary_rate: int
    out_rate: int
    in_cutoff: float
    out_cutoff: float
    in_half_width: float
    out_half_width: float
    up: int
    down: int
    up_taps: int
    down_taps: int
    padding: tuple[int, int]
    kernel_size: int
    kernel_padding: int
    critical: bool
    makes_colours: bool
    kaiser: bool
    radial: bool
    half_precision: bool

    def up_filter(self) -> np.ndarray | None:
        """Taps `[up_taps]` of the up-sampling filter, or None."""
        if self.up_taps == 1:
            return None
        if not self.kaiser:
            return fir.binomial(self.up_taps)
        return fir.kaiser_lowpass(
            self.up_taps,
            self.in_cutoff,
            2 * self.in_half_width,
            self.temporary_rate,
        )

    def down_filter(self) -> np.ndarray | None:
        """Taps of the down-sampling filter, or None.

        They are `[down_taps]`, or `[down_taps, down_taps]` of a radial one.
        """
        if self.down_taps == 1:
            return None
        design = fir.radial_lowpass if self.radial else fir.kaiser_lowpass
        return design(
            self.down_taps,
            self.out_cutoff,
            2 * self.out_half_width,
            self.temporary_rate,
        )


@dataclasses.dataclass(frozen=True)
class _Signal:
    """What stands between two layers."""

    cutoff: float
    half_width: float
    rate: int
    size: int
    channels: int
    critical: bool


def schedule(
    image_size: int,
    config: str | configs.Config = "T",
    channel_base: int = 32768,
    channel_max: int = 512,
    image_channels: int = 3,
    num_layers: int | None = None,
) -> list[LayerSpecification]:
    """The layers of a generator, from the Fourier features to the image.

    Formulas of a flexible schedule of N layers, i = 0 .. N, with
    `e_i = min(i / (N - N_crit), 1)`:

    ```
    f_c[i] = f_c0 (f_cN / f_c0)^e_i,    f_cN = image_size / 2
    f_t[i] = f_t0 (f_tN / f_t0)^e_i,    f_tN = 2^0.3 f_cN
    s[i]   = 2^ceil(log2(min(2 f_t[i], image_size)))
    f_h[i] = max(f_t[i], s[i] / 2) - f_c[i]
    ```

    Of a rigid one s is 4, 8, 8, 16, 16 ..., `f_h = (sqrt(2) - 1) s / 2`, and
    f_c is s / 2 or, where sampling is not critical, `s / 2 - f_h`. Channels
    are `min(channel_base / (2 f_c), channel_max)` in both, at least 1.

    Layer i takes signal i - 1 to signal i, and layer 0 signal 0 to itself.

    Args:
        image_size: Height and width of the images, a power of two of at least
            16.
        config: Name of one of `configs.CONFIGS`, or a `Config`.
        channel_base: Channels of a layer times twice its cutoff. A
            configuration may multiply it (R doubles it).
        channel_max: Most channels of a layer; multiplied likewise.
        image_channels: Channels of the images.
        num_layers: Layers before the one that makes colours, instead of the
            configuration's; only a flexible schedule can have another number.

    Returns:
        A list of `LayerSpecification`.

    Raises:
        ValueError: For a size that is not a power of two or less than 16,
            an unknown configuration, and numbers that are not positive or do
            not fit the configuration.

    Example:
    >>> [layer.name for layer in schedule(256, "T")][-2:]
    ['L13_256_128', 'L14_256_3']

    Reference:
    - Karras et al., 2021, Section 3.2 and Appendix C, Figure 4c
      (https://arxiv.org/abs/2106.12423)
    """
    config = configs.get(config)
    _check_size(image_size)
    require_positive_integer("channel_base", channel_base)
    require_positive_integer("channel_max", channel_max)
    require_positive_integer("image_channels", image_channels)
    config = _with_layers(config, num_layers)
    design = _flexible if config.flexible else _rigid
    signals = _signals(
        design(image_size, config),
        image_size,
        config.margin,
        channel_base * config.channel_multiplier,
        channel_max * config.channel_multiplier,
    )
    return list(_layers(signals, config, image_size, image_channels))


def _check_size(image_size):
    integer = isinstance(image_size, numbers.Integral)
    if not integer or image_size < 16 or image_size & (image_size - 1):
        raise ValueError(
            "An alias-free generator doubles its sampling rate up to the "
            "image's. Expected a power of two of at least 16. Received: "
            f"image_size={image_size!r}."
        )


def _with_layers(config, num_layers):
    if num_layers is None:
        return config
    require_positive_integer("num_layers", num_layers)
    if not config.flexible:
        raise ValueError(
            f"The image size alone gives configuration {config.name} its "
            f"number of layers. Received: num_layers={num_layers}. Leave it "
            "out, or take T or R."
        )
    if num_layers <= config.num_critical:
        raise ValueError(
            "The last layers are sampled critically, the others lead there. "
            f"Expected num_layers above {config.num_critical}. Received: "
            f"num_layers={num_layers}."
        )
    return dataclasses.replace(config, num_layers=num_layers)


def _flexible(image_size, config):
    """(f_c, f_h, s, critical) of signals 0 .. N."""
    last_cutoff = image_size / 2  # f_cN
    last_stopband = last_cutoff * config.last_stopband_ratio  # f_tN
    first_critical = config.num_layers - config.num_critical
    for i in range(config.num_layers + 1):
        exponent = min(i / first_critical, 1)  # e_i
        growth = (last_cutoff / config.first_cutoff) ** exponent
        cutoff = config.first_cutoff * growth  # f_c[i]
        growth = (last_stopband / config.first_stopband) ** exponent
        stopband = config.first_stopband * growth  # f_t[i]
        rate = 2 ** math.ceil(math.log2(min(2 * stopband, image_size)))  # s[i]
        half_width = max(stopband, rate / 2) - cutoff  # f_h[i]
        yield cutoff, half_width, rate, i >= first_critical


def _rigid(image_size, config):
    """(f_c, f_h, s, critical) of signals 0 .. N."""
    num_layers = 2 * int(math.log2(image_size)) - 3
    for i in range(num_layers + 1):
        rate = min(2 ** ((i + 1) // 2 + 2), image_size)
        half_width = (math.sqrt(2) - 1) * rate / 2
        critical = (
            config.num_critical is None or i >= num_layers - config.num_critical
        )
        cutoff = rate / 2 if critical else rate / 2 - half_width
        yield cutoff, half_width, rate, critical


def _signals(bands, image_size, margin, channel_base, channel_max):
    bands = list(bands)
    for i, (cutoff, half_width, rate, critical) in enumerate(bands):
        # The margin is cropped before colours are made.
        cropped = i >= len(bands) - 2
        yield _Signal(
            cutoff,
            half_width,
            rate,
            size=image_size if cropped else rate + 2 * margin,
            channels=max(
                1, int(np.rint(min(channel_base / 2 / cutoff, channel_max)))
            ),
            critical=critical,
        )


def _layers(signals, config, image_size, image_channels):
    *signals, last = signals
    source = signals[0]
    for i, target in enumerate(signals):
        yield _layer(f"L{i}", source, target, config, image_size)
        source = target
        following = signals[i + 1 : i + 2]
        if (
            config.output_skips
            and following
            and following[0].rate > target.rate
        ):
            colours = dataclasses.replace(target, channels=image_channels)
            yield _colours(f"RGB{i}", target, colours, config, image_size)
    last = dataclasses.replace(last, channels=image_channels)
    yield _colours(f"L{len(signals)}", source, last, config, image_size)


def _layer(prefix, source, target, config, image_size):
    temporary = max(source.rate, target.rate) * config.nonlinearity_upsampling
    up, down = temporary // source.rate, temporary // target.rate
    kaiser = config.filter_size is not None
    up_taps, down_taps = (
        1 if factor == 1 else factor * config.filter_size if kaiser else 4
        for factor in (up, down)
    )
    kernel_size = config.kernel_size
    # All of the convolution that the margin gives, or the same size.
    kernel_padding = kernel_size - 1 if config.margin else kernel_size // 2
    convolved = source.size + 2 * kernel_padding - (kernel_size - 1)
    return LayerSpecification(
        name=f"{prefix}_{target.size}_{target.channels}",
        **_ends(source, target),
        temporary_rate=temporary,
        up=up,
        down=down,
        up_taps=up_taps,
        down_taps=down_taps,
        padding=_padding(convolved, target.size, up, down, up_taps, down_taps),
        kernel_size=kernel_size,
        kernel_padding=kernel_padding,
        critical=target.critical,
        makes_colours=False,
        kaiser=kaiser,
        radial=config.radial and not target.critical,
        half_precision=_half_precision(target.rate, image_size),
    )


def _colours(prefix, source, target, config, image_size):
    return LayerSpecification(
        name=f"{prefix}_{target.size}_{target.channels}",
        **_ends(source, target),
        temporary_rate=target.rate,
        up=1,
        down=1,
        up_taps=1,
        down_taps=1,
        padding=(0, 0),
        kernel_size=1,
        kernel_padding=0,
        critical=target.critical,
        makes_colours=True,
        kaiser=config.filter_size is not None,
        radial=False,
        half_precision=_half_precision(target.rate, image_size),
    )


def _ends(source, target):
    return {
        "in_channels": source.channels,
        "out_channels": target.channels,
        "in_size": source.size,
        "out_size": target.size,
        "in_rate": source.rate,
        "out_rate": target.rate,
        "in_cutoff": source.cutoff,
        "out_cutoff": target.cutoff,
        "in_half_width": source.half_width,
        "out_half_width": target.half_width,
    }


def _padding(in_size, out_size, up, down, up_taps, down_taps):
    """(low, high) that give `out_size` pixels, centred on the canvas.

    Even numbers of taps shift by half a pixel, which the asymmetry undoes.
    """
    total = (out_size - 1) * down + 1 - in_size * up + up_taps + down_taps - 2
    low = (total + up) // 2
    return low, total - low


def _half_precision(rate, image_size):
    """Whether the layer is among those of the four highest rates."""
    return rate * 2**4 > image_size


def table(specifications: list[LayerSpecification]) -> str:
    """The layers as text, a line each, for people.

    Args:
        specifications: What `schedule` gave.

    Returns:
        A table: channels, sizes, sampling rates (before, at and after the
        nonlinearity), cutoffs f_c, half widths f_h, factors, padding, kernel
        size.

    Example:
    >>> print(table(schedule(256, "T", channel_base=16384)))
    """
    rows = [
        (
            "layer",
            "channels",
            "size",
            "s",
            "f_c",
            "f_h",
            "up/down",
            "padding",
            "kernel",
            "",
        )
    ]
    for layer in specifications:
        notes = {
            "critical": layer.critical,
            "radial": layer.radial,
            "float16": layer.half_precision,
        }
        rows.append(
            (
                layer.name,
                f"{layer.in_channels} -> {layer.out_channels}",
                f"{layer.in_size} -> {layer.out_size}",
                f"{layer.in_rate}/{layer.temporary_rate}/{layer.out_rate}",
                f"{layer.in_cutoff:.2f} -> {layer.out_cutoff:.2f}",
                f"{layer.in_half_width:.2f} -> {layer.out_half_width:.2f}",
                f"{layer.up}/{layer.down}",
                "{}, {}".format(*layer.padding),
                f"{layer.kernel_size}x{layer.kernel_size}",
                " ".join(note for note, holds in notes.items() if holds),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
