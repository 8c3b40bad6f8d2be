#!/usr/bin/env bash
# rgb_to_grayscale of Keras makes grey 8-bit images one level darker.
#
# A pixel with equal red, green and blue is grey already. Of the 256 greys,
# keras.ops.image.rgb_to_grayscale (Keras 3.15.1, TensorFlow backend) returns
# 255 one level lower for uint8 images, all but 0, without a warning: its
# weights, 0.2989, 0.5870 and 0.1140, add up to 0.9999, and the result is cut
# off instead of rounded. tf.image.rgb_to_grayscale has the same weights and
# returns all 256 unchanged, as does Pillow. In floating point Keras is right to
# 1e-4. Colours lose half a level in the mean, a quarter with tf.image, nothing
# with Pillow.
#
# Whoever compares spectra, histograms or detections of images that came to grey
# in two ways compares that offset too. Remedy: convert to float before, or
# round.
#
# Runs without specgan. Exit code 0 while Keras behaves so, 1 otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.4 pillow==12.3.0
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= \
  "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { cat "$folder/log"; exit 1; }
import sys

import keras
import numpy as np
import PIL
import tensorflow as tf
from PIL import Image

print(
    "Keras", keras.__version__, "TensorFlow", tf.__version__,
    "Pillow", PIL.__version__,
)
greys = np.arange(256, dtype=np.uint8).reshape(16, 16)
colours = np.random.default_rng(0).integers(0, 256, [64, 64, 3], np.uint8)


def by_keras(image):
    return np.asarray(keras.ops.image.rgb_to_grayscale(image))[..., 0]


def by_tensorflow(image):
    return np.asarray(tf.image.rgb_to_grayscale(image))[..., 0]


def by_pillow(image):
    return np.asarray(Image.fromarray(image).convert("L"))


found = {}
for function in (by_keras, by_tensorflow, by_pillow):
    image = np.repeat(greys[..., None], 3, axis=-1)
    change = function(image).astype(int) - greys
    exact = colours @ np.array([0.2989, 0.5870, 0.1140])
    offset = np.mean(function(colours) - exact)
    found[function] = changed, _ = np.sum(change == -1), offset
    print(
        f"{function.__name__}: {changed} of 256 greys one level lower, "
        f"{np.sum((change != 0) & (change != -1))} otherwise changed; colours "
        f"{offset:+.2f} levels in the mean"
    )
is_so = (
    found[by_keras][0] == 255
    and abs(found[by_keras][1] + 0.5) < 0.1
    and found[by_tensorflow][0] == found[by_pillow][0] == 0
    and abs(found[by_pillow][1]) < 0.1
)
sys.exit(0 if is_so else 1)
PYTHON
