import keras

from specgan.models.convolutional import batch_normalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class DCGAN(ConvolutionalGAN):
    """Deep convolutional GAN.

    Strided convolutions down and, by default, fractionally strided ones up,
    batch normalization in both networks, no dense layer, ReLU and tanh in the
    generator, LeakyReLU in the discriminator; the non-saturating loss; Adam
    with learning rate 2e-4 and beta_1 0.5 for both.

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Example:
    >>> gan = DCGAN(image_size=64, spectral_regularization=True)
    >>> gan.adapt(images)
    >>> gan.compile()
    >>> gan.fit(images, epochs=25)

    Reference:
    - Radford, Metz & Chintala, 2016 (https://arxiv.org/abs/1511.06434)
    - Durall, Keuper & Keuper, 2020, for the regularization
      (https://arxiv.org/abs/2003.01826)
    """

    adversarial = "non_saturating"
    discriminator_normalization = staticmethod(batch_normalization)
