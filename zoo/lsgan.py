import keras

from specgan.models.convolutional import batch_normalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class LSGAN(ConvolutionalGAN):
    """Least squares GAN.

    DCGAN's networks with the least squares loss towards 1 and 0, whose
    gradient does not vanish on images that the discriminator is sure of.

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Reference:
    - Mao et al., 2017, Eq. 2 and 9 (https://arxiv.org/abs/1611.04076)
    - Durall, Keuper & Keuper, 2020: lambda 0.5
      (https://arxiv.org/abs/2003.01826)
    """

    adversarial = "least_squares"
    discriminator_normalization = staticmethod(batch_normalization)
    paper_spectral_weight = 0.5
