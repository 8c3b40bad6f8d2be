"""Images in: names, TensorFlow Datasets, folders and archives."""

from specgan.data.catalogue import names as names
from specgan.data.dataset import from_array as from_array
from specgan.data.first_side import first_side as first_side
from specgan.data.loading import load as load
from specgan.data.loading import load_array as load_array
from specgan.data.loading import load_labels as load_labels
from specgan.data.survey import survey as survey
