"""List the names that the other commands know."""

import argparse

# Here once more, since TensorFlow need not be imported to list them; a test
# compares them with the layers and losses.
UPSAMPLING_UNITS = (
    "transposed",
    "pixel_shuffle",
    "zero_insertion",
    "nearest",
    "aligned_bilinear",
    "bilinear",
    "bicubic",
    "lanczos",
    "kaiser",
)
SPECTRAL_LOSSES = {
    "distribution": "Distance of the *distribution* of single images' spectra: "
    "the default.",
    "decibel": "Robust distance of mean ring powers in decibels.",
    "hann_decibel": "Distance of mean ring powers in decibels, under a Hann "
    "window.",
    "frequency_matching": "Squared error of the batch's mean 2-D amplitude "
    "spectrum (F-Match).",
    "focal_frequency": "Focal frequency loss between means over the batch and "
    "real images.",
    "cross_entropy": "Eq. 11 of the paper as printed, made differentiable.",
    "paper": "Eq. 11 of the paper as printed, made differentiable. With the "
    "paper's head.",
    "scaling": "What the authors' released code really does: no spectral "
    "gradient.",
}


PRETRAINED = "pretrained (zoo.load)"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    pass


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan list --help`."""
    import zoo
    from specgan import data
    from zoo import detectors
    from zoo import pretrained

    families = {
        "models (specgan train NAME)": {
            name: zoo.MODELS.summary(name) for name in zoo.MODELS
        },
        PRETRAINED: pretrained.names(),
        "detectors (zoo.load_detector)": detectors.detector_names(),
        "data (--data)": data.names(),
        "up-sampling units (--upsampling)": dict.fromkeys(UPSAMPLING_UNITS, ""),
        "spectral losses (--spectral-regularization)": SPECTRAL_LOSSES,
    }
    for title, names in families.items():
        print(title)
        width = max(18, *map(len, names)) if names else 0
        for name, summary in names.items():
            print(f"  {name:<{width}}  {summary}".rstrip())
            if title == PRETRAINED:
                print(f"  {'':<{width}}  {pretrained.figures(name)}")
