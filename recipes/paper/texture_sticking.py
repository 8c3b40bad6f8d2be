"""Texture sticking: what moves with the image, and what stays in place.

    python -m recipes.paper.texture_sticking B T R --out sticking
    python -m recipes.paper.texture_sticking aliased=runs/b free=runs/t

Each generator is a run, or the letter of an untrained configuration, whose
images show nothing but still move or stick. It generates the same image in
many positions, and the page writes

- `average.png`, a row for each generator: an image; the average over small
  moves of the generator's input; the average over the same moves of the image
  itself, which is the ideal; four times the difference of both (what sticks
  stays sharp); and one row of pixels over a move to the right, from top to
  bottom: a slanted stripe moves, an upright one sticks.
- `strip.png`: the image while it moves from left to right, and while it turns.
- `moves.webp`: the same as a video, first in a circle, then turning.

All have one contrast: mean grey, a standard deviation of 0.4 in [-1, 1].

Equivariance is printed. Each untrained generator of 64 pixels takes about a
minute on two CPU cores.

Reference:
    Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
    arXiv:2106.12423, Figure 1.
"""

import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.paper.alias_free_generators import equivariance
from recipes.paper.alias_free_generators import generator_of
from recipes.paper.alias_free_generators import synthesized
from specgan import plots
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import written_whole
from specgan.metrics.rotation_equivariance import rotations
from specgan.metrics.translation_equivariance import translations
from specgan.models.alias_free.random_styles import styles_of
from specgan.signal import to_uint8
from specgan.signal.translation import translate_fractionally

MOVES = 64
"""Number of small moves in an average."""

REACH = 1 / 16
"""Largest move along each axis, as a share of the canvas."""

CONTRAST = 0.4

COLUMNS = (
    "picture",
    "average of moves",
    "as it should be",
    "difference x 4",
    "a row over a move",
)


def main(
    *generators, image_size: positive = 64, truncation=1.0, seed: seed = 0,
    out="sticking",
):  # fmt: skip
    """Write the pictures, and print the equivariances."""
    out = pathlib.Path(out)
    sources = {}
    for text in generators or ("B", "T", "R"):
        name, _, source = text.rpartition("=")
        name = name or source
        if name in sources:
            raise ValueError(
                "Generators need different names. Received: "
                f"{name} twice. Name one: other={source}."
            )
        sources[name] = source
    made = {
        name: generator_of(source, image_size)
        for name, source in sources.items()
    }
    figures, strips, videos = {}, [], []
    for name, generator in made.items():
        styles = styles_of(generator, 1, seed, truncation)
        figures[name] = averages(generator, styles, seed)
        strips.append(strip(generator, styles))
        videos.append(video(generator, styles))
        print(name, equivariance(generator), flush=True)
    plots.save(plots.to_pixels(figure_of(figures)), out / "average.png")
    plots.save(np.concatenate(strips), out / "strip.png")
    _save_video(np.concatenate(videos, axis=2), out / "moves.webp")
    print(f"Written: {out}/average.png, strip.png and moves.webp.")


def averages(generator, styles, seed=0):
    """What `figure_of` shows of one generator, `styles` of one picture.

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
    # Near the border the moved image lacks what comes in.
    drawn, moved = _shown(drawn, image), _shown(moved, image)
    border = int(np.ceil(REACH * size)) + 3
    inside = (slice(border, size - border),) * 2
    steps = np.linspace(-1 / 8, 1 / 8, size) * size
    steps = np.stack([steps, np.zeros(size)], axis=1)
    rows = synthesized(generator, styles, translations(steps, size, size))
    shown = (
        _shown(image[0], image)[inside],
        drawn[inside],
        moved[inside],
        4 * (drawn - moved)[inside],
        _shown(rows[:, size // 2], image),
    )
    return dict(zip(COLUMNS, shown, strict=True))


def figure_of(figures):
    """A `Figure` of what `averages` gives by name, a row each."""
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
    """Images at the contrast of the reference."""
    return (images - np.mean(reference)) * (CONTRAST / np.std(reference))


def _save_video(frames, path):
    frames = frames[..., 0] if frames.shape[-1] == 1 else frames
    first, *others = map(Image.fromarray, frames)
    with written_whole(path) as temporary:
        first.save(
            temporary, save_all=True, append_images=others, duration=40,
            loop=0, quality=90,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(page.run(main))
