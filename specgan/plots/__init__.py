"""Plots of images and spectra, for TensorBoard, files and reports."""

from specgan import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
