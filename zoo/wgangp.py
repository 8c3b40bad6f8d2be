import keras

from specgan.models.convolutional import layer_normalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class WGANGP(ConvolutionalGAN):
    """Wasserstein GAN with gradient penalty.

    Five critic steps a generator step, each on a batch of real images of its
    own; layer normalization in the critic, because the penalty is on the
    gradient of single images, which batch normalization would mix.

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Reference:
    - Gulrajani et al., 2017, Algorithm 1 (https://arxiv.org/abs/1704.00028)
    """

    adversarial = "wasserstein"
    penalty = "wgan_gp"
    steps = 5
    discriminator_normalization = staticmethod(layer_normalization)
    generator_adam = {"learning_rate": 1e-4, "beta_1": 0.0, "beta_2": 0.9}
    discriminator_adam = {"learning_rate": 1e-4, "beta_1": 0.0, "beta_2": 0.9}
