import keras

from specgan.models.convolutional_autoencoder import ConvolutionalAutoEncoder


@keras.saving.register_keras_serializable(package="specgan")
class AutoEncoder(ConvolutionalAutoEncoder):
    """Auto-encoder with one up-sampling unit: what it does to a spectrum.

    The input image is brought down by two (the mean of 2 x 2 pixels), then
    one up-sampling unit and `depth` convolutions, `kernel_size` wide,
    reconstruct it; mean square error plus weight times the spectral loss;
    Adam with learning rate 1e-3.

    See `specgan.models.convolutional_autoencoder` for the
    arguments.

    Example:
    >>> model = AutoEncoder(image_size=64, spectral_regularization=True)
    >>> model.adapt(images)
    >>> model.compile()
    >>> model.fit(images, epochs=5)
    >>> model.reconstruct(some_images).shape
    (16, 64, 64, 3)

    Reference:
    - Durall, Keuper & Keuper, 2020, Figure 4, used in Figures 4 to 8
      (https://arxiv.org/abs/2003.01826)
    """

    adam = {"learning_rate": 1e-3}
    default_spectral_weight = 0.01
