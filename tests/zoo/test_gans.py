import pytest

from tests.contracts import run_gan_test
from zoo import GANS


@pytest.mark.parametrize("spectral_regularization", [None, True])
@pytest.mark.parametrize("name", GANS)
def test_contract(name, spectral_regularization):
    run_gan_test(GANS[name], spectral_regularization)
