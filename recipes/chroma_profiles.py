"""What filters leave of real images' chroma: the choice of `chroma="half"`.

    python -m recipes.chroma_profiles faces/ photos --out chroma.png

Real images through chroma of less resolution and back, against the same images
as they are, in the mean ring power of (R - Y, B - Y) with the Hann window:
what the last layer of a generator does to an image that was right before it.
Printed are, for each set and filter, the difference in dB in four bands of
frequency, its root mean square over all rings, and that of the pixels in
levels of 8 bits. The filters:

```
inverse     the default: undoes the triangle filter that enlarges
projection  the nearest of all images with half-size chroma, least squares
box         the mean of 2 x 2 pixels, as JPEG encoders take it
point       every second pixel
triangle    the triangle filter before, too
low-pass    `ChromaLowPass2D`: the default's mean over the grid's positions
quarter     the box of 4 x 4 pixels, chroma of a quarter of the resolution
```
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan import data
from specgan import plots
from specgan.cli.terminal import positive
from specgan.signal import chroma
from specgan.signal import chroma_cutoff
from specgan.signal import from_uint8
from specgan.signal import spectrum

BANDS = [(0, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 3 / 8), (3 / 8, 1 / 2)]


def enlargement(size, factor):
    """The triangle filter as a matrix `[size, size / factor]`."""
    samples = np.arange(size // factor)
    places = (np.arange(size) + 0.5) / factor - 0.5
    places = np.clip(places, 0, samples[-1])  # The border is repeated.
    return np.maximum(0, 1 - np.abs(places[:, None] - samples))


def convolution(size, taps, stride=2):
    """Every `stride`-th sample of a filter, `[size / stride, size]`."""
    matrix = np.zeros([size // stride, size])
    for i, row in enumerate(matrix):
        for k, tap in enumerate(taps, start=-((len(taps) - 1) // 2)):
            row[np.clip(stride * i + k, 0, size - 1)] += tap
    return matrix


def filters(size):
    """Names and matrices `[size, size]` of what is done along both axes."""
    half, quarter = enlargement(size, 2), enlargement(size, 4)
    inner, outer = chroma.PREFILTERS["inverse"]
    return {
        "inverse": half @ convolution(size, [outer, inner, inner, outer]),
        "projection": half @ np.linalg.pinv(half),
        "box": half @ convolution(size, [1 / 2, 1 / 2]),
        "point": half @ convolution(size, [1]),
        "triangle": half @ convolution(size, [1 / 8, 3 / 8, 3 / 8, 1 / 8]),
        "low-pass": convolution(size, chroma.HALF_BAND, stride=1),
        "quarter": quarter @ np.kron(np.eye(size // 4), np.full([1, 4], 1 / 4)),
    }


def filtered(images, matrix):
    """Images with their chroma filtered along both axes, in 8 bits again."""
    luma = spectrum.luminance(images).numpy()[..., None]
    differences = images - luma
    differences = np.einsum("ij,bjkc->bikc", matrix, differences, optimize=True)
    differences = np.einsum("ij,bkjc->bkic", matrix, differences, optimize=True)
    levels = np.rint((np.clip(luma + differences, -1, 1) + 1) * 127.5)
    return (levels / 127.5 - 1).astype(np.float32)


def profile(images):
    """Mean ring power of (R - Y, B - Y) in dB, rings from 1."""
    planes = np.moveaxis(images @ chroma.DIFFERENCES.T, -1, 0)
    planes = np.concatenate(planes)[..., None].astype(np.float32)
    planes -= planes.mean(axis=(1, 2), keepdims=True)
    power = spectrum.azimuthal_integral(planes, "hann").numpy()
    return spectrum.decibels(power.mean(axis=0))[1:-1].numpy()


def print_table(frequencies, before, results):
    """A line a filter: mean difference of each band, of all rings, levels."""
    for name, (after, rms) in results.items():
        difference = after - before
        errors = [
            np.mean(difference[(frequencies > low) & (frequencies <= high)])
            for low, high in BANDS
        ]
        errors.append(np.sqrt(np.mean(difference**2)))
        numbers = "".join(f"{error:>13.1f}" for error in errors)
        print(f"  {name:<12}{numbers}{rms:>13.2f}")


def draw(ax, frequencies, before, results):
    """The profiles of one set of images."""
    ax.plot(frequencies, before, color="black", linewidth=3, label="as is")
    styles = [(dash, c) for dash in "-:" for c in plots.COLOURS[1:]]
    for (name, (after, _)), (dash, colour) in zip(
        results.items(), styles, strict=False
    ):
        ax.plot(frequencies, after, dash, color=colour, label=name)
    ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    ax.set_ylabel("mean ring power of chroma (dB)")
    ax.grid(alpha=0.25)
    ax.legend(fontsize="small")


def main(
    *sources, out="chroma.png", image_size: positive = 64,
    data_dir: str = None, num: positive = 1000,
):  # fmt: skip
    """Print the table and write the picture."""
    size = image_size
    if not sources:
        raise ValueError("Chroma is that of images. Received: no sources.")
    if size % 4:
        raise ValueError(
            "Chroma of a quarter of the resolution needs a multiple of 4 "
            f"pixels. Received: --image-size {size}."
        )
    count = len(sources)
    figure = Figure(figsize=(5.5 * count, 4.2), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    heads = [f"{low:.3f}-{high:.3f}" for low, high in BANDS] + ["rms", "levels"]
    print(f"{'dB':<14}" + "".join(f"{head:>13}" for head in heads))
    for ax, source in zip(axes, sources, strict=True):
        images = data.load_array(
            source,
            image_size=size,
            crop=None if source == "photos" else size,
            data_dir=data_dir,
            limit=num,
        )
        images = from_uint8(images).numpy()
        print(f"{source}: no chroma above {chroma_cutoff(images[:256])}")
        results = {}
        for name, matrix in filters(size).items():
            after = filtered(images, matrix)
            rms = np.sqrt(np.mean((after - images) ** 2)) * 127.5
            results[name] = profile(after), rms
        measured = (
            spectrum.ring_frequencies(size, size)[1:],
            profile(images),
            results,
        )
        print_table(*measured)
        draw(ax, *measured)
        ax.set_title(source)
    plots.save(plots.to_pixels(figure), out)
    print(f"Written: {out}.")


if __name__ == "__main__":
    sys.exit(page.run(main))
