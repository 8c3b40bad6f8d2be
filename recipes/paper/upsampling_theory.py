"""Section 2.3 in pictures: what up-sampling by two does to a spectrum.

    python -m recipes.paper.upsampling_theory --out upsampling_theory

A row of pixels and a picture are brought down by two, then up again by zero
insertion ("bed of nails") and by interpolation. The spectrum after zero
insertion is the old one twice: the upper half is a replica. Interpolation
multiplies both copies by a fixed response, which weakens the replica and the
finest of what was right. The paper's formulas are evaluated beside the
corrected ones of `specgan.signal.responses`, on the same row. It writes

- `upsampling_theory.json` and `.md`: how far each formula is from the discrete
  Fourier transform of the up-sampled row, relative to its largest value;
- `row.png` and `picture.png`.

Reference:
- Durall et al., 2020, Section 2.3, Eq. 3 to 9
  (https://arxiv.org/abs/2003.01826)
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan import data
from specgan.cli.terminal import positive
from specgan.plots.style import COLOURS
from specgan.signal import responses

NAME = "upsampling_theory"

SHOWN = ("zero_insertion", "nearest", "aligned_bilinear", "kaiser")
"""What the pictures show; "aligned_bilinear" is the paper's b_j, a mean of two
neighbours."""


def main(image_size: positive = 128, out=NAME):
    """Evaluate the formulas, print the table, draw the pictures."""
    print(write(image_size, out))


def write(image_size, out):
    """Write all files of the page; see above.

    Returns:
        The table, a string.
    """
    if image_size % 2 or image_size < 4:
        raise ValueError(
            "Pictures are halved, and their spectra compared. Expected an even "
            f"size of at least 4. Received: --image-size {image_size}."
        )
    picture = picture_of(image_size)
    row = row_of(picture)
    record = {"image_size": image_size, "residuals": residuals(row)}
    figures = {
        "row.png": row_figure(row),
        "picture.png": picture_figure(picture),
    }
    return page.write(out, NAME, record, table(record), figures)


def picture_of(image_size):
    """One of scikit-learn's photographs: grey, in [-1, 1], mean 0."""
    patches = data.load_array("photos", image_size=image_size, channels=1)
    # The one with most detail, which up-sampling changes most.
    detail = [
        np.abs(np.diff(patch.astype(int), axis=0)).mean() for patch in patches
    ]
    patch = patches[int(np.argmax(detail))][..., 0] / 127.5 - 1
    return patch - patch.mean()


