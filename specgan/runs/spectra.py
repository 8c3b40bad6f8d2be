"""Compare the 1-D spectra of sets of images: `specgan spectrum`.

specgan spectrum real=photos fake=samples/ --out spectra.png
"""

import csv
import json
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan import data
from specgan import plots
from specgan.files import written_whole
from specgan.metrics import SpectrumStatistics
from specgan.metrics.spectral_errors import HALF_NYQUIST
from specgan.runs.source_framing import SourceFraming
from specgan.signal import chroma_cutoff
from specgan.signal import from_uint8
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.metrics import SpectrumStatistics

UPPER_HALF = "above half the Nyquist frequency"


def compare(
    sources: Mapping[str, PathLike],
    out: PathLike,
    image_size: int | None = None,
    num_images: int = 1000,
    window: str | None = None,
    framing: SourceFraming | None = None,
) -> None:
    """Write a plot, a table and a record of the spectra; print distances.

    Args:
        sources: Dictionary of names and what `specgan.data.load` takes; the
            first is the reference.
        out: The plot's path, .png; .csv and .json appear beside it.
        image_size: Side in pixels of the square cut from each image; None
            takes the largest that fits the first image of every source.
        num_images: Maximum number of images of each.
        window: None or "hann".
        framing: How they are read; None cuts at the centre.

    Raises:
        ValueError: For another suffix, or sources that cannot be read.
    """
    out = pathlib.Path(out)
    if out.suffix != ".png":
        raise ValueError(
            "Spectra are plotted as .png, with .csv and .json beside it. "
            f"Received: --out {out}."
        )
    framing = framing or SourceFraming()
    if image_size is None:
        image_size = min(
            data.probe_image_size(source, framing.data_dir_of(source))
            for source in sources.values()
        )
        image_size = min(image_size, framing.crop or image_size)
    if image_size < 4:
        raise ValueError(
            "A spectrum needs images of at least 4 pixels. "
            f"Received: {image_size}. Choose another --image-size."
        )
    statistics, cutoffs = {}, {}
    for name, source in sources.items():
        images = _images(source, image_size, num_images, framing)
        batches = data.from_array(images, batch_size=1, shuffle=False)
        statistics[name] = SpectrumStatistics.of(
            batches.rebatch(64), num_images, window
        )
        cutoffs[name] = chroma_cutoff(from_uint8(images[:256]))
    write(statistics, out, {"no chroma above (cycles per pixel)": cutoffs})
    if len(statistics) > 1:
        print_distances(statistics)
    reference = next(iter(sources))
    for name, cutoff in cutoffs.items():
        if cutoff is not None:
            # Others may be generated images, which were trained already.
            advice = "; train with --chroma half to match"
            print(
                f"{name}: next to no chroma above {cutoff:.2f} cycles per "
                "pixel, like JPEG files with 4:2:0 chroma subsampling"
                f"{advice if name == reference else ''}."
            )
    print(f"Written: {out}, {out.with_suffix('.csv')} and .json.")


def _images(source, image_size, num_images, framing):
    # Cut, not resized unless asked for: resizing would alter the spectrum.
    arguments = framing.arguments(source, image_size)
    arguments["limit"] = min(num_images, framing.limit or num_images)
    return data.load_array(
        source,
        image_size=image_size,
        channels=framing.channels or 3,
        **arguments,
    )


def write(
    statistics: Mapping[str, SpectrumStatistics],
    out: PathLike,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Plot (.png), table (.csv) and record (.json) of some spectra.

    Args:
        statistics: Dictionary of names and `SpectrumStatistics`, the
            reference first.
        out: Path of the plot.
        about: None, or a dictionary of what else the record states.
    """
    out = pathlib.Path(out)
    plots.save(plots.to_pixels(plots.spectra(statistics)), out)
    reference = next(iter(statistics.values()))
    rings = slice(0, len(reference.frequencies))
    columns = {"frequency (cycles/pixel)": reference.frequencies}
    for name, one in statistics.items():
        columns[f"{name} (dB)"] = one.decibels[rings]
        columns[f"{name} spread (dB)"] = one.spread[rings]
    with (
        written_whole(out.with_suffix(".csv")) as path,
        path.open("w", newline="") as file,
    ):
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(zip(*columns.values(), strict=True))
    record = {
        "image_size": [reference.height, reference.width],
        "window": reference.window,
        "images": {name: one.count for name, one in statistics.items()},
        "distances to the first (dB)": distances(statistics),
        **(about or {}),
        "columns": {k: list(map(float, v)) for k, v in columns.items()},
    }
    with written_whole(out.with_suffix(".json")) as path:
        path.write_text(json.dumps(record, indent=2) + "\n")


def distances(
    statistics: Mapping[str, SpectrumStatistics],
) -> dict[str, dict[str, float]]:
    """Spectral distances of all but the first to the first, in dB.

    Returns:
        Dictionary of names and {"all rings", UPPER_HALF}.
    """
    (_, reference), *others = statistics.items()
    return {
        name: {
            "all rings": one.rms_error(reference),
            UPPER_HALF: one.rms_error(reference, HALF_NYQUIST),
        }
        for name, one in others
    }


def print_distances(statistics: Mapping[str, SpectrumStatistics]) -> None:
    """The distances as a table, one line each."""
    reference = next(iter(statistics))
    print(f"\nrms distance to {reference}    all rings   above 0.25 /pixel")
    for name, errors in distances(statistics).items():
        both = errors["all rings"], errors[UPPER_HALF]
        print("{:<24}{:>9.2f} dB{:>19.2f} dB".format(name, *both))
