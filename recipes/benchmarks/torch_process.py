"""Training steps of PyTorch in a process of its own, timed there."""

import importlib.util
import json
import subprocess
import sys

from specgan.image_sizes import base_and_levels
from specgan.models.convolutional import filters


def is_installed():
    """Whether PyTorch is."""
    return importlib.util.find_spec("torch") is not None


class TorchProcess:
    """The steps of `recipes.benchmarks.torch_gan` for a GAN of the zoo.

    Args:
        gan: A `zoo.LSGAN` or `zoo.WGANGP`.
        batch_size: Images of each kind in a step of the discriminator.

    Attributes:
        num_parameters: Trained parameters of generator and discriminator.

    Raises:
        RuntimeError: If the process ends, such as for a broken installation.

    Example:
    >>> with TorchProcess(gan, 64) as peer:
    ...     cpu_seconds = peer.step(half_precision=True)
    """

    def __init__(self, gan, batch_size):
        base, levels = base_and_levels(gan.image_size)
        settings = {
            "base": base,
            "maps": [filters(level, gan.width) for level in range(levels)],
            "latent_dim": gan.latent_dim,
            "channels": gan.channels,
            "loss": gan.adversarial,
            "discriminator_steps": gan.discriminator_steps,
            "generator_adam": {"beta_2": 0.999, **gan.generator_adam},
            "discriminator_adam": {"beta_2": 0.999, **gan.discriminator_adam},
            "batch_size": batch_size,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "recipes.benchmarks.torch_gan"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.num_parameters = self._answer(settings)

    def step(self, half_precision=False):
        """Take a training step.

        Args:
            half_precision: Whether of the networks in bfloat16.

        Returns:
            CPU seconds of all threads.
        """
        return self._answer(int(half_precision))

    def _answer(self, message):
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                "The process of PyTorch ended before it answered; what it "
                "says stands above. Remove PyTorch, or mend its installation."
            )
        return json.loads(line)

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