def row_of(picture):
    """The middle row, brought down by two; mean 0."""
    row = picture[len(picture) // 2].reshape(-1, 2).mean(axis=1)
    return row - row.mean()


def down(picture):
    """The mean of 2 x 2 pixels."""
    half = picture.shape[0] // 2
    return picture.reshape(half, 2, half, 2).mean(axis=(1, 3))


def up(signal, name):
    """A periodic signal up-sampled by two along each axis, pixel by pixel.

    Formula: `b[m] = sum_t taps[t] u[m - t + origin]`, u with zeros inserted.
    """
    kernel = responses.get(name)
    for axis in range(signal.ndim):
        shape = list(signal.shape)
        shape[axis] *= 2
        inserted = np.zeros(shape)
        index = [slice(None)] * signal.ndim
        index[axis] = slice(None, None, 2)
        inserted[tuple(index)] = signal
        signal = sum(
            tap * np.roll(inserted, number - kernel.origin, axis)
            for number, tap in enumerate(kernel.taps)
        )
    return signal


# === The formulas ===


def residuals(row):
    """How far formulas are from the spectrum that they should give.

    Args:
        row: `[N]` values.

    Returns:
        {what is claimed: [largest absolute error of the paper's formula, of
        the corrected one]}, relative to the spectrum's largest value.
    """
    size = len(row)
    k = np.arange(2 * size)
    j = np.arange(size)[:, None]
    copy = np.fft.fft(row)[k % size]
    f = np.fft.fftfreq(2 * size)

    def transform(even, odd, odd_phase):
        phase = -2j * np.pi * k / (2 * size)
        return even @ np.exp(phase * 2 * j) + odd @ np.exp(phase * odd_phase)

    neighbour = (row + np.roll(row, -1)) / 2
    before = (np.roll(row, 1) + row) / 2
    linear = np.fft.fft(up(row, "aligned_bilinear"))
    cases = {
        "Eq. 5, linear interpolation: transform of the even and odd samples": (
            linear,
            transform(row, before, 2 * (j + 1)),
            transform(row, neighbour, 2 * j + 1),
        ),
        "Eq. 8 and 9, zero insertion: the spectrum repeats": (
            np.fft.fft(up(row, "zero_insertion")),
            copy / 2,
            copy,
        ),
        "Linear interpolation is the replica times a sinc": (
            np.abs(linear),
            np.abs(copy) * 2 * np.abs(np.sinc(2 * f)),
            np.abs(copy) * 2 * np.cos(np.pi * f) ** 2,
        ),
        "The same with a squared sinc, the transform of a triangle": (
            np.abs(linear),
            np.abs(copy) * 2 * np.sinc(2 * f) ** 2,
            np.abs(copy) * 2 * np.cos(np.pi * f) ** 2,
        ),
        "Nearest neighbour: the replica times a cosine": (
            np.abs(np.fft.fft(up(row, "nearest"))),
            None,
            np.abs(copy) * 2 * np.abs(np.cos(np.pi * f)),
        ),
    }
    return {
        claim: [
            None
            if formula is None
            else float(np.abs(formula - truth).max() / np.abs(truth).max())
            for formula in formulas
        ]
        for claim, (truth, *formulas) in cases.items()
    }


CORRECTIONS = (
    "phase of 2j + 1, and the mean of a_j and a_j+1",
    "without the factor 1/2",
    "2 cos²(pi f) in its place, f in cycles per pixel",
    "as above; pixels are no continuous triangle",
    "2 cos(pi f); not in the paper",
)


def table(record):
    """Lines of Markdown: what the paper's formulas leave, and corrected."""
    yield "| formula | as printed | correction | corrected |"
    yield "|---|---:|---|---:|"
    for (claim, (printed, corrected)), correction in zip(
        record["residuals"].items(), CORRECTIONS, strict=True
    ):
        printed = "" if printed is None else f"{100 * printed:.1f} %"
        yield f"| {claim} | {printed} | {correction} | {corrected:.0e} |"


# === The pictures ===


def row_figure(row):
    """A column for each interpolation: some pixels above, spectra below."""
    figure = Figure(figsize=(15, 6.5), layout="constrained")
    grid = figure.subplots(2, len(SHOWN), sharey="row")
    shown = 2 * min(12, len(row))
    frequencies = np.arange(len(row) + 1) / (2 * len(row))
    for (above, below), name in zip(grid.T, SHOWN, strict=True):
        result = up(row, name)
        above.stem(
            np.arange(shown), result[:shown], linefmt="0.7", basefmt="0.7",
            markerfmt="o",
        )  # fmt: skip
        above.plot(
            np.arange(0, shown, 2), row[: shown // 2], "x", color=COLOURS[1],
            label="the row before",
        )  # fmt: skip
        above.set_title(name.replace("_", " "))
        above.set_xlabel("pixel")
        copy = responses.replicated_spectrum(np.fft.fft(row))
        predicted = responses.predicted_spectrum(np.fft.fft(row), name)
        for spectrum, look in (
            (copy, {"color": "0.75", "label": "the row's spectrum, twice"}),
            (predicted, {"color": COLOURS[1], "label": "predicted"}),
            (
                np.fft.fft(result),
                {
                    "color": "black",
                    "label": "measured",
                    "linestyle": "",
                    "marker": ".",
                },
            ),
        ):
            below.plot(frequencies, levels(spectrum)[: len(row) + 1], **look)
        below.axvspan(0.25, 0.5, color="black", alpha=0.05, linewidth=0)
        below.set_xlabel("frequency (cycles per pixel)")
        below.set_xlim(0, 0.5)
        below.grid(alpha=0.25)
    grid[0, 0].set_ylabel("value")
    grid[0, 0].legend(fontsize="small")
    grid[1, 0].set_ylabel("power (dB); shaded: the replica")
    grid[1, 0].set_ylim(-40, None)
    grid[1, 0].legend(fontsize="small", loc="lower left")
    return figure


def levels(spectrum):
    """Power in dB, not below -60."""
    return 10 * np.log10(np.abs(spectrum) ** 2 + 1e-6)


def picture_figure(picture):
    """The picture and what becomes of it; 2-D and 1-D spectra below."""
    small = down(picture)
    shown = {"original": picture} | {
        name.replace("_", " "): up(small, name) for name in SHOWN[1:]
    }
    # As bright as the others: three of four pixels are 0.
    shown["zero insertion, x 4"] = 4 * up(small, SHOWN[0])
    spectra = {
        name: levels(np.fft.fftshift(np.fft.fft2(one)) / len(one))
        for name, one in shown.items()
    }
    high = max(np.percentile(one, 99.9) for one in spectra.values())
    figure = Figure(figsize=(15, 10.5), layout="constrained")
    grid = figure.add_gridspec(3, len(shown), height_ratios=[1, 1, 1.15])
    for column, (name, one) in enumerate(shown.items()):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(one, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
        axes.set_title(name)
        axes.set_axis_off()
        axes = figure.add_subplot(grid[1, column])
        axes.imshow(
            spectra[name], cmap="magma", vmin=high - 70, vmax=high,
            extent=(-0.5, 0.5, 0.5, -0.5), interpolation="nearest",
        )  # fmt: skip
        axes.set_xticks([-0.5, -0.25, 0, 0.25, 0.5])
        axes.set_yticks([-0.5, 0, 0.5])
        axes.set_xlabel("cycles per pixel")
    axes = figure.add_subplot(grid[2, :])
    for (name, one), colour in zip(shown.items(), COLOURS, strict=False):
        frequencies, means = ring_means(one)
        axes.plot(
            frequencies, means, color=colour, label=name,
            linewidth=3 if name == "original" else 1.5,
        )  # fmt: skip
    axes.axvspan(0.25, 0.5, color="black", alpha=0.05, linewidth=0)
    axes.set_xlim(0, 0.5)
    axes.set_xlabel("frequency (cycles per pixel); shaded: what was lost")
    axes.set_ylabel("mean ring power (dB)")
    axes.grid(alpha=0.25)
    axes.legend()
    return figure


def ring_means(picture):
    """(frequencies, levels in dB) of the rings of a square picture."""
    size = len(picture)
    index = np.rint(
        np.hypot(*np.meshgrid(*[np.fft.fftfreq(size, 1 / size)] * 2))
    )
    power = np.abs(np.fft.fft2(picture) / size) ** 2
    sums = np.bincount(index.astype(int).ravel(), power.ravel())
    counts = np.bincount(index.astype(int).ravel())
    rings = np.arange(1, size // 2 + 1)
    return rings / size, 10 * np.log10((sums / counts)[rings] + 1e-6)


if __name__ == "__main__":
    sys.exit(page.run(main))
