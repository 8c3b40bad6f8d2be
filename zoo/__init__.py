"""The GANs, each a declaration of its parts, and the pretrained models."""

from zoo.dcgan import DCGAN as DCGAN

GANS = {"dcgan": DCGAN}
