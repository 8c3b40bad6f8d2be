from specgan.plots.detectability_profiles import detectability as detectability
from specgan.plots.image_grids import image_grid as image_grid
from specgan.plots.image_grids import save as save
from specgan.plots.image_grids import tiled as tiled
from specgan.plots.plane_spectra import draw_difference as draw_difference
from specgan.plots.plane_spectra import draw_map as draw_map
from specgan.plots.plane_spectra import label_difference as label_difference
from specgan.plots.plane_spectra import log_spectra as log_spectra
from specgan.plots.plane_spectra import (
    spectrum_difference as spectrum_difference,
)
from specgan.plots.ring_spectra import QUANTILES as QUANTILES
from specgan.plots.ring_spectra import (
    draw_quantile_bands as draw_quantile_bands,
)
from specgan.plots.ring_spectra import (
    draw_relative_bands as draw_relative_bands,
)
from specgan.plots.ring_spectra import draw_spread_ratio as draw_spread_ratio
from specgan.plots.ring_spectra import (
    single_image_spectra as single_image_spectra,
)
from specgan.plots.ring_spectra import spectra as spectra
from specgan.plots.style import COLOURS as COLOURS
from specgan.plots.style import to_pixels as to_pixels
from specgan.plots.training_history import error_history as error_history
from specgan.plots.training_history import (
    quality_over_training as quality_over_training,
)
