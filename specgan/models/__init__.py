"""Models: the adversarial engine and the networks of the zoo."""

from specgan.models.adam import Adam as Adam
from specgan.models.gan import GAN as GAN
from specgan.models.generator_average import HalfLife as HalfLife
from specgan.models.gradient_balance import GradientBalance as GradientBalance
from specgan.models.training_schedule import (
    TrainingSchedule as TrainingSchedule,
)
