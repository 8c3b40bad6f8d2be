"""Callbacks for `fit`: what TensorBoard shows of a training."""

from specgan.callbacks.divergence_guard import (
    DivergenceGuard as DivergenceGuard,
)
from specgan.callbacks.generator_evaluation import (
    GeneratorEvaluation as GeneratorEvaluation,
)
from specgan.callbacks.learning_rate import LearningRate as LearningRate
from specgan.callbacks.sample_grid import SampleGrid as SampleGrid
from specgan.callbacks.spectrum_monitor import (
    SpectrumMonitor as SpectrumMonitor,
)
from specgan.callbacks.training_scalars import (
    TrainingScalars as TrainingScalars,
)
