"""`specgan suggest-weight`: of a new GAN, of a run folder, and bad input."""

import json

import numpy as np
import pytest

from specgan.cli.main import main
from specgan.losses.spectral import get

SMALL = ["--image-size", "16", "--width", "2", "--batch-size", "16"]


def suggest(pictures, *options, model="lsgan"):
    return main(
        ["suggest-weight", model, "--data", str(pictures), *SMALL]
        + ["--batches", "2", *options]
    )


def test_of_a_new_gan(pictures, capsys):
    options = ["--steps", "3", "--share", "0.25"]
    options += ["--spectral-regularization", "focal_frequency"]
    assert suggest(pictures, *options, "--json", "--batches", "99") == 0
    printed = capsys.readouterr()
    record = json.loads(printed.out)
    assert record["model"] == "LSGAN" and record["steps"] == 3
    assert "warning: 2 batches were measured, not 99" in printed.err
    assert record["spectral_loss"] == "FocalFrequencySpectralLoss"
    ratios = np.divide(record["adversarial"], record["spectral"])
    np.testing.assert_allclose(record["ratios"], ratios)
    np.testing.assert_allclose(record["weight"], 0.25 * np.median(ratios))
    assert record["trained_with"]["weight"] == get("focal_frequency").weight
    # The same again, as a table.
    assert suggest(pictures, *options) == 0
    lines = capsys.readouterr().out.splitlines()
    (suggested,) = [line for line in lines if line.endswith("suggested")]
    weight = f"{record['weight']:.2g}"
    assert suggested.split() == ["0.25", weight, "suggested"]
    assert lines[-1] == f"--spectral-weight {weight}"


@pytest.mark.slow
def test_with_the_weight_of_a_training(pictures, capsys):
    options = ["--steps", "2", "--spectral-weight", "0.5"]
    assert suggest(pictures, *options, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    share = record["trained_with"]["share"]
    np.testing.assert_allclose(share, 0.5 / np.median(record["ratios"]))
    assert suggest(pictures, *options) == 0
    assert f"{share:.3g}, at the weight of this" in capsys.readouterr().out


@pytest.mark.slow
def test_of_a_run_folder(pictures, tmp_path, capsys):
    run = str(tmp_path / "run")
    arguments = ["--data", str(pictures), *SMALL, "--epochs", "1"]
    assert main(["train", "lsgan", "--run", run, *arguments]) == 0
    capsys.readouterr()
    # A plain GAN: the default loss, and another one.
    for options, name in (
        ([], "DistributionSpectralLoss"),
        (["--spectral-regularization", "decibel"], "DecibelSpectralLoss"),
    ):
        command = ["suggest-weight", run, "--batches", "1", "--json"]
        assert main([*command, *options]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["spectral_loss"] == name and record["weight"] > 0
        assert record["steps"] == 2 and len(record["ratios"]) == 1
    assert main(["suggest-weight", run, "--width", "4"]) == 2
    error = capsys.readouterr().err
    assert "--width with" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "options, message",
    [
        (["--spectral-regularization", "focal"], "focal_frequency"),
        (["--share", "0"], "positive number"),
        (["--steps", "-1"], "whole number"),
        (["--strategy", "mirrored"], "on one device"),
        (["--dtype-policy", "auto"], "one precision"),
        (["--spectral-regularization", "scaling"], "gradient is 0"),
    ],
)
def test_bad_options_are_one_line(options, message, pictures, capsys):
    try:
        code = suggest(pictures, "--steps", "0", *options)
    except SystemExit as error:
        code = error.code
    assert code == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "model, message",
    [
        ("lsgam", "Did you mean 'lsgan'"),
        ("vae", "Expected a GAN"),
        (".", "no trained model"),
    ],
)
def test_what_is_no_gan_is_one_line(model, message, pictures, capsys):
    assert suggest(pictures, model=model) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
