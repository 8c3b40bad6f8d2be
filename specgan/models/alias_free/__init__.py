"""The alias-free GAN's networks (StyleGAN3)."""

from specgan.models.alias_free.generator import (
    AliasFreeGenerator as AliasFreeGenerator,
)
from specgan.models.alias_free.reference import load_reference as load_reference
from specgan.models.alias_free.schedule import schedule as schedule
from specgan.models.alias_free.schedule import table as table
