import math

import keras
import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.typing import Config

# Shares of the learning rate, of the part of the decay that is left, 1 to 0.
DECAYS = {
    "constant": tf.ones_like,
    "linear": lambda left: left,
    # (1 + cos(pi (1 - left))) / 2, exact where little is left.
    "cosine": lambda left: tf.square(tf.sin(0.5 * math.pi * left)),
}


@keras.saving.register_keras_serializable(package="specgan")
class TrainingSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate over a whole training: warm-up, then a decay.

    Formula, in step s, counted from 0:

    ```
    left = (steps - s) / (steps - warm_up)                      in [0, 1]
    rate = learning_rate * min(1, (s + 1) / warm_up) * decay(left)
    decay(left) = 1                             ("constant")
                  left                          ("linear", to zero)
                  (1 + cos(pi (1 - left))) / 2  ("cosine", to zero)
    ```

    A discriminator that takes several steps a generator step counts them all:
    its schedule is that many times as long; see `GAN.optimizer_steps`.

    Args:
        learning_rate: Positive number; the highest.
        steps: Positive integer; steps of the optimizer in the training.
        decay: "constant", "linear" or "cosine".
        warm_up: Integer from 0, less than `steps`; steps in which the rate
            rises in proportion to them.

    Raises:
        ValueError: If a number is out of range, or for an unknown decay.

    Example:
    >>> rate = TrainingSchedule(2e-4, steps=40_000, decay="cosine", warm_up=500)
    >>> gan.compile(keras.optimizers.Adam(rate, beta_1=0.5))

    Reference:
    - Loshchilov & Hutter, 2017, Eq. 5, without restarts
      (https://arxiv.org/abs/1608.03983)
    """

    def __init__(
        self,
        learning_rate: float,
        steps: int,
        decay: str = "constant",
        warm_up: int = 0,
    ):
        super().__init__()
        finite = is_number(learning_rate) and math.isfinite(learning_rate)
        if not finite or not learning_rate > 0:
            raise invalid_argument(
                "learning_rate", "a positive number", learning_rate
            )
        require_positive_integer("steps", steps)
        if decay not in DECAYS:
            raise unknown_name("decay", decay, DECAYS)
        if warm_up != 0:
            require_positive_integer("warm_up", warm_up)
        if warm_up >= steps:
            raise ValueError(
                "The warm-up of a learning rate is a part of the training. "
                f"Expected fewer than its {steps} steps. Received: "
                f"warm_up={warm_up}. Warm up for fewer steps, or train longer."
            )
        self.learning_rate = learning_rate
        self.steps = steps
        self.decay = decay
        self.warm_up = warm_up

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        left = (self.steps - step) / (self.steps - self.warm_up)
        share = DECAYS[self.decay](tf.clip_by_value(left, 0.0, 1.0))
        if self.warm_up:
            share *= tf.minimum(1.0, (step + 1.0) / self.warm_up)
        return self.learning_rate * share

    def get_config(self) -> Config:
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "decay": self.decay,
            "warm_up": self.warm_up,
        }
