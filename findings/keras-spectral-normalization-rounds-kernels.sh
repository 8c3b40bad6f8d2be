#!/usr/bin/env bash
# SpectralNormalization of Keras rounds its kernel in mixed precision, and what
# an optimizer adds below that resolution is lost.
#
# Mixed precision means variables in float32 and computation in half precision.
# Keras 3.15.1 divides the kernel by its largest singular value within the
# computation, so in half precision, and assigns the quotient to the float32
# variable at every call with training=True: all its values are exact bfloat16
# (or float16) numbers afterwards. Updates smaller than half the distance from
# one bfloat16 number to the next, 1/512 to 1/256 of a weight, never add up:
# here 200 updates that each raise a weight by 1e-4 of its value leave it where
# it was, and in float32 raise it by 2 %. Other layers keep their float32
# variables in mixed precision.
#
# Seen in this project in a GAN with the hinge loss (SNGAN) in mixed_bfloat16.
# Remedy: SpectralNormalization(layer, dtype="float32") around a layer that
# keeps the policy.
#
# Runs without specgan. Exit code 0 while Keras behaves so, 1 otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.4
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= \
  "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { cat "$folder/log"; exit 1; }
import sys

import keras
import numpy as np
import tensorflow as tf

print("Keras", keras.__version__, "TensorFlow", tf.__version__)


def share_of_bfloat16(values):
    """Share of float32 numbers that bfloat16 holds exactly."""
    return np.mean(values == np.float32(tf.cast(values, tf.bfloat16)))


def trained(policy, inner_policy):
    """(share of bfloat16 numbers, growth of one weight against another)."""
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(8, use_bias=False, dtype=inner_policy)
    layer = keras.layers.SpectralNormalization(dense, dtype=policy)
    inputs = np.ones([2, 16], np.float32)
    layer.build(inputs.shape)
    layer(inputs, training=True)
    # The normalization scales all weights alike: their ratio is the optimizer's.
    def ratio():
        return float(dense.kernel[0, 0] / dense.kernel[1, 1])

    before = ratio()
    for _ in range(200):
        kernel = dense.kernel.numpy()
        kernel[0, 0] *= 1 + 1e-4
        dense.kernel.assign(kernel)
        layer(inputs, training=True)
    assert dense.kernel.dtype == "float32"
    return share_of_bfloat16(dense.kernel.numpy()), ratio() / before - 1


found = {}
for policy, inner in (
    ("float32", "float32"),
    ("mixed_bfloat16", "mixed_bfloat16"),
    ("float32", "mixed_bfloat16"),
):
    share, growth = found[policy, inner] = trained(policy, inner)
    print(
        f"SpectralNormalization in {policy} around Dense in {inner}: "
        f"{share:.0%} of the float32 kernel are bfloat16 numbers; a weight "
        f"that should grow by 2.0 % grew by {growth:.1%}"
    )
right = [found["float32", inner] for inner in ("float32", "mixed_bfloat16")]
share, growth = found["mixed_bfloat16", "mixed_bfloat16"]
is_so = (
    share == 1.0
    and abs(growth) < 0.001
    and all(one < 0.5 and abs(of - 0.02) < 0.002 for one, of in right)
)
sys.exit(0 if is_so else 1)
PYTHON
