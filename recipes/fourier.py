"""Six lectures on spectra and up-sampling, in pictures that are computed.

    python -m recipes.fourier --out docs/results/fourier

Each lecture computes what a theorem says and what comes out, draws both into
a picture, and leaves its figures in `fourier.json`, from which the tables of
docs/guides/fourier.md are made:

```
theorem        a convolution is a product of spectra; borders
filtering      low-pass filters, and why an abrupt one rings
propagator     one kernel applied again and again: diffusion, or blow-up
unpooling      what up-sampling makes of a spectrum: replicas
deconvolution  the transposed convolution beside a real deconvolution
aliasing       what pooling makes of a spectrum: aliases; BlurPool
```

The photograph is one that ships with scikit-learn. Half a minute on one core.
"""

import specgan.cli.suppress_startup_logs  # noqa: F401

# isort: split

import json
import pathlib
import sys

import keras
import numpy as np
import scipy.signal
import scipy.special
import tensorflow as tf
from matplotlib.figure import Figure

from recipes import page
from specgan import data
from specgan import plots
from specgan import signal
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import written_whole
from specgan.layers import BlurPool2D
from specgan.layers import MaxPool2DWithPositions
from specgan.layers import MaxUnpool2D
from specgan.signal import responses

FREQUENCY = "frequency (cycles per pixel)"
TRANSITIONS = ("ideal", "butterworth", "hann", "gaussian")
LOGITS = ((0.2, 0.6, 0.1), (0.8, 1.5, 1.6), (0.3, 0.9, 0.4))
STEPS = (1, 4, 16, 64)
NOISE = 0.01
"""Standard deviation, for images in [-1, 1]: 1.3 levels of 8 bits."""


def main(
    *lectures: str, out="fourier", image_size: positive = 128, seed: seed = 0
):
    """Write the picture of each lecture and `fourier.json` into a folder."""
    unknown = set(lectures) - set(LECTURES)
    if unknown:
        raise ValueError(
            f"Unknown lecture. Expected some of: {', '.join(LECTURES)}. "
            f"Received: {', '.join(sorted(unknown))}."
        )
    if image_size < 32 or image_size % 4:
        raise ValueError(
            "The lectures need a photograph of at least 32 pixels, a multiple "
            f"of 4. Received: --image-size {image_size}."
        )
    out = pathlib.Path(out)
    photo = data.load_array(
        "photos", image_size=image_size, channels=1, limit=1
    )
    photo = photo[0, :, :, 0] / 127.5 - 1  # float64
    record = {}
    for name in lectures or LECTURES:
        figure, record[name] = LECTURES[name](photo, seed)
        plots.save(plots.to_pixels(figure), out / f"{name}.webp")
        print("\n".join([f"{name}:", *TABLES[name](record[name]), ""]))
    with written_whole(out / "fourier.json") as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    print(f"Written: {out}/, {', '.join(record)} and fourier.json.")


# === Convolution theorem ===


