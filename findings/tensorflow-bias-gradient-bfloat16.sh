#!/usr/bin/env bash
# The gradient of tf.nn.bias_add in bfloat16 stops growing at 256, on a CPU.
#
# A bias is added at every pixel of every image, so that its gradient is a sum
# over all of them. TensorFlow 2.21 sums it in bfloat16 itself, whose 8 bits of
# mantissa cannot count past 256 in steps of 1: for ones of [64, 64, 64, 3] each
# channel's sum is 512 where it should be 262,144. tf.reduce_sum of the same
# tensor is right. In float16 bias_add gives infinity, and tf.reduce_sum 2,048.
#
# Seen in this project as biases of up-sampling layers that hardly learned under
# mixed_bfloat16: they were added with tf.nn.bias_add, as layers written for
# TensorFlow 2 often do; Keras 3's own layers add by broadcasting and are right.
# No exception, warning or NaN shows it. Remedy: `x + bias`.
#
# Runs without specgan. Exit code 0 while TensorFlow behaves so, 1 otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.4
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= \
  "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { cat "$folder/log"; exit 1; }
import sys

import tensorflow as tf

print("TensorFlow", tf.__version__)
seen = {}
for dtype in ("float32", "bfloat16", "float16"):
    images = tf.ones([64, 64, 64, 3], dtype)
    bias = tf.zeros([3], dtype)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(bias)
        with_bias_add = tf.nn.bias_add(images, bias)
        with_plus = images + bias
    seen[dtype] = [
        float(tape.gradient(outputs, bias)[0])
        for outputs in (with_bias_add, with_plus)
    ]
    print(f"{dtype:<9} gradient of bias_add {seen[dtype][0]:>9}, "
          f"of + {seen[dtype][1]:>9}; the sum is {64**3}")
expected = {
    "float32": [262144.0, 262144.0],
    "bfloat16": [512.0, 262144.0],
    "float16": [float("inf"), 2048.0],
}
if seen != expected:
    sys.exit(f"changed: expected {expected}, received {seen}")
print("as described")
PYTHON
