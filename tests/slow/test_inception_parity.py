"""The FID's network gives the features it is known for.

It needs the weights, which `specgan fetch-inception` gets, and the features
that PyTorch gave on 16 images:

    python -m pytest tests/slow/test_inception_parity.py -m slow
"""

import pathlib

import numpy as np
import pytest

from specgan.metrics import inception_weights
from specgan.metrics.inception_features import InceptionFeatures

pytestmark = pytest.mark.slow

ORACLE = (
    pathlib.Path(__file__).parents[3]
    / "shared"
    / "oracles"
    / "inception_2015_features.npz"
)


@pytest.mark.parametrize("resizer", ["clean", "legacy_tensorflow"])
def test_features_equal_the_oracle(resizer):
    if not ORACLE.is_file():
        pytest.skip(f"{ORACLE} is not there")
    try:
        inception_weights.find()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with np.load(ORACLE) as oracle:
        images, expected = oracle["images"], oracle["features"]
    # They have the network's size already, so that no resizer changes them.
    assert images.shape[1:] == (299, 299, 3)
    features = InceptionFeatures(resizer=resizer, batch_size=5)(images)
    error = np.linalg.norm(features - expected, axis=1)
    relative = error / np.linalg.norm(expected, axis=1)
    print(f"relative error: {relative.max():.1e}")
    assert relative.max() < 1e-4
    # Single features are in float32 on both sides, and many are near zero.
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)