def theorem(photo, _):
    """A photograph out of focus, by sums and by the product of spectra."""
    kernel = disc(4)
    periodic, linear = (
        filtered(signal.convolve, photo, kernel, mode)
        for mode in ("circular", "same")
    )
    middle = np.roll(padded(kernel, photo.shape), (-4, -4), (0, 1))
    spectra = [np.fft.fft2(image) for image in (photo, middle, periodic)]
    product = spectra[0] * spectra[1]
    inner = (slice(4, -4),) * 2
    wrapped = np.abs(periodic - linear)
    numbers = {
        "circular": largest(
            periodic - scipy.signal.convolve2d(photo, kernel, "same", "wrap")
        ),
        "linear": largest(
            linear - scipy.signal.convolve2d(photo, kernel, "same")
        ),
        "product": largest(spectra[2] - product) / largest(product),
        "wrapped": largest(wrapped),
        "inside": largest(wrapped[inner]),
    }
    figure = Figure(figsize=(9, 4.3), layout="constrained")
    axes = figure.subplots(2, 4)
    titles = ("g: photograph", "f: disc of 9 x 9 taps", "h = f * g, circular")
    enlarged = padded(kernel, (21, 21), 6) / kernel.max() * 2 - 1
    for ax, image, title in zip(
        axes[0], (photo, enlarged, periodic, 4 * (periodic - linear)),
        (*titles, "circular - linear, x 4"), strict=True,
    ):  # fmt: skip
        show(ax, image, title)
    scale = largest(spectra[0])
    for ax, spectrum, title, unit in zip(
        axes[1], (*spectra, product), ("G", "F", "H", "F G"),
        (scale, 1, scale, scale), strict=True,
    ):  # fmt: skip
        level = 20 * np.log10(np.abs(np.fft.fftshift(spectrum)) / unit + 1e-6)
        image = show_plane(ax, level, -80, 0)
        ax.set_title(title, fontsize="medium")
    figure.colorbar(image, ax=axes, label="spectra: dB of the maximum")
    return figure, numbers


def theorem_table(numbers):
    """What is compared, and the largest difference."""
    rows = {
        "circular: FFT against the sum of its definition": "circular",
        "linear (`same`): FFT with zero padding against the sum": "linear",
        "spectrum of h against F G, relative to the largest value": "product",
        "circular against linear, near the border": "wrapped",
        "circular against linear, where the kernel stays inside": "inside",
    }
    yield from ("| | largest difference |", "|---|---:|")
    for title, name in rows.items():
        yield f"| {title} | {numbers[name]:.1g} |"


# === Filtering, and why zeroing a band rings ===


