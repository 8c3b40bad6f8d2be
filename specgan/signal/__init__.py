"""Pure functions of signals: spectra and up-sampling."""

from specgan.signal.band_pass import band_pass as band_pass
from specgan.signal.chroma import low_pass_chroma as low_pass_chroma
from specgan.signal.chroma import subsample_chroma as subsample_chroma
from specgan.signal.chroma_cutoff import chroma_cutoff as chroma_cutoff
from specgan.signal.interpolation import interpolate as interpolate
from specgan.signal.quantization import from_uint8 as from_uint8
from specgan.signal.quantization import to_uint8 as to_uint8
from specgan.signal.spectrum import azimuthal_integral as azimuthal_integral
from specgan.signal.spectrum import decibels as decibels
from specgan.signal.spectrum import luminance as luminance
from specgan.signal.spectrum import power_spectrum as power_spectrum
from specgan.signal.spectrum import ring_frequencies as ring_frequencies
from specgan.signal.spectrum import ring_levels as ring_levels
from specgan.signal.spectrum import rms_decibel_error as rms_decibel_error
