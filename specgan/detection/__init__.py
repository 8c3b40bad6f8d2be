"""Detectors of generated images, from their spectra."""

from specgan import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