def filtering(photo, _):
    """The same cutoff with four transitions, and one band set to zero."""
    cutoff, length = 0.08, 1024
    step = np.repeat([[0.0, 1.0]], length // 2, axis=1)
    impulse = np.eye(1, length, length // 2)
    figure, axes, plotted = six_images(3)
    show(axes[0], photo, "photograph")
    band = filtered(signal.band_pass, photo, 0.06, 0.1)
    show(axes[1], photo - band, "0.06 to 0.1 set to zero")
    frequencies, places = np.linspace(0, 0.3, 300), np.arange(-40, 41)
    window = slice(length // 2 - 40, length // 2 + 41)
    numbers = {}
    for number, name in enumerate(TRANSITIONS):
        show(
            axes[2 + number],
            filtered(signal.low_pass, photo, cutoff, name),
            f"low-pass, {name}",
        )
        response = signal.low_pass_response(frequencies, cutoff, name)
        style = {"color": plots.COLOURS[number + 1], "label": name}
        plotted[0].plot(frequencies, response, **style)
        for ax, source in ((plotted[1], impulse), (plotted[2], step)):
            result = filtered(signal.low_pass, source, cutoff, name)
            ax.plot(places, result[0, window], **style)
        numbers[name] = {
            str(tried): step_response(
                filtered(signal.low_pass, step, tried, name)[0]
            )
            for tried in (0.02, 0.04, 0.08)
        }
    plotted[0].set(xlabel=FREQUENCY, title="response")
    plotted[1].set(xlabel="pixels", title="impulse response")
    plotted[2].set(xlabel="pixels", title="an edge, filtered")
    plotted[0].legend()
    return figure, numbers


def step_response(edge):
    """Overshoot of a filtered edge, and how far its ripples reach."""
    half = edge[len(edge) // 2 : 3 * len(edge) // 4]  # From edge to middle.
    rippling = np.flatnonzero(np.abs(half - 1) > 0.01)
    return {"overshoot": half.max() - 1, "reach": int(rippling[-1]) + 1}


def filtering_table(numbers):
    """Overshoot and reach, a row for each transition."""
    cutoffs = list(next(iter(numbers.values())))
    yield (
        "| transition | "
        + " | ".join(f"overshoot, cutoff {one}" for one in cutoffs)
        + f" | off by over 1 % up to (pixels), cutoff {cutoffs[-1]} |"
    )
    yield "|---|" + "---:|" * (len(cutoffs) + 1)
    for name, by_cutoff in numbers.items():
        cells = [f"{abs(one['overshoot']):.1%}" for one in by_cutoff.values()]
        cells.append(str(by_cutoff[cutoffs[-1]]["reach"]))
        yield f"| {name} | {' | '.join(cells)} |"


# === The kernel as a propagator ===


def propagator(photo, _):
    """Softmax of a kernel, applied again and again; one with negative taps."""
    diffusing = scipy.special.softmax(LOGITS)
    sharpening = np.array([[0, -1, 0], [-1, 8, -1], [0, -1, 0]]) / 4
    walker = padded([[1.0]], (129, 129), 64)
    offsets = np.indices((3, 3)) - 1
    drift = np.sum(diffusing * offsets, axis=(1, 2))  # Of one step, in pixels.
    spread = np.sum(diffusing * offsets**2, axis=(1, 2)) - drift**2
    places = np.indices(walker.shape) - 64
    frequencies = np.linspace(-0.5, 0.5, 201)
    figure = Figure(figsize=(9, 6.9), layout="constrained")
    axes = figure.subplots(3, 5)
    show(axes[0, 0], photo, "photograph")
    show(axes[1, 0], photo, "photograph")
    response = np.abs(
        responses.frequency_response(diffusing.sum(axis=0), frequencies)
    )
    numbers = {"diffusion": {}, "sharpening": {}}
    for column, steps in enumerate(STEPS, start=1):
        blurred = repeated(photo, diffusing, steps)
        show(axes[0, column], blurred, f"softmax, {counted(steps)}")
        spot = repeated(walker, diffusing, steps)
        mean = np.sum(spot * places, axis=(1, 2))
        variance = np.sum(spot * places**2, axis=(1, 2)) - mean**2
        heat = np.outer(
            *(
                gauss(place, steps * by, steps * how)
                for place, by, how in zip(
                    (np.arange(129) - 64,) * 2, drift, spread, strict=True
                )
            )
        )
        powers = power_of(walker, diffusing, steps)
        numbers["diffusion"][str(steps)] = {
            "drift": mean.tolist(),
            "predicted_drift": (steps * drift).tolist(),
            "deviation": np.sqrt(variance).tolist(),
            "predicted_deviation": np.sqrt(steps * spread).tolist(),
            "power": largest(spot - powers),
            "gaussian": largest(spot - heat) / largest(heat),
        }
        show(
            axes[2, column],
            spot[36:93, 36:93] / spot.max() * 2 - 1,
            f"one pixel, {counted(steps)}",
        )
        colour = plots.COLOURS[column]
        axes[2, 0].plot(
            frequencies, response**steps, color=colour, label=str(steps)
        )
        axes[2, 0].plot(
            frequencies,
            np.exp(-2 * np.pi**2 * steps * spread[1] * frequencies**2),
            ":", color="black",
        )  # fmt: skip
        steps = column  # The other kernel needs but few.
        grown = repeated(photo, sharpening, steps)
        show(axes[1, column], grown, f"negative taps, {counted(steps)}")
        numbers["sharpening"][str(steps)] = {
            "contrast": np.std(grown) / np.std(photo),
            "bound": largest(fft_of(sharpening, photo.shape)) ** steps,
        }
    axes[2, 0].set(xlabel=FREQUENCY, title="|H|ⁿ, dotted: heat")
    axes[2, 0].legend(title="steps", fontsize="x-small", loc="upper left")
    return figure, numbers


def counted(steps):
    return "1 step" if steps == 1 else f"{steps} steps"


def gauss(places, mean, variance):
    """Density of the normal distribution."""
    scaled = (places - mean) ** 2 / (2 * variance)
    return np.exp(-scaled) / np.sqrt(2 * np.pi * variance)


def repeated(image, kernel, steps):
    """An image convolved with a kernel again and again, circularly."""
    for _ in range(steps):
        image = filtered(signal.convolve, image, kernel, "circular")
    return image


def power_of(image, kernel, steps):
    """The same at once: the response to the power of the steps."""
    spectrum = np.fft.fft2(image) * fft_of(kernel, image.shape) ** steps
    return np.fft.ifft2(spectrum).real


def propagator_table(numbers):
    """The walker after n steps; the contrast under negative taps."""
    yield (
        "| steps n | drift down, right (pixels) | n times that of one step | "
        "standard deviation | sqrt(n) times that of one step | n convolutions "
        "against Hⁿ, largest difference | against a Gaussian, of its peak |"
    )
    yield "|---:|" + "---:|" * 6
    for steps, one in numbers["diffusion"].items():
        pairs = [
            ", ".join(f"{value:.2f}" for value in one[name])
            for name in (
                "drift", "predicted_drift", "deviation", "predicted_deviation",
            )
        ]  # fmt: skip
        yield (
            f"| {steps} | {' | '.join(pairs)} | {one['power']:.0e} | "
            f"{one['gaussian']:.1%} |"
        )
    yield from (
        "",
        "| negative taps, steps | contrast | largest response, to the n |",
    )
    yield "|---:|---:|---:|"
    for steps, one in numbers["sharpening"].items():
        yield f"| {steps} | {one['contrast']:.1f} | {one['bound']:.0f} |"


# === Unpooling ===


def unpooling(photo, seed):
    """The maxima of cells of 2 x 2 pixels, brought back to full size."""
    maxima, positions = MaxPool2DWithPositions(dtype="float32")(as_batch(photo))
    units = {
        "zero insertion": lambda maps: signal.interpolate(
            maps, "zero_insertion"
        ),
        "nearest": lambda maps: signal.interpolate(maps, "nearest"),
        "bilinear": lambda maps: signal.interpolate(maps, "bilinear"),
        "transposed, ones": transposed_ones,
        "max-unpooling": lambda maps: MaxUnpool2D()(maps, positions),
    }
    taps = {
        **{name.replace("_", " "): responses.KERNELS[name].taps
           for name in ("zero_insertion", "nearest", "bilinear")},
        "transposed, ones": [1, 1, 1],
    }  # fmt: skip
    figure = Figure(figsize=(8.6, 10), layout="constrained")
    # Images in the first and third row, their spectra below each.
    axes = figure.subplots(4, 3).reshape(2, 2, 3)
    axes = axes.swapaxes(0, 1).reshape(2, 6)
    size = len(photo)
    crop = (slice(size // 4, 3 * size // 4),) * 2
    show(axes[0, 0], photo[crop], "photograph")
    image = show_plane(axes[1, 0], power_db(photo), -40, 20)
    numbers = {}
    for (above, below), (name, unit) in zip(
        axes.T[1:], units.items(), strict=True
    ):
        result = unit(maxima).numpy()[0, :, :, 0].astype(np.float64)
        # The four phases of the transposed convolution meet 9 taps.
        result *= 4 / 9 if name == "transposed, ones" else 1
        show(above, result[crop], name)
        show_plane(below, power_db(result), -40, 20)
        if name not in taps:  # No filter: its positions depend on the image.
            continue
        response = np.abs(responses.measured_response(unit, 16)[0])
        theory = np.abs(
            responses.frequency_response(taps[name], [0, 0.5, 1 / 8, 3 / 8])
        )
        measured = response[[0, 16, 4, 12]]  # Of 32 frequencies.
        numbers[name] = {
            "constant": ratio(*measured[:2]),
            "constant_theory": ratio(*theory[:2]),
            "wave": ratio(*measured[2:]),
            "wave_theory": ratio(*theory[2:]),
        }
    figure.colorbar(image, ax=axes, label="power (dB)", aspect=50)
    noise = unpooling_noise(maxima, np.random.default_rng(seed))
    return figure, {"replicas": numbers, "noise": noise}


def unpooling_noise(maxima, draw, num=1024):
    """What random positions add to a quarter of nearest-neighbour values.

    Each maximum `x` is expected at each of four pixels with probability 1/4;
    what is left of its one pixel has the power `x^2 (1 - D^2)` with
    `D = cos(pi f)` along an axis.

    Returns:
        Dictionary of the frequency to the measured and the predicted power in
        dB, relative to the sum of all squared maxima.
    """
    several = tf.repeat(maxima, num, axis=0)
    positions = draw.integers(4, size=several.shape)
    noise = MaxUnpool2D()(several, positions).numpy()
    noise -= signal.interpolate(maxima, "nearest").numpy() / 4
    # Along the rows: the sum of each column has the frequencies (0, f).
    spectrum = np.fft.fft(noise[:, :, :, 0].sum(axis=1, dtype=np.float64))
    power = np.mean(np.abs(spectrum) ** 2, axis=0) / np.sum(maxima**2)
    size = len(power)
    return {
        f"{frequency}": {
            "measured": round(float(10 * np.log10(power[place])), 2),
            "theory": float(10 * np.log10(np.sin(np.pi * frequency) ** 2)),
        }
        for frequency in (0.125, 0.25, 0.375, 0.5)
        for place in [round(size * frequency)]
    }


def transposed_ones(maps):
    """A transposed convolution of stride 2 whose 3 x 3 taps are all one."""
    maps = tf.convert_to_tensor(maps)
    kernel = tf.ones([3, 3, 1, 1], maps.dtype)
    _, height, width, _ = maps.shape
    return tf.nn.conv2d_transpose(
        maps, kernel, [len(maps), 2 * height, 2 * width, 1], 2
    )


def ratio(base, replica):
    """How far a replica lies below its base in dB; None if there is none."""
    if replica < 1e-5 * base:
        return None
    return round(float(20 * np.log10(base / replica)), 2)


def unpooling_table(numbers):
    """Distance of the replica from its base, a row for each unit."""
    yield (
        "| up-sampling | constant image: its replica lies below it by | "
        "in theory | wave of 1/8 cycle per pixel: by | in theory |"
    )
    yield "|---|" + "---:|" * 4
    for name, one in numbers["replicas"].items():
        cells = [
            "no replica" if level is None else f"{abs(level):.1f} dB"
            for level in one.values()
        ]
        yield f"| {name} | {' | '.join(cells)} |"
    yield from (
        "",
        "| max-unpooling, frequency (cycles per pixel) | power of the noise of "
        "random positions | in theory |",
        "|---:|---:|---:|",
    )
    for frequency, one in numbers["noise"].items():
        yield (
            f"| {frequency} | {one['measured']:.1f} dB "
            f"| {one['theory']:.1f} dB |"
        )


# === Deconvolution ===


def deconvolution(photo, seed):
    """A blurred and noisy photograph: transposed, inverted, regularized."""
    kernel = disc(3)
    draw = np.random.default_rng(seed)
    blurred = filtered(signal.convolve, photo, kernel, "circular")
    observed = blurred + NOISE * draw.normal(size=photo.shape)
    strengths = np.logspace(-6, 0, 25)
    errors = [
        psnr(filtered(signal.deconvolve, observed, kernel, strength), photo)
        for strength in strengths
    ]
    best = float(strengths[np.argmax(errors)])
    estimates = {
        "observed: blurred, with noise": observed,
        "transposed convolution": filtered(
            signal.convolve, observed, kernel[::-1, ::-1], "circular"
        ),
        "inverse, no noise": filtered(signal.deconvolve, blurred, kernel, 0),
        "inverse": filtered(signal.deconvolve, observed, kernel, 0),
        "Tikhonov": filtered(signal.deconvolve, observed, kernel, best),
        "Wiener, power 1/f²": filtered(
            signal.deconvolve, observed, kernel, noise_to_signal(observed)
        ),
    }
    numbers = {
        "psnr": {name: psnr(one, photo) for name, one in estimates.items()},
        "regularization": best,
        "transposed": transposed_convolution(draw),
    }
    figure, axes, (left, right) = six_images(2)
    for ax, (name, image) in zip(axes, estimates.items(), strict=True):
        show(ax, image, name)
    frequencies = np.linspace(0, 0.5, 400)
    response = np.abs(
        responses.frequency_response(kernel.sum(axis=0), frequencies)
    )
    black, orange, blue, green, pink, _ = plots.COLOURS
    for name, gain, style in (
        ("blur, |F|", response, {"color": black}),
        ("blur and transposed, |F|²", response**2, {"color": orange}),
        (
            "blur and Tikhonov",
            response**2 / (response**2 + best),
            {"color": blue},
        ),
        (
            "noise after Tikhonov",
            response / (response**2 + best),
            {"color": blue, "linestyle": ":"},
        ),
        (
            "noise after the inverse",
            1 / np.maximum(response, 1e-9),
            {"color": pink, "linestyle": ":"},
        ),
    ):
        left.plot(frequencies, gain, label=name, **style)
    left.set(
        yscale="log", ylim=(1e-3, 1e7), xlabel=FREQUENCY, title="amplification"
    )
    left.legend(fontsize="small", loc="upper left", ncols=1)
    right.semilogx(strengths, errors, color=blue, label="Tikhonov")
    levels = list(numbers["psnr"].items())
    for (name, level), colour in zip(
        (*levels[:2], levels[-1]), (black, orange, green), strict=True
    ):
        right.axhline(level, linestyle="--", label=name, color=colour)
    right.set(xlabel="regularization", title="PSNR (dB)")
    right.legend(fontsize="small")
    return figure, numbers


def noise_to_signal(observed):
    """Noise over signal at every frequency, the signal's falling as 1/f^2."""
    radius = np.hypot(
        *np.meshgrid(*map(np.fft.fftfreq, observed.shape), indexing="ij")
    )
    radius[0, 0] = 1 / max(observed.shape)
    shape = radius**-2.0
    power = shape * (np.var(observed) / np.mean(shape))
    return NOISE**2 / power


def transposed_convolution(draw):
    """A convolution layer A and its transpose A': adjoint, not inverse."""
    x, y = draw.normal(size=[2, 1, 12, 12, 1])
    kernel = draw.normal(size=[5, 5, 1, 1])
    convolved = tf.nn.conv2d(x, kernel, 1, "SAME")
    back, returned = (
        tf.nn.conv2d_transpose(maps, kernel, x.shape, 1, "SAME")
        for maps in (y, convolved)
    )
    return {
        "forwards": float(np.vdot(convolved, y)),
        "backwards": float(np.vdot(x, back)),
        "returned": float(np.corrcoef(np.ravel(returned), np.ravel(x))[0, 1]),
    }


def psnr(image, reference):
    """Peak signal-to-noise ratio in dB; the range is 2."""
    return float(10 * np.log10(4 / np.mean((image - reference) ** 2)))


def deconvolution_table(numbers):
    """How near each estimate comes to the photograph."""
    yield from ("| estimate of g | PSNR (dB) |", "|---|---:|")
    for name, level in numbers["psnr"].items():
        if name == "Tikhonov":
            name += f", best regularization: {numbers['regularization']:.1g}"
        yield f"| {name} | {level:.1f} |"
    yield ""
    yield (
        "For a convolution layer A with random taps, the transposed layer A' "
        "and random maps x, y: <A x, y> = {forwards:.10f}, <x, A' y> = "
        "{backwards:.10f}; the correlation of A' A x with x is {returned:.2f}."
    ).format(**numbers["transposed"])


# === Aliasing ===


def aliasing(photo, _):
    """Every other pixel of rings that become finer, with and without blur."""
    pools = {
        "every other pixel": lambda images: images[:, ::2, ::2],
        "max-pooling": keras.layers.MaxPooling2D(2),
        "average pooling": keras.layers.AveragePooling2D(2),
        "BlurPool2D(3)": BlurPool2D(3),
        "BlurPool2D(5)": BlurPool2D(5),
    }
    taps = {"every other pixel": 1, "average pooling": 2}
    taps |= {"BlurPool2D(3)": 3, "BlurPool2D(5)": 5}
    place = np.arange(128) - 63.5
    squares = place[:, None] ** 2 + place**2
    rings = np.cos(np.pi * squares * 0.5 / 64)  # Nyquist after 64 pixels.
    waves = np.arange(1, 32) / 64
    waves = waves[waves != 0.25]
    figure, axes, (left, right) = six_images(2)
    show(axes[0], rings, "rings, up to Nyquist")
    draw_power(right, halved(photo), color="black", label="aliases cut off")
    numbers = {}
    for column, (name, pool) in enumerate(pools.items(), start=1):
        colour = plots.COLOURS[column]
        show(axes[column], pool(as_batch(rings)), name)
        amplitudes = [pooled_amplitude(pool, frequency) for frequency in waves]
        marker = "o" if name in taps else "x"
        left.plot(waves, amplitudes, marker, color=colour, label=name)
        if name in taps:
            theory = np.cos(np.pi * waves) ** (taps[name] - 1)
            left.plot(waves, theory, color=colour)
        numbers[name] = {
            "amplitude": pooled_amplitude(pool, 0.4),
            "theory": float(np.cos(np.pi * 0.4) ** (taps[name] - 1))
            if name in taps
            else None,
            "moved": moved_error(pool, photo),
        }
        draw_power(right, pool(as_batch(photo)), color=colour, label=name)
    left.axvspan(0.25, 0.5, color="grey", alpha=0.15)
    left.set(
        xlabel=f"{FREQUENCY}, before", title="amplitude after pooling",
        ylim=(0, 1.3),
    )  # fmt: skip
    left.text(0.375, 1.2, "only as an alias", ha="center")
    left.legend(fontsize="small")
    right.set(xlabel=f"{FREQUENCY}, after", title="photograph, power (dB)")
    right.legend(fontsize="small")
    return figure, numbers


def halved(image):
    """An image of half the size with the lower half of its spectrum."""
    rows, columns = (length // 4 for length in image.shape)
    spectrum = np.fft.fftshift(np.fft.fft2(image)) / 4
    inner = spectrum[rows:-rows, columns:-columns]
    return as_batch(np.fft.ifft2(np.fft.ifftshift(inner)).real)


def draw_power(ax, images, **style):
    """Mean power of the rings of a square image."""
    centred = images - tf.reduce_mean(images)
    profile = signal.azimuthal_integral(centred, "hann")[0, 1:-1]
    frequencies = signal.ring_frequencies(*images.shape[1:3])[1:]
    ax.plot(frequencies, signal.decibels(profile), **style)


def pooled_amplitude(pool, frequency):
    """Amplitude of a wave of amplitude 1 after pooling by two."""
    columns = np.arange(128)
    wave = np.tile(np.cos(2 * np.pi * frequency * columns), (8, 1))
    pooled = np.asarray(pool(as_batch(wave)))[0, 2]
    inner = np.arange(8, 56)
    phase = 2 * np.pi * 2 * frequency * inner
    basis = np.stack([np.cos(phase), np.sin(phase), np.ones(48)], axis=1)
    cosine, sine, _ = np.linalg.lstsq(basis, pooled[inner, 0])[0]
    return float(np.hypot(cosine, sine))


def moved_error(pool, photo):
    """Error in dB when the photograph moves by a pixel: half a pixel after.

    What comes out is compared with what came out before, moved by half a
    pixel in the frequency domain, and divided by its variance. The border is
    left out.
    """
    before, after = (
        np.asarray(pool(as_batch(image)), np.float64)[0, :, :, 0]
        for image in (photo, np.roll(photo, 1, axis=1))
    )
    phase = np.exp(-1j * np.pi * np.fft.fftfreq(before.shape[1]))
    expected = np.fft.ifft(np.fft.fft(before, axis=1) * phase, axis=1).real
    inner = (slice(4, -4),) * 2  # Layers pad the border, or mirror it.
    error = np.mean((after - expected)[inner] ** 2)
    return float(10 * np.log10(error / np.var(before[inner])))


def aliasing_table(numbers):
    """The alias of a wave, and what moving by a pixel changes."""
    yield (
        "| pooling by two | amplitude of the alias of 0.4 cycles per pixel | "
        "in theory | error when the photograph moves by a pixel (dB) |"
    )
    yield "|---|---:|---:|---:|"
    for name, one in numbers.items():
        theory = "-" if one["theory"] is None else f"{one['theory']:.3f}"
        yield (
            f"| {name} | {one['amplitude']:.3f} | {theory} | "
            f"{one['moved']:.1f} |"
        )


# === Common ===


def disc(radius):
    """A filled circle of `2 radius + 1` taps that sum to 1."""
    place = np.arange(-radius, radius + 1)
    taps = np.hypot(place[:, None], place) <= radius + 0.3
    return taps / np.sum(taps)


def padded(kernel, shape, before=0):
    """A kernel among zeros, its first tap at `before` along both axes."""
    kernel, image = np.asarray(kernel), np.zeros(shape)
    rows, columns = kernel.shape
    image[before : before + rows, before : before + columns] = kernel
    return image


def fft_of(kernel, shape):
    """The response of a kernel on the grid of an image, its middle at 0."""
    middle = [-((length - 1) // 2) for length in np.shape(kernel)]
    return np.fft.fft2(np.roll(padded(kernel, shape), middle, (0, 1)))


def filtered(function, image, *arguments):
    """A function of images, of one grey image `[height, width]`."""
    return function(image[None, :, :, None], *arguments).numpy()[0, :, :, 0]


def as_batch(image):
    return tf.constant(image[None, :, :, None], tf.float32)


def largest(values):
    return float(np.max(np.abs(values)))


def power_db(image):
    """Power spectrum in dB, DC in the middle, by a Hann window."""
    image = image[None, :, :, None] - np.mean(image)
    return signal.decibels(signal.power_spectrum(image, "hann")).numpy()[0]


def six_images(curves):
    """A figure with six square images, and below them a row of plots.

    Returns:
        (figure, axes of the images, axes of the plots).
    """
    figure = Figure(figsize=(8.6, 9.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(6.1, 3.1))
    plotted = below.subplots(1, curves)
    for ax in plotted:
        ax.grid(alpha=0.25)
    return figure, above.subplots(2, 3).ravel(), plotted


def show(ax, image, title=""):
    """A grey image in [-1, 1]; what lies beyond is black or white."""
    image = np.asarray(image).squeeze()
    ax.imshow(image, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_title(title, fontsize="medium")
    ax.set(xticks=[], yticks=[])


def show_plane(ax, level, low=None, high=None):
    """A spectrum in dB, DC in the middle."""
    image = ax.imshow(
        level, cmap="magma", vmin=low, vmax=high, interpolation="nearest",
        extent=(-0.5, 0.5, 0.5, -0.5),
    )  # fmt: skip
    ax.set(xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5])
    ax.set_xlabel("cycles per pixel")
    return image


LECTURES = {
    "theorem": theorem,
    "filtering": filtering,
    "propagator": propagator,
    "unpooling": unpooling,
    "deconvolution": deconvolution,
    "aliasing": aliasing,
}
"""Functions of a photograph and a seed: a `Figure` and what was measured."""

TABLES = {
    "theorem": theorem_table,
    "filtering": filtering_table,
    "propagator": propagator_table,
    "unpooling": unpooling_table,
    "deconvolution": deconvolution_table,
    "aliasing": aliasing_table,
}
"""What was measured as lines of Markdown."""


if __name__ == "__main__":
    sys.exit(page.run(main))
