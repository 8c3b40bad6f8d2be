"""Texture sticking: what moves with the picture, and what stays in place.

    python -m recipes.paper.texture_sticking B T R --out sticking
    python -m recipes.paper.texture_sticking aliased=runs/b free=runs/t

Each generator is a run, or the letter of a configuration: one without
training, whose pictures mean nothing and yet move, or stick. It is told to
draw the same picture in many places, and written are

- `average.png`, a row for each generator: a picture; the average over small
  moves of its input; the average over the same moves of the picture itself,
  which is what it should be; four times the difference of both (what sticks
  does not blur); and a row of pixels over a move to the right, from above
  downwards: a slanted stripe moves, an upright one sticks.
- `strip.png`: the picture on its way from the left to the right, and while it
  turns once.
- `moves.webp`: the same as a video, in a circle and then turning.

All are at one contrast: mean grey, a standard deviation of 0.4 in [-1, 1].

The equivariances are printed beside. The pictures take about a minute for each
untrained generator of 64 pixels on two CPU cores.

Reference:
    Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
    arXiv:2106.12423, Figure 1.
"""

import argparse
import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes.paper.alias_free_generators import generator_of
from recipes.paper.alias_free_generators import styles_of
from specgan import metrics
from specgan import plots
from specgan.cli.terminal import Parser
from specgan.cli.terminal import positive
from specgan.cli.terminal import run
from specgan.cli.terminal import seed
from specgan.files import written_whole
from specgan.metrics.rotation_equivariance import rotations
from specgan.metrics.translation_equivariance import translations
from specgan.signal import to_uint8
from specgan.signal.translation import translate_fractionally

BATCH = 8
MOVES = 64
"""Over how many small moves is averaged."""

REACH = 1 / 16
"""How far they go at most along each axis, of the canvas."""

CONTRAST = 0.4

COLUMNS = (
    "picture",
    "average of moves",
    "as it should be",
    "difference x 4",
    "a row over a move",
)


def main(arguments=None):
    """Draw as the command line says. See `terminal.run`."""
    return run(_parser(), draw, arguments)


def draw(settings):
    """Write the pictures, and print the equivariances."""
    out = pathlib.Path(settings.out)
    sources = {}
    for text in settings.generators:
        name, _, source = text.rpartition("=")
        name = name or source
        if name in sources:
            raise ValueError(
                "Generators are told apart by their names. Expected different "
                f"ones. Received: {name} twice. Name one: other={source}."
            )
        sources[name] = source
    generators = {
        name: generator_of(source, settings.image_size)
        for name, source in sources.items()
    }
    figures, strips, videos = {}, [], []
    for name, generator in generators.items():
        styles = styles_of(generator, 1, settings.seed, settings.truncation)
        figures[name] = averages(generator, styles, settings.seed)
        strips.append(strip(generator, styles))
        videos.append(video(generator, styles))
        print(name, equivariance(generator), flush=True)
    plots.save(plots.to_pixels(figure_of(figures)), out / "average.png")
    plots.save(np.concatenate(strips), out / "strip.png")
    _save_video(np.concatenate(videos, axis=2), out / "moves.webp")
    print(f"Written: {out}/average.png, strip.png and moves.webp.")


