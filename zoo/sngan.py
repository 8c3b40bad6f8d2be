import keras

from specgan.layers.spectral_normalization import SpectralNormalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class SNGAN(ConvolutionalGAN):
    """Spectrally normalized GAN with the hinge loss: the modern baseline.

    Spectral normalization bounds the spectral norm of the discriminator's
    *weights*; it has nothing to do with `spectral_regularization`, which is of
    the spectrum of *images* and can be had as well.

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Reference:
    - Miyato et al., 2018, Eq. 16 and 17, Table 1, setting C
      (https://arxiv.org/abs/1802.05957)
    """

    adversarial = "hinge"
    discriminator_constraint = staticmethod(SpectralNormalization)
