"""The networks of `specgan.models.convolutional` in PyTorch."""

KERNEL_SIZE = 4


def generator(torch, base, maps, latent_dim, channels):
    """The generator with transposed convolutions, latents to images.

    Args:
        torch: The module.
        base: Side of the smallest map.
        maps: Filters of the maps, those at half the images' size first.
        latent_dim: Number of latent values.
        channels: Those of the images.

    Returns:
        A `torch.nn.Sequential` from `[batch, latent_dim, 1, 1]` to images
        `[batch, channels, height, width]`, before tanh.
    """
    nn = torch.nn
    last = maps[-1]
    layers = [
        nn.ConvTranspose2d(latent_dim, last, base, bias=False),
        _batch_normalization(nn, last),
        nn.ReLU(),
    ]
    for filters in reversed(maps[:-1]):
        layers += [
            nn.ConvTranspose2d(last, filters, KERNEL_SIZE, 2, 1, bias=False),
            _batch_normalization(nn, filters),
            nn.ReLU(),
        ]
        last = filters
    layers.append(nn.ConvTranspose2d(last, channels, KERNEL_SIZE, 2, 1))
    return nn.Sequential(*layers)


def discriminator(torch, base, maps, normalization, channels):
    """The discriminator, images to logits.

    Args:
        torch: The module.
        base, maps, channels: As for `generator`.
        normalization: "batch" or "layer", of all maps except the first.

    Returns:
        A `torch.nn.Sequential` from images `[batch, channels, height, width]`
        to logits `[batch, 1, 1, 1]`.
    """
    nn = torch.nn
    layers = [
        nn.Conv2d(channels, maps[0], KERNEL_SIZE, 2, 1),
        nn.LeakyReLU(0.2),
    ]
    last = maps[0]
    for filters in maps[1:]:
        layers += [
            nn.Conv2d(last, filters, KERNEL_SIZE, 2, 1, bias=False),
            _batch_normalization(nn, filters)
            if normalization == "batch"
            else nn.GroupNorm(1, filters, eps=1e-3),
            nn.LeakyReLU(0.2),
        ]
        last = filters
    return nn.Sequential(*layers, nn.Conv2d(last, 1, base))


def _batch_normalization(nn, filters):
    return nn.BatchNorm2d(filters, eps=1e-5, momentum=0.1)
