"""List the names that the other commands know."""


def add_arguments(command):
    """Add the options to a parser."""
    pass


def run(settings):
    """Run the command. See `specgan list --help`."""
    import zoo
    from specgan import data
    from specgan.layers import upsampling
    from specgan.losses import spectral
    from zoo import detectors
    from zoo import pretrained

    def first_line(thing):
        return thing.__doc__.strip().splitlines()[0]

    families = {
        "models (specgan train NAME)": {
            name: first_line(model) for name, model in zoo.MODELS.items()
        },
        "pretrained (zoo.load)": pretrained.names(),
        "detectors (zoo.load_detector)": detectors.detector_names(),
        "data (--data)": data.names(),
        "up-sampling units (--upsampling)": dict.fromkeys(
            upsampling.UPSAMPLING_UNITS, ""
        ),
        "spectral losses (--spectral-regularization)": {
            name: first_line(loss)
            + " With the paper's head." * (name == "paper")
            for name, loss in spectral.SPECTRAL_LOSSES.items()
        },
    }
    for title, names in families.items():
        print(title)
        width = max(18, *map(len, names)) if names else 0
        for name, summary in names.items():
            print(f"  {name:<{width}}  {summary}".rstrip())
