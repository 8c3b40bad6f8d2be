from specgan.detection.colour_coherence_features import (
    ColourCoherenceFeatures as ColourCoherenceFeatures,
)
from specgan.detection.cooccurrence_features import (
    CooccurrenceFeatures as CooccurrenceFeatures,
)
from specgan.detection.dct_mode_features import (
    DctModeFeatures as DctModeFeatures,
)
from specgan.detection.detector_training import Training as Training
from specgan.detection.detector_training import train_detector as train_detector
from specgan.detection.feature_sets import FEATURES as FEATURES
from specgan.detection.file_detection import detect as detect
from specgan.detection.file_statements import Statement as Statement
from specgan.detection.file_statements import provenance as provenance
from specgan.detection.joined_features import JoinedFeatures as JoinedFeatures
from specgan.detection.matching import differences as differences
from specgan.detection.matching import match as match
from specgan.detection.near_duplicates import (
    near_duplicate_groups as near_duplicate_groups,
)
from specgan.detection.one_class_detector import (
    OneClassDetector as OneClassDetector,
)
from specgan.detection.one_class_training import (
    OneClassTraining as OneClassTraining,
)
from specgan.detection.one_class_training import (
    train_one_class as train_one_class,
)
from specgan.detection.paper_protocols import PAPER_SVM as PAPER_SVM
from specgan.detection.paper_protocols import PROTOCOLS as PROTOCOLS
from specgan.detection.paper_protocols import PaperProtocol as PaperProtocol
from specgan.detection.paper_protocols import PaperResult as PaperResult
from specgan.detection.paper_protocols import (
    run_paper_protocol as run_paper_protocol,
)
from specgan.detection.patch_spectrum_features import (
    PatchSpectrumFeatures as PatchSpectrumFeatures,
)
from specgan.detection.perturbations import PERTURBATIONS as PERTURBATIONS
from specgan.detection.perturbed_files import FileRobustness as FileRobustness
from specgan.detection.perturbed_files import file_robustness as file_robustness
from specgan.detection.perturbed_pictures import Robustness as Robustness
from specgan.detection.perturbed_pictures import robustness as robustness
from specgan.detection.prediction import Prediction as Prediction
from specgan.detection.prediction_pages import (
    most_surely_wrong as most_surely_wrong,
)
from specgan.detection.prediction_pages import (
    write_evaluation as write_evaluation,
)
from specgan.detection.prediction_pages import (
    write_predictions as write_predictions,
)
from specgan.detection.protocol import Protocol as Protocol
from specgan.detection.random_perturbations import (
    RandomPerturbations as RandomPerturbations,
)
from specgan.detection.reference_code import durall_spectrum as durall_spectrum
from specgan.detection.reference_code import grey_levels as grey_levels
from specgan.detection.relative import bin_frequencies as bin_frequencies
from specgan.detection.relative import relative_spectrum as relative_spectrum
from specgan.detection.report import Report as Report
from specgan.detection.spectral_detector import (
    SpectralDetector as SpectralDetector,
)
from specgan.detection.spectral_features import (
    SpectralFeatures as SpectralFeatures,
)
from specgan.detection.trained_detector import (
    TrainedDetector as TrainedDetector,
)
from specgan.detection.unusualness import Unusualness as Unusualness
