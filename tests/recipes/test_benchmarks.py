"""The pages of `specgan benchmark` run, at their smallest; nothing is timed."""

import importlib
import re

import numpy as np
import pytest
import tensorflow as tf

import zoo
from recipes import benchmarks
from recipes.benchmarks import alias_free
from recipes.benchmarks import filter_rates
from recipes.benchmarks import first_load
from recipes.benchmarks import step_options
from recipes.benchmarks import timing
from recipes.benchmarks import torch_process
from recipes.benchmarks import training_steps
from recipes.benchmarks.keras_networks import of_keras_layers
from recipes.benchmarks.steps import step
from specgan import data
from specgan import metrics
from specgan.cli import main as command_line
from specgan.layers.alias_free.modulated_conv2d import ModulatedConv2D
from tests.metrics.feature_sets import MeanColours

SMALLEST = {
    "azimuthal_integrals": dict(image_size=16, batch_size=2, repetitions=1),
    "first_load": dict(num=3, image_size=16, repetitions=1),
    "gradients": dict(image_size=4),
    "reference_features": dict(sizes=[(16, 16)], pixels=2**10, repetitions=1),
}

# Those of several training steps, each traced anew, or of several detectors.
SLOW = {
    "detections": dict(count=2, training=20, repetitions=1),
    "alias_free": dict(image_size=16, batch_size=1, channel_max=4),
    "evaluations": dict(num=32),
    "exported_samples": dict(num=2, image_size=16, width=1, latent_dim=2),
    "filter_rates": dict(size=40, channels=1, generators=[(16, "T", 2, 1)]),
    "small_batches": dict(image_size=16, width=1, sizes=(4, 2)),
    "spectral_terms": dict(image_sizes=(16, 20), width=1, batch_size=2),
    "step_options": dict(image_size=16, width=1, batch_size=2),
    "cells": dict(
        epochs=1, images=64, num=64, size=16, width=1, features="none"
    ),
    "zoo_rates": dict(names=["dcgan"], image_size=16, width=1, batch_size=2),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_a_page_prints_its_figures(name, capsys):
    page = importlib.import_module(f"recipes.benchmarks.{name}")
    page.main(**SMALLEST[name])
    assert re.search(r"\d\.\d|\d times|\d images", capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Of so few images.
@pytest.mark.parametrize("name", SLOW)
def test_a_slow_page_prints_its_figures(name, capsys, monkeypatch):
    monkeypatch.setattr(metrics, "InceptionFeatures", MeanColours)
    page = importlib.import_module(f"recipes.benchmarks.{name}")
    once = {} if name in ("cells", "evaluations") else {"repetitions": 1}
    page.main(**SLOW[name], **once)
    assert re.search(r"\d\.\d", capsys.readouterr().out)


def test_padding_in_numbers_gives_the_same_convolution():
    layer = ModulatedConv2D(3, 3, padding=2)
    inputs = tf.random.stateless_normal([1, 5, 6, 2], [0, 1])
    kernel = tf.random.stateless_normal([3, 3, 2, 3], [2, 3])
    np.testing.assert_allclose(
        layer._convolution(inputs, kernel),
        alias_free.convolution_in_numbers(layer, inputs, kernel),
        atol=1e-5,
    )


@pytest.mark.slow
def test_training_steps_without_pytorch(capsys, monkeypatch):
    monkeypatch.setattr(torch_process, "is_installed", lambda: False)
    training_steps.main(["lsgan"], 16, width=1, batch_size=2, repetitions=1)
    out = capsys.readouterr().out
    assert "skipped: torch is not installed (pip install torch)" in out
    assert re.search(r"lsgan +mixed_bfloat16 .*\(0\.55\) +-", out)


def test_builds_of_other_sizes_are_refused(monkeypatch):
    monkeypatch.setattr(torch_process, "is_installed", lambda: False)
    wider = of_keras_layers(zoo.LSGAN(16, width=2))
    monkeypatch.setattr(training_steps, "of_keras_layers", lambda _: wider)
    with pytest.raises(ValueError, match="equal numbers of trained param"):
        training_steps.rivals(zoo.LSGAN, 16, 1, 2, None)


@pytest.mark.parametrize("gan_class", [zoo.LSGAN, zoo.WGANGP])
def test_keras_layers_make_the_same_gan(gan_class):
    ours = gan_class(16, width=2)
    rival = of_keras_layers(ours)
    for name in ("generator", "discriminator"):
        mine, other = getattr(ours, name), getattr(rival, name)
        assert not any(
            type(layer).__module__.startswith("specgan")
            for layer in other.layers
        )
        # Keras' transposed convolutions have their filters before the channels.
        other.set_weights(
            [
                value if value.shape == weight.shape else value.swapaxes(2, 3)
                for value, weight in zip(
                    mine.get_weights(), other.weights, strict=True
                )
            ]
        )
        inputs = tf.random.stateless_normal([3, *mine.input_shape[1:]], [1, 2])
        np.testing.assert_allclose(mine(inputs), other(inputs), atol=1e-6)
    assert rival.discriminator_steps == gan_class.steps
    assert rival.generator_adam == gan_class.generator_adam


def test_two_pass_step_trains_both_networks():
    given = step(zoo.DCGAN, 16, width=1, batch_size=2)
    before = [weights.numpy() for weights in given.gan.trainable_variables]
    step_options.two_pass_step(given)()
    for old, new in zip(before, given.gan.trainable_variables, strict=True):
        assert np.any(old != new.numpy())


def test_ratio_is_the_median_in_turns():
    now = 0.0
    # A turn each: 1 s and 2 s to warm up, then 1 and 4, 2 and 2, 1 and 3.
    seconds = iter([1, 2, 1, 4, 2, 2, 1, 3])

    def work():
        nonlocal now
        now += next(seconds)

    assert timing.ratio(work, work, lambda: now, repetitions=3) == 3


def test_pillow_loop_frames_as_data_does(tmp_path):
    files = tmp_path / "files"
    first_load.write_files(files, 2)
    ours = data.load_array(files, image_size=64, cache_dir=tmp_path)
    other = first_load.pillow_loop(files, 64)
    # Box filters of Pillow take whole pixels.
    assert np.abs(other.astype(float) - ours).mean() < 5


def test_plain_filtered_leaky_relu_is_the_same():
    images = tf.random.stateless_normal([1, 9, 9, 2], [0, 0])
    layer = filter_rates.FilteredLeakyReLU([1.0, 1.0], [1.0, 1.0], 2, 2, (1, 0))
    np.testing.assert_allclose(
        layer(images), filter_rates.plain_call(layer, images), atol=1e-5
    )


def test_an_unknown_name(capsys):
    assert command_line.main(["benchmark", "first_laod"]) == 2
    assert "Did you mean 'first_load'?" in capsys.readouterr().err


def test_named_ones_run_with_their_first_line(capsys, monkeypatch):
    for name in ("gradients", "first_load"):
        page = importlib.import_module(f"recipes.benchmarks.{name}")
        monkeypatch.setattr(page, "main", lambda: print("  1.00"))
    assert command_line.main(["benchmark", "gradients", "first_load"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("gradients: Gradient of the spectral losses")
    assert lines[4].startswith("first_load: First load of 2000 JPEG files")


def test_every_topic_is_a_page_that_is_tested():
    for name in benchmarks.TOPICS:
        page = importlib.import_module(f"recipes.benchmarks.{name}")
        assert callable(page.main)
    elsewhere = {"training_steps", "start_up", "first_sample"}
    assert {*SMALLEST, *SLOW, *elsewhere} == set(benchmarks.TOPICS)
