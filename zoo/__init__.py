"""The models, each a declaration of its parts, and the pretrained ones."""

from zoo.alias_free_gan import AliasFreeGAN as AliasFreeGAN
from zoo.autoencoder import AutoEncoder as AutoEncoder
from zoo.dcgan import DCGAN as DCGAN
from zoo.detectors import load_detector as load_detector
from zoo.dragan import DRAGAN as DRAGAN
from zoo.lsgan import LSGAN as LSGAN
from zoo.pretrained import load as load
from zoo.r3gan import R3GAN as R3GAN
from zoo.sngan import SNGAN as SNGAN
from zoo.vae import VAE as VAE
from zoo.wgangp import WGANGP as WGANGP

# Those of convolutional networks, which take the same arguments.
GANS = {
    "dcgan": DCGAN,
    "lsgan": LSGAN,
    "wgangp": WGANGP,
    "dragan": DRAGAN,
    "sngan": SNGAN,
    "r3gan": R3GAN,
}

MODELS = {
    **GANS,
    "alias-free": AliasFreeGAN,
    "autoencoder": AutoEncoder,
    "vae": VAE,
}
