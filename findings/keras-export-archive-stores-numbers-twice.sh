#!/usr/bin/env bash
# A SavedModel of keras.export.ExportArchive holds every number twice.
#
# Keras 3.15.1 on TensorFlow 2.21.0: the archive tracks a model's variables by
# two ways that TensorFlow's checkpoint does not recognize as one. In
# variables/ each kernel and bias stands under two keys, and the file has twice
# the bytes of the weights; tf.saved_model.save of the same function and the same
# variables writes them once. A generator of 4.4 MB becomes a folder of 8.8 MB,
# and a published model reaches a limit of size at half of it.
#
# Remedy: a tf.Module that holds the variables once, the traced function, and
# tf.saved_model.save.
#
# Runs without specgan. Exit code 0 while Keras behaves so, 1 otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.4
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PYTHON'
import pathlib
import sys

import keras
import tensorflow as tf

model = keras.Sequential([keras.Input([1000]), keras.layers.Dense(500)])
weights = sum(array.nbytes for array in model.get_weights())

archive = keras.export.ExportArchive()
archive.track(model)
signature = [tf.TensorSpec([None, 1000], tf.float32)]
archive.add_endpoint("serve", model.call, signature)
archive.write_out("archive", verbose=False)

root = tf.Module()
root.kept = [one.value for one in model.variables]
serve = tf.function(model.call, signature).get_concrete_function()
tf.saved_model.save(root, "module", {"serve": serve})


def stored(path):
    """Bytes in variables/, and the keys of arrays."""
    files = pathlib.Path(path, "variables").glob("variables.data*")
    names = tf.train.list_variables(f"{path}/variables/variables")
    arrays = [name for name, shape in names if shape]
    return sum(file.stat().st_size for file in files), arrays


twice, both = stored("archive")
once, single = stored("module")
print(f"keras {keras.__version__}, tensorflow {tf.__version__}")
print(f"weights {weights:,} bytes")
print(f"ExportArchive {twice:,} bytes: {both}")
print(f"tf.saved_model.save {once:,} bytes: {single}")
is_so = twice > 1.9 * weights and once < 1.1 * weights
sys.exit(not is_so)
PYTHON
