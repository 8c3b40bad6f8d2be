"""StyleGAN3's ablation: its configurations B to H, T and R, untrained.

    python -m recipes.paper.alias_free_ablation
    python -m recipes.paper.alias_free_ablation B T R --image-size 32 --seeds 2

From StyleGAN2 (B) to StyleGAN3 (T, R); the ablation of spectral regularization
is `recipes.paper.remedies`. Equivariance comes from the architecture and shows
before any training. Each configuration is built with the weights of a few
seeds, its averaged magnitudes are computed from one batch, and EQ-T, EQ-T_frac,
EQ-R and exact quarter turns are measured, next to the paper's values after
training. It writes

- `alias_free_ablation.md`, the printed table: mean and standard deviation over
  the seeds, in dB; in brackets relative to the variance of the images, because
  images of untrained generators have low contrast, which flatters the absolute
  values;
- `alias_free_ablation.json`: the metrics of each seed, and the paper's;
- `alias_free_ablation.png`: the same as a plot.

Before training, C equals B, because the strength of the noise starts at 0, and
H is G with other random weights, because learned transforms start as the
identity. From G on the values exceed the paper's: images of untrained
generators have almost no fine detail, which is where the layers at the full
sampling rate still alias.

It takes about three minutes on one idle CPU core, most of it for compiling.

Reference:
    Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
    arXiv:2106.12423, Figure 3.
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.paper.alias_free_generators import equivariance
from recipes.paper.alias_free_generators import generator_of
from specgan.cli.terminal import positive
from specgan.metrics.equivariance import ratio_in_decibels
from specgan.models.alias_free import configs
from specgan.models.alias_free.random_styles import styles_of

NAME = "alias_free_ablation"

METRICS = {
    "eq_t": "EQ-T",
    "eq_t_frac": "EQ-T_frac",
    "eq_r": "EQ-R",
    "quarter_turns": "quarter turns",
}

PAPER = {
    "B": {"eq_t": 16.23, "eq_t_frac": 16.28, "eq_r": 10.81},
    "C": {"eq_t": 15.81, "eq_t_frac": 15.84, "eq_r": 10.84},
    "D": {"eq_t": 19.47, "eq_t_frac": 19.57, "eq_r": 10.41},
    "E": {"eq_t": 24.62, "eq_t_frac": 24.70, "eq_r": 10.97},
    "F": {"eq_t": 30.60, "eq_t_frac": 30.68, "eq_r": 10.81},
    "G": {"eq_t": 43.90, "eq_t_frac": 42.24, "eq_r": 10.84},
    "H": {"eq_t": 45.20, "eq_t_frac": 42.78, "eq_r": 10.61},
    "T": {"eq_t": 63.01, "eq_t_frac": 46.40, "eq_r": 13.12},
    "R": {"eq_t": 66.65, "eq_t_frac": 45.92, "eq_r": 40.48},
}
"""Of 256 pixels, trained on 25 million images of FFHQ-U, over 50,000 images."""


def main(
    *configurations,
    image_size: positive = 64,
    channel_max: positive = 32,
    seeds: positive = 4,
    number: positive = 16,
    out=NAME,
):
    """Measure, print the table and write it."""
    settings = dict(locals())
    letters = [
        configs.get(letter).name for letter in configurations or configs.CONFIGS
    ]
    if len(set(letters)) < len(letters):
        raise ValueError(
            "Each configuration is measured once. Expected different ones. "
            f"Received: {', '.join(letters)}."
        )
    measured = {letter: [] for letter in letters}
    for letter in letters:
        for seed in range(seeds):
            generator = generator_of(letter, image_size, channel_max, seed)
            result = metrics_of(generator, number, seed)
            measured[letter].append(result)
            print(f"{letter}, seed {seed}:", result, file=sys.stderr)
    record = {"settings": settings, "measured": measured, "paper": PAPER}
    figures = {f"{NAME}.png": figure_of(measured)}
    print(page.write(out, NAME, record, table(measured), figures))
    print(f"Written: {out}/.")


def metrics_of(generator, number=16, seed=0):
    """The metrics of a generator in dB, absolute and relative.

    Args:
        generator: `AliasFreeGenerator`.
        number: Images for each; 8 at most for quarter turns.
        seed: Of latents and transforms.

    Returns:
        Dictionary of `METRICS` and floats; `_relative` appended, to the
        images' variance.
    """
    results = equivariance(generator, number, seed)
    images = generator.synthesis(styles_of(generator, 8, seed))
    contrast = ratio_in_decibels(4, np.var(images, dtype=np.float64))
    relative = round(results["quarter_turns"] - contrast, 1)
    return {**results, "quarter_turns_relative": relative}


def table(measured):
    """The lines of a table in Markdown.

    Args:
        measured: Dictionary of letters and lists of `metrics_of`, one a seed.
    """
    titles = ["", "what changes"]
    for measure, title in METRICS.items():
        titles.append(title)
        if measure in PAPER["B"]:
            titles.append("paper, trained")
    yield _row(titles)
    yield _row(["---"] * 2 + ["---:"] * (len(titles) - 2))
    for letter, results in measured.items():
        cells = [f"**{letter}**", configs.get(letter).description]
        for measure in METRICS:
            mean, deviation = _statistics(results, measure)
            relative, _ = _statistics(results, f"{measure}_relative")
            cells.append(f"{mean:.1f} ± {deviation:.1f} ({round(relative)})")
            if measure in PAPER[letter]:
                cells.append(f"{PAPER[letter][measure]:.1f}")
        yield _row(cells)


def _row(cells):
    return f"| {' | '.join(cells)} |"


def _statistics(results, measure):
    """Mean and standard deviation over the seeds; 0 for one seed alone."""
    values = [result[measure] for result in results]
    return np.mean(values), np.std(values, ddof=min(1, len(values) - 1))


def figure_of(measured):
    """A panel for each measure, with the paper's values as crosses.

    Args:
        measured: As for `table`.

    Returns:
        A `Figure`.
    """
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    axes = figure.subplots(1, len(METRICS))
    letters = list(measured)
    for ax, (measure, title) in zip(axes, METRICS.items(), strict=True):
        for suffix, colour, label in (
            ("_relative", "silver", "relative to the variance"),
            ("", "tab:blue", "untrained"),
        ):
            mean, deviation = np.transpose(
                [
                    _statistics(results, measure + suffix)
                    for results in measured.values()
                ]
            )
            ax.errorbar(
                letters, mean, deviation, fmt="o-", color=colour, label=label
            )
        if measure in PAPER["B"]:
            values = [PAPER[letter][measure] for letter in letters]
            ax.plot(letters, values, "kx--")
        ax.set_title(title)
        ax.grid(axis="y", alpha=0.3)
    axes[0].set_ylabel("dB")
    axes[-1].plot([], [], "kx--", label="paper, trained")
    axes[-1].legend(loc="upper left")
    return figure


if __name__ == "__main__":
    sys.exit(page.run(main))