def _parser():
    parser = Parser(
        prog="python -m recipes.paper.texture_sticking",
        description=__doc__.split("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "generators",
        nargs="*",
        default=["B", "T", "R"],
        metavar="[NAME=]RUN_OR_CONFIGURATION",
        help="a run's folder, or the letter of a configuration, untrained",
    )
    parser.add_argument("--out", default="sticking", help="folder")
    parser.add_argument(
        "--seed", type=seed, default=0, help="of the latent and the moves"
    )
    parser.add_argument(
        "--truncation", type=float, default=1.0,
        help="how far styles go from their average: 1 all the way",
    )  # fmt: skip
    parser.add_argument(
        "--image-size", type=positive, default=64,
        help="height and width of untrained generators, a power of two from 16",
    )  # fmt: skip
    return parser


def averages(generator, styles, seed=0):
    """What `figure_of` shows of one generator.

    Args:
        generator: `AliasFreeGenerator`.
        styles: Of one picture.
        seed: Of the moves.

    Returns:
        Dictionary of the `COLUMNS` and images `[height, width, channels]`.
    """
    size = generator.image_size
    moves = np.random.default_rng(seed).uniform(-REACH, REACH, [MOVES, 2])
    moves *= size
    drawn = synthesized(generator, styles, translations(moves, size, size))
    image = synthesized(generator, styles, np.eye(3)[None])
    moved, _ = translate_fractionally(np.repeat(image, MOVES, axis=0), moves)
    drawn, moved = np.mean(drawn, axis=0), np.mean(moved, axis=0)
    # Beyond, the moved picture does not know what comes in.
    drawn, moved = _shown(drawn, image), _shown(moved, image)
    border = int(np.ceil(REACH * size)) + 3
    inside = (slice(border, size - border),) * 2
    steps = np.linspace(-1 / 8, 1 / 8, size) * size
    steps = np.stack([steps, np.zeros(size)], axis=1)
    rows = synthesized(generator, styles, translations(steps, size, size))
    return dict(
        zip(
            COLUMNS,
            (
                _shown(image[0], image)[inside],
                drawn[inside],
                moved[inside],
                4 * (drawn - moved)[inside],
                _shown(rows[:, size // 2], image),
            ),
            strict=True,
        )
    )


def figure_of(figures):
    """The pictures of all generators, a row each.

    Args:
        figures: Dictionary of names and what `averages` gives.

    Returns:
        A `Figure`.
    """
    figure = Figure(
        figsize=(2.4 * len(COLUMNS), 2.5 * len(figures)), layout="constrained"
    )
    axes = figure.subplots(len(figures), len(COLUMNS), squeeze=False)
    for ax, title in zip(axes[0], COLUMNS, strict=True):
        ax.set_title(title)
    for row, (name, images) in zip(axes, figures.items(), strict=True):
        row[0].set_ylabel(name)
        for ax, image in zip(row, images.values(), strict=True):
            image = to_uint8(image).numpy()
            image = image[..., 0] if image.shape[-1] == 1 else image
            ax.imshow(image, cmap="gray", vmin=0, vmax=255, aspect="auto")
            ax.set(xticks=[], yticks=[])
    return figure


def strip(generator, styles, number=8):
    """A picture on its way to the right, and below it while it turns once.

    Args:
        generator: `AliasFreeGenerator`.
        styles: Of one picture.
        number: Pictures in a row.

    Returns:
        uint8 `[2 * height, number * width, channels]`.
    """
    size = generator.image_size
    right = np.linspace(-1 / 4, 1 / 4, number) * size
    moves = np.stack([right, np.zeros(number)], axis=1)
    angles = np.linspace(0, 2 * np.pi, number, endpoint=False)
    transforms = [translations(moves, size, size), rotations(angles)]
    images = synthesized(generator, styles, np.concatenate(transforms))
    return plots.image_grid(_shown(images, images), number)


def video(generator, styles, number=48):
    """A picture going around in a circle, then turning once.

    Args:
        generator: `AliasFreeGenerator`.
        styles: Of one picture.
        number: Pictures of each.

    Returns:
        uint8 `[2 * number, height, width, channels]`.
    """
    size = generator.image_size
    angles = np.linspace(0, 2 * np.pi, number, endpoint=False)
    moves = np.stack([np.cos(angles) - 1, np.sin(angles)], axis=1) * size / 8
    transforms = [translations(moves, size, size), rotations(angles)]
    images = synthesized(generator, styles, np.concatenate(transforms))
    return to_uint8(_shown(images, images)).numpy()


def _shown(images, reference):
    """Images at the contrast that some others would have."""
    return (images - np.mean(reference)) * (CONTRAST / np.std(reference))


def synthesized(generator, styles, transforms):
    """Images of one style under many transforms.

    Args:
        generator: `AliasFreeGenerator`.
        styles: `[1, num_styles, style_dim]`.
        transforms: `[number, 3, 3]`.

    Returns:
        float32 NumPy array `[number, height, width, channels]`.
    """
    transforms = np.asarray(transforms, np.float32)
    images = []
    for start in range(0, len(transforms), BATCH):
        # Whole batches, so that the generator is compiled once.
        batch = np.resize(transforms[start : start + BATCH], [BATCH, 3, 3])
        images.append(
            generator.synthesis(np.repeat(styles, BATCH, axis=0), batch)
        )
    return np.concatenate(images)[: len(transforms)]


def equivariance(generator, number=16, seed=0):
    """The measures of a generator, in dB.

    Args:
        generator: `AliasFreeGenerator`.
        number: Images for each; 8 at most for quarter turns.
        seed: Of latents and transforms.

    Returns:
        Dictionary of names and floats, rounded to a tenth.
    """
    styles = styles_of(generator, number, seed)
    results = {}
    for metric in (
        metrics.TranslationEquivariance(seed),
        metrics.FractionalTranslationEquivariance(seed),
        metrics.RotationEquivariance(seed),
    ):
        for start in range(0, number, BATCH):
            metric.measure(generator.synthesis, styles[start : start + BATCH])
        results.update(metric.result())
    results["quarter_turns"] = metrics.quarter_turn_equivariance(
        generator.synthesis, styles[:BATCH]
    )
    return {name: round(value, 1) for name, value in results.items()}


def _save_video(frames, path):
    frames = frames[..., 0] if frames.shape[-1] == 1 else frames
    first, *others = map(Image.fromarray, frames)
    with written_whole(path) as temporary:
        first.save(
            temporary,
            save_all=True,
            append_images=others,
            duration=40,
            loop=0,
            quality=90,
        )


if __name__ == "__main__":
    sys.exit(main())
