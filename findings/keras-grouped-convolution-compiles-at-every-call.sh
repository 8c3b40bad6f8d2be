#!/usr/bin/env bash
# A grouped Conv2D of Keras traces and compiles itself anew at every call.
#
# On a CPU Keras 3.15.1 runs a convolution with groups in a tf.function with
# jit_compile=True that it makes within the call. Called eagerly, the layer is
# traced and compiled by XLA each time: the tenth call takes about 25 times as
# long as tf.nn.conv2d with the same kernel, whose result is the same to the
# bit. In a model's train step it is compiled once for each layer and trace.
# TensorFlow without oneDNN has no gradient for groups on a CPU; with oneDNN,
# the default on x86, outputs and gradients are right without XLA, as is
# checked here.
#
# Seen in this project as a residual GAN (R3GAN) whose tests spent their time in
# compilation. Remedy: a layer that calls tf.nn.conv2d where its gradient works.
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
import time

import keras
import numpy as np
import tensorflow as tf

print("Keras", keras.__version__, "TensorFlow", tf.__version__)


def seconds(function, calls=10):
    """CPU-seconds of the last of several calls."""
    for _ in range(calls):
        begun = time.process_time()
        result = function()
        last = time.process_time() - begun
    return last, result


images = tf.random.stateless_normal([8, 16, 16, 32], seed=[0, 1])
ratios = {}
for groups in (1, 4):
    layer = keras.layers.Conv2D(
        32, 3, padding="same", groups=groups, use_bias=False
    )
    layer.build(images.shape)

    def by_keras():
        return layer(images)

    def by_tensorflow():
        return tf.nn.conv2d(images, layer.kernel, 1, "SAME")

    gradients = []
    for function in (by_keras, by_tensorflow):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(function() ** 2)
        gradients.append(tape.gradient(loss, layer.kernel.value))
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-2)
    (slow, first), (fast, second) = map(seconds, (by_keras, by_tensorflow))
    difference = float(tf.reduce_max(tf.abs(first - second)))
    ratios[groups] = slow / fast
    print(
        f"groups={groups}: the tenth call takes {slow / fast:.0f} times as "
        f"long as tf.nn.conv2d; outputs differ by {difference:.0e}"
    )
sys.exit(not (ratios[4] > 8 and ratios[4] > 4 * ratios[1]))
PYTHON
