from specgan.data.catalogue import names as names
from specgan.data.dataset import from_array as from_array
from specgan.data.header_scan import scan_headers as scan_headers
from specgan.data.image_size import probe_image_size as probe_image_size
from specgan.data.loading import load as load
from specgan.data.loading import load_array as load_array
from specgan.data.loading import load_labels as load_labels
