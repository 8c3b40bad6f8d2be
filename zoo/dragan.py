import keras

from specgan.models.convolutional import layer_normalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class DRAGAN(ConvolutionalGAN):
    """Deep regret analytic GAN.

    The non-saturating loss with a gradient penalty in the neighbourhood of
    real images; layer normalization in the discriminator, because the penalty
    is on the gradient of single images.

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Reference:
    - Kodali et al., 2017, Algorithm 1 (https://arxiv.org/abs/1705.07215)
    """

    adversarial = "non_saturating"
    penalty = "dragan"
    discriminator_normalization = staticmethod(layer_normalization)
