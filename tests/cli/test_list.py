"""`specgan list`: all names, from where they are defined."""

import warnings

import zoo
from specgan import data
from specgan.cli import list as listing
from specgan.cli.main import main
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.losses.spectral import SPECTRAL_LOSSES
from zoo import detectors
from zoo import pretrained


def first_line(thing):
    return thing.__doc__.strip().splitlines()[0]


def test_names_are_those_of_the_layers_and_losses():
    assert listing.UPSAMPLING_UNITS == tuple(UPSAMPLING_UNITS)
    assert list(listing.SPECTRAL_LOSSES) == list(SPECTRAL_LOSSES)
    for name, loss in SPECTRAL_LOSSES.items():
        assert listing.SPECTRAL_LOSSES[name].startswith(first_line(loss))


def test_everything_is_listed(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            **{name: first_line(one) for name, one in zoo.MODELS.items()},
            **pretrained.names(),
            **detectors.detector_names(),
            **data.names(),
            **dict.fromkeys(UPSAMPLING_UNITS, ""),
            **listing.SPECTRAL_LOSSES,
        }
        assert main(["list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    for name, summary in expected.items():
        assert [name, *summary.split()] in lines
