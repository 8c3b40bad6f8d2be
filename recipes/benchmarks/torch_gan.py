"""The zoo's LSGAN and WGAN-GP in PyTorch, an optional peer.

Losses, optimizers and numbers of steps are those of `zoo`. What serves speed
is written as one would for a CPU: maps in the order `channels_last`, one draw
of fakes for both networks, no gradients of the discriminator's weights in the
generator's turn, the fused Adam, autocast to bfloat16.

As a program, `python -m recipes.benchmarks.torch_gan`, it is the process
that `recipes.benchmarks.torch_process` starts: PyTorch and TensorFlow are not
loaded into one, since their copies of LLVM are known to crash there.
"""

import json
import sys
import time

from recipes.benchmarks.torch_networks import discriminator
from recipes.benchmarks.torch_networks import generator


class TorchGAN:
    """LSGAN or WGAN-GP in PyTorch.

    Args:
        torch: The module.
        base, maps, latent_dim, channels: As for `generator`.
        loss: "least_squares", or "wasserstein" with layer normalization and
            the gradient penalty.
        discriminator_steps: Steps of the discriminator per generator step.
        generator_adam, discriminator_adam: Dictionaries of Adam's
            "learning_rate", "beta_1" and "beta_2".
        half_precision: Whether the networks compute in bfloat16 where
            autocast does so.
    """

    def __init__(
        self,
        torch,
        *,
        base,
        maps,
        latent_dim,
        channels,
        loss,
        discriminator_steps,
        generator_adam,
        discriminator_adam,
        half_precision=False,
    ):
        self.torch = torch
        self.half_precision = half_precision
        self.latent_dim = latent_dim
        self.steps = discriminator_steps
        self.wasserstein = loss == "wasserstein"
        self.generator = generator(torch, base, maps, latent_dim, channels)
        normalization = "layer" if self.wasserstein else "batch"
        self.discriminator = discriminator(
            torch, base, maps, normalization, channels
        )
        for network in (self.generator, self.discriminator):
            network.to(memory_format=torch.channels_last)
            for parameter in network.parameters():
                if parameter.dim() == 4:
                    torch.nn.init.normal_(parameter, 0.0, 0.02)
        self.g_optimizer = self._adam(self.generator, generator_adam)
        self.d_optimizer = self._adam(self.discriminator, discriminator_adam)

    def num_parameters(self):
        """Trained parameters of generator and discriminator."""
        return [
            sum(parameter.numel() for parameter in network.parameters())
            for network in (self.generator, self.discriminator)
        ]

    def _adam(self, network, arguments):
        return self.torch.optim.Adam(
            network.parameters(),
            lr=arguments["learning_rate"],
            betas=(arguments["beta_1"], arguments["beta_2"]),
            eps=1e-7,
            fused=True,
        )

    def train_step(self, reals):
        """The steps of the discriminator and one of the generator.

        Args:
            reals: `[batch * discriminator steps, channels, height, width]`.

        Returns:
            The generator's loss.
        """
        first, *others = [
            reals[i :: self.steps].contiguous(
                memory_format=self.torch.channels_last
            )
            for i in range(self.steps)
        ]
        fakes = self._fakes(len(first))
        for more in others:
            with self.torch.no_grad():
                more_fakes = self._fakes(len(more))
            self._discriminator_step(more, more_fakes)
        self._discriminator_step(first, fakes.detach())
        self.discriminator.requires_grad_(False)
        logits = self._logits(fakes)
        if self.wasserstein:
            loss = -logits.mean()
        else:
            loss = 0.5 * (logits - 1).square().mean()
        self.g_optimizer.zero_grad()
        loss.backward()
        self.g_optimizer.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    def _autocast(self):
        return self.torch.autocast(
            "cpu", self.torch.bfloat16, enabled=self.half_precision
        )

    def _fakes(self, count):
        latents = self.torch.randn(count, self.latent_dim, 1, 1)
        with self._autocast():
            images = self.generator(latents)
        return self.torch.tanh(images.float())

    def _logits(self, images):
        with self._autocast():
            return self.discriminator(images).float()

    def _discriminator_step(self, reals, fakes):
        real_logits, fake_logits = self._logits(reals), self._logits(fakes)
        if self.wasserstein:
            loss = fake_logits.mean() - real_logits.mean()
            loss = loss + self._penalty(reals, fakes)
        else:
            loss = 0.5 * (real_logits - 1).square().mean()
            loss = loss + 0.5 * fake_logits.square().mean()
        self.d_optimizer.zero_grad()
        loss.backward()
        self.d_optimizer.step()

    def _penalty(self, reals, fakes):
        epsilon = self.torch.rand(len(reals), 1, 1, 1)
        between = epsilon * reals + (1 - epsilon) * fakes
        between.requires_grad_()
        logits = self._logits(between)
        (gradients,) = self.torch.autograd.grad(
            logits.sum(), between, create_graph=True
        )
        squares = gradients.float().square().sum([1, 2, 3])
        return 10.0 * ((squares + 1e-12).sqrt() - 1).square().mean()


def main():
    """Serve steps: a line of settings, then a line for each step.

    Written are lines of JSON: numbers of parameters, then CPU seconds.
    """
    import torch

    torch.set_num_threads(1)  # Waiting threads would count.
    settings = json.loads(sys.stdin.readline())
    batch_size, image_size = settings.pop("batch_size"), settings["base"]
    image_size *= 2 ** len(settings["maps"])
    gans = [
        TorchGAN(torch, half_precision=half, **settings)
        for half in (False, True)
    ]
    count = batch_size * settings["discriminator_steps"]
    images = torch.rand(count, settings["channels"], image_size, image_size)
    images = 2 * images - 1
    print(json.dumps(gans[0].num_parameters()), flush=True)
    for line in sys.stdin:
        gan = gans[json.loads(line)]
        start = time.process_time()
        gan.train_step(images)
        print(json.dumps(time.process_time() - start), flush=True)


if __name__ == "__main__":
    main()
