"""The models, each a declaration of its parts, and the pretrained ones.

`import zoo` imports neither TensorFlow nor Keras. In a program that has
imported Keras, the models' classes are registered with it at once, so that
`keras.saving.load_model` finds them; `zoo.MODELS.register()` does so later.
"""

import sys

from specgan import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)

if "keras" in sys.modules:
    __getattr__("MODELS").register()
