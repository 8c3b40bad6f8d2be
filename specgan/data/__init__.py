"""Images in: names, TensorFlow Datasets, folders and archives."""

from specgan import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
