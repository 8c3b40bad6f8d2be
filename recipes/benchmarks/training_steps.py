"""Training step, 64 px, width 32, batch 64: the zoo, Keras' layers, PyTorch.

    python -m recipes.benchmarks.training_steps

CPU seconds of all threads, in turns, of

- the zoo's build;
- the same networks made of the layers of Keras alone, on the same engine;
- the same networks in PyTorch (`recipes.benchmarks.torch_gan`), where it
  is installed, in a process of its own and on one thread.
"""

import contextlib
import functools
import gc

import numpy as np

import zoo
from recipes.benchmarks import torch_process
from recipes.benchmarks.keras_networks import of_keras_layers
from recipes.benchmarks.steps import BATCH_SIZE
from recipes.benchmarks.steps import dtype_policy
from recipes.benchmarks.steps import step
from recipes.benchmarks.steps import step_of
from recipes.benchmarks.timing import durations
from recipes.benchmarks.timing import timer

POLICIES = ("float32", "mixed_bfloat16")

HEADER = """\
                          CPU ms  of Keras' layers   of PyTorch
                                    same   float32         same   (targets)"""

# (GAN, policy): targets of the zoo's CPU seconds, as parts of those of Keras'
# layers in float32 and of PyTorch's in the same precision.
TARGETS = {
    ("lsgan", "float32"): (0.92, None),
    ("lsgan", "mixed_bfloat16"): (0.55, 0.90),
    ("wgangp", "float32"): (None, None),
    ("wgangp", "mixed_bfloat16"): (None, 0.95),
}


def main(
    names=("lsgan", "wgangp"),
    image_size=64,
    width=32,
    batch_size=BATCH_SIZE,
    repetitions=15,
):
    """Measure and print."""
    if not torch_process.is_installed():
        print("  PyTorch: skipped: torch is not installed (pip install torch)")
    print(HEADER)
    for name in names:
        gan_class = zoo.GANS[name]
        with contextlib.ExitStack() as stack:
            steps = rivals(gan_class, image_size, width, batch_size, stack)
            # A step of WGAN-GP holds five of the critic.
            turns = max(1, repetitions // gan_class.steps)
            seconds = durations(list(steps.values()), turns)
        seconds = dict(zip(steps, seconds.T, strict=True))
        for policy in POLICIES:
            _print_row(name, policy, seconds)
        del steps
        gc.collect()


def rivals(gan_class, image_size, width, batch_size, stack):
    """Training steps of all builds in both precisions.

    Args:
        gan_class: `zoo.LSGAN` or `zoo.WGANGP`.
        image_size, width, batch_size: As for `recipes.benchmarks.steps.step`.
        stack: A `contextlib.ExitStack`, which ends PyTorch's process.

    Returns:
        Dictionary of (build, dtype policy) and functions that take a step and
        give its CPU seconds; the builds are "zoo", "keras" and, where it is
        installed, "torch".

    Raises:
        ValueError: If one has other numbers of parameters.
    """
    steps, counts = {}, {}
    for policy in POLICIES:
        with dtype_policy(policy):
            ours = step(gan_class, image_size, width, batch_size)
            keras_gan = of_keras_layers(ours.gan)
            steps["zoo", policy] = timer(ours.run)
            steps["keras", policy] = timer(step_of(keras_gan, batch_size).run)
            counts["zoo", policy] = _num_parameters(ours.gan)
            counts["keras", policy] = _num_parameters(keras_gan)
    if torch_process.is_installed():
        peer = stack.enter_context(
            torch_process.TorchProcess(ours.gan, batch_size)
        )
        for half, policy in enumerate(POLICIES):
            steps["torch", policy] = functools.partial(peer.step, half)
        counts["torch", POLICIES[0]] = peer.num_parameters
    if any(count != counts["zoo", POLICIES[0]] for count in counts.values()):
        raise ValueError(
            "The builds are to be of one architecture. Expected equal numbers "
            "of trained parameters in generator and discriminator. Received: "
            f"{counts}."
        )
    return steps


def _num_parameters(gan):
    return [
        sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
        for network in (gan.generator, gan.discriminator)
    ]


def _print_row(name, policy, seconds):
    of_keras, of_torch = TARGETS[name, policy]
    ours = seconds["zoo", policy]

    def part(rival, target=None):
        if rival not in seconds:
            return "-"
        text = f"{np.median(ours / seconds[rival]):.2f}"
        return text if target is None else f"{text} ({target:.2f})"

    cells = (
        part(("keras", policy)),
        part(("keras", "float32"), of_keras),
        part(("torch", policy), of_torch),
    )
    print(
        f"  {name:<7}{policy:<15}{1000 * np.median(ours):>6.0f}"
        + "".join(f"{cell:>16}" for cell in cells)
    )


if __name__ == "__main__":
    main()
