"""The models, each a declaration of its parts, and the pretrained ones."""

from specgan import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
