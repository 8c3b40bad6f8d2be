"""Pages of the figures of Durall et al., 2020, at their smallest settings."""

import json

import keras
import numpy as np
import pytest
import scipy.optimize
from PIL import Image

import zoo
from recipes import page
from recipes.paper import autoencoder_sweep
from recipes.paper import best_filter
from recipes.paper import detection_spectra
from recipes.paper import generated_images
from recipes.paper import generator_spectra
from recipes.paper import upsampling_theory
from recipes.paper.stored_spectrum import StoredSpectrum
from specgan import data
from specgan.losses.spectral import decibel_distance
from specgan.metrics import SpectrumStatistics

SIZE = 16


def picture_size(path):
    with Image.open(path) as picture:
        return picture.size


# === Section 2.3 ===


def test_up_is_numpys_repetition_and_interpolation():
    row = np.random.default_rng(0).normal(size=7)
    up = upsampling_theory.up
    np.testing.assert_array_equal(up(row, "zero_insertion")[::2], row)
    assert not up(row, "zero_insertion")[1::2].any()
    np.testing.assert_allclose(up(row, "nearest"), np.repeat(row, 2))
    linear = np.interp(np.arange(14) / 2, np.arange(7), row, period=7)
    np.testing.assert_allclose(up(row, "aligned_bilinear"), linear)
    picture = np.random.default_rng(1).normal(size=(4, 6))
    np.testing.assert_allclose(
        up(picture, "nearest"), picture.repeat(2, axis=0).repeat(2, axis=1)
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_printed_formulas_are_off_and_corrected_ones_exact(seed):
    row = np.random.default_rng(seed).normal(size=24)
    found = upsampling_theory.residuals(row)
    assert len(found) == len(upsampling_theory.CORRECTIONS)
    for printed, corrected in found.values():
        assert corrected < 1e-12
        assert printed is None or printed > 0.01


def test_ring_means_are_those_of_the_spectrum():
    image = np.random.default_rng(0).uniform(-1, 1, [SIZE, SIZE])
    frequencies, levels = upsampling_theory.ring_means(image)
    expected = SpectrumStatistics.of([image[None, ..., None].astype("float32")])
    np.testing.assert_allclose(frequencies, expected.frequencies[1:])
    power = 10 * np.log10(expected.mean_power[1:-1])
    np.testing.assert_allclose(levels, power, atol=1e-3)


def test_theory_page(tmp_path, capsys):
    out = tmp_path / "theory"
    assert page.run(
        upsampling_theory.main, ["--image-size=32", f"--out={out}"]
    ) in (0, None)
    assert (out / "upsampling_theory.md").read_text() == capsys.readouterr().out
    record = json.loads((out / "upsampling_theory.json").read_text())
    assert record["image_size"] == 32
    assert picture_size(out / "row.png") == (1500, 650)
    assert picture_size(out / "picture.png") == (1500, 1050)


# === Figures 5 to 8 ===


def test_cells_are_different_and_all_there():
    cells = autoencoder_sweep.cells(seeds=2)
    names = [cell.name for cell in cells]
    assert len(set(names)) == len(names)
    assert names[0] == "transposed-1x3-mse-0"
    # First what the claim about small filters needs.
    assert {(cell.convolutions, cell.kernel_size) for cell in cells[:24]} == {
        (1, 3), (3, 3), (3, 5), (1, 5),
    }  # fmt: skip
    # 3 weights of 2 units: one filter of 2 sizes, three of 5. Of 3 filters of
    # 5 x 5, 5 more weights of 2 units, and 3 more units.
    assert len(cells) == 2 * (3 * 2 * (2 + 5) + 5 * 2 + 3)
    assert sum(cell.weight == 0 for cell in cells) == 2 * (2 * (2 + 5) + 3)


def sweep(out, *arguments):
    return page.run(
        autoencoder_sweep.main,
        [
            f"--image-size={SIZE}", "--width=2", "--training=128",
            "--held-out=128", "--epochs=1", f"--out={out}", *arguments,
        ],
    )  # fmt: skip


@pytest.mark.slow
def test_sweep_page_and_its_resumption(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(autoencoder_sweep, "STEPS", 2)
    assert sweep(tmp_path, "--limit=3") in (0, None)
    capsys.readouterr()
    files = sorted((tmp_path / "cells").glob("*.json"))
    assert len(files) == 3
    record = json.loads((tmp_path / "autoencoder_sweep.json").read_text())
    assert [result["cell"]["weight"] for result in record["results"]] == [
        0, 0, 0.01,
    ]  # fmt: skip
    assert not any(result["converged"] for result in record["results"])
    assert record["missing"] == []
    assert picture_size(tmp_path / "autoencoder_sweep.png") == (1300, 1200)
    # A cell that is there is not computed again, and a missing one is.
    files[0].unlink()
    kept = [file.read_bytes() for file in files[1:]]
    assert sweep(tmp_path, "--limit=3") in (0, None)
    assert [file.read_bytes() for file in files[1:]] == kept
    assert files[0].is_file()
    text = (tmp_path / "autoencoder_sweep.md").read_text()
    assert text.rstrip() in capsys.readouterr().out
    assert "| transposed | 1 of 3 x 3 | none |" in text and "(end)" in text


def test_sweep_tells_damaged_cells_and_other_settings(tmp_path, capsys):
    cell = tmp_path / "cells" / f"{autoencoder_sweep.cells()[0].name}.json"
    cell.parent.mkdir()
    cell.write_text('{"protocol"')
    assert sweep(tmp_path, "--limit=1") == 2
    assert f"{cell.name} is damaged" in capsys.readouterr().err
    cell.write_text('{"protocol": {"epochs": 7}}')
    assert sweep(tmp_path, "--limit=1") == 2
    error = capsys.readouterr().err
    assert "other settings" in error and error.count("\n") == 1


def test_sweep_shows_what_there_is(tmp_path, capsys):
    assert sweep(tmp_path, "--no-train", "--limit=2") in (0, None)
    assert "Not yet computed: 2 cells" in capsys.readouterr().out
    assert not (tmp_path / "cells").exists()


def test_sweep_leaves_a_cell_to_the_process_that_computes_it(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(autoencoder_sweep.Lease, "acquire", lambda self: False)
    assert sweep(tmp_path, "--limit=2") in (0, None)
    assert "Not yet computed: 2 cells" in capsys.readouterr().out


def test_sweep_needs_images(tmp_path, capsys):
    assert sweep(tmp_path, "--limit=1", "--held-out=10000") == 2
    assert "Hold out fewer" in capsys.readouterr().err


def test_plateaus_end_a_training_that_falls_no_further():
    model = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    plateaus = autoencoder_sweep.Plateaus((1.0, 0.5), 0.1, 2)
    plateaus.set_model(model)
    rates = []
    # Falls of a fifth, then of less than a tenth; once more, then none.
    losses = [1.0, 0.8, 0.79, 0.78, 0.6, 0.6, 0.6, 0.1]
    for epoch, loss in enumerate(losses):
        model.stop_training = False
        plateaus.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    assert plateaus.reduced_at == [4, 7] and plateaus.converged
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]


def test_more_convolutions_and_a_wider_unit_have_the_weights_they_say():
    model = zoo.AutoEncoder(
        SIZE, 1, width=2, depth=0, kernel_size=5, unit_kernel_size=7
    )
    assert [weight.shape for weight in model.network.get_weights()] == [
        (7, 7, 1, 1), (1,),
    ]  # fmt: skip
    assert model.get_config()["unit_kernel_size"] == 7


# === Figures 1, 10 and 11 ===


class Generator:
    """Makes images of a data set, or noise."""

    image_shape = (SIZE, SIZE, 1)

    def __init__(self, images):
        self.images = images

    def sample_batches(self, num, seed):
        chosen = np.random.default_rng(seed).choice(len(self.images), num)
        yield self.images[chosen]


@pytest.fixture
def generators(monkeypatch):
    photos = data.load_array("photos", image_size=SIZE, channels=1)
    noise = np.random.default_rng(0).uniform(-1, 1, [64, SIZE, SIZE, 1])
    models = {
        "photos": Generator((photos / 127.5 - 1).astype("float32")),
        "noise": Generator(noise.astype("float32")),
    }

    def generator(name):
        remedy = "plain" if name == "noise" else "decibel"
        return models[name], generated_images.Description(
            name, "LSGAN", "transposed", remedy, 0
        )

    monkeypatch.setattr(generated_images, "generator", generator)


def test_generator_spectra_page(generators, tmp_path, capsys):
    out = tmp_path / "out"
    assert page.run(
        generator_spectra.main, ["photos", "noise", "--num=64", f"--out={out}"]
    ) in (0, None)
    text = (out / "generator_spectra.md").read_text()
    assert text == capsys.readouterr().out
    record = json.loads((out / "generator_spectra.json").read_text())
    photos, noise = record["generators"]
    # White noise of the variance 1/3.
    spectrum = StoredSpectrum.from_dict(noise["spectrum"])
    np.testing.assert_allclose(spectrum.mean_power[1:], 1 / 3, rtol=0.25)
    assert noise["error"] > 5 * photos["error"]
    assert noise["bias_above_half"] > 10 > abs(photos["bias_above_half"])
    assert noise["spread_ratio_above_half"] < photos["spread_ratio_above_half"]
    assert text.index("plain") < text.index("decibel")
    assert picture_size(out / "generator_spectra.png") == (850, 640)


def test_stored_spectrum_is_that_of_the_statistics():
    images = np.random.default_rng(0).uniform(-1, 1, [20, SIZE, SIZE, 1])
    images = images.astype("float32")
    stored = StoredSpectrum.of(images)
    again = StoredSpectrum.from_dict(json.loads(json.dumps(stored.as_dict())))
    statistics = SpectrumStatistics.of([images])
    for name in ("frequencies", "mean_power", "decibels", "spread"):
        expected = getattr(statistics, name)
        np.testing.assert_allclose(getattr(stored, name), expected, rtol=1e-6)
        np.testing.assert_allclose(getattr(again, name), expected, rtol=1e-5)
    other = SpectrumStatistics.of([images[:10]])
    expected = other.rms_error(statistics, beyond=0.25)
    found = StoredSpectrum.of(images[:10]).rms_error(again, beyond=0.25)
    assert found == pytest.approx(expected, rel=1e-3)


def test_detection_spectra_page(generators, tmp_path, capsys):
    out = tmp_path / "out"
    assert page.run(
        detection_spectra.main, ["photos", "noise", "--num=60", f"--out={out}"]
    ) in (0, None)
    text = (out / "detection_spectra.md").read_text()
    assert text == capsys.readouterr().out
    record = json.loads((out / "detection_spectra.json").read_text())
    sets = {one["name"]: one for one in record["sets"]}
    noise = sets["LSGAN, transposed, plain"]
    assert noise["normalized"]["accuracy"] > 0.95
    assert sets["other real images"]["normalized"]["accuracy"] < 0.75
    # Images of another width have as many values only once interpolated.
    narrow = sets["real, 2 columns fewer"]
    assert "accuracy" not in narrow["raw"] and "another length" in text
    assert len(narrow["normalized"]["mean"]) == detection_spectra.LENGTH
    # The logarithm of the first ring divides itself.
    assert all(one["normalized"]["mean"][0] == 1 for one in record["sets"])
    assert picture_size(out / "detection_spectra.png") == (1300, 900)


@pytest.mark.parametrize("module", [generator_spectra, detection_spectra])
def test_pages_tell_what_is_missing(module, generators, tmp_path, capsys):
    out = tmp_path / "out"
    assert page.run(module.main, [f"--out={out}"]) == 2
    assert "no generator" in capsys.readouterr().err
    assert page.run(module.main, ["noise", "--num=9999", f"--out={out}"]) == 2
    assert "two sets of --num" in capsys.readouterr().err
    (tmp_path / "queue" / "_queue").mkdir(parents=True)
    assert page.run(module.main, [str(tmp_path / "queue")]) == 2
    assert "no finished cell" in capsys.readouterr().err
    assert not out.exists()


def test_generators_must_make_images_of_one_shape(generators, monkeypatch):
    monkeypatch.setattr(Generator, "image_shape", property(shape_of))
    with pytest.raises(ValueError, match="images of one shape"):
        generator_spectra.measured(["photos", "noise"], 8, 0, "photos")


def shape_of(generator):
    return (SIZE + (len(generator.images) == 64), SIZE, 1)


def test_finished_cells_of_a_queue(tmp_path):
    for name, is_finished in (("b", True), ("a", True), ("c", False)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
        if is_finished:
            (tmp_path / f"{name}.json").write_text("{}")
    (tmp_path / "_queue").mkdir()
    assert generated_images.expanded(["x.keras", tmp_path]) == [
        "x.keras", str(tmp_path / "a"), str(tmp_path / "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments, remedy",
    [
        ({}, "plain"),
        ({"spectral_regularization": "decibel"}, "decibel"),
        ({"spectral_regularization": "paper"}, "cross-entropy + head"),
        ({"spectral_head": True}, "head"),
    ],
)
def test_description_of_a_model(arguments, remedy, monkeypatch):
    gan = zoo.LSGAN(SIZE, 1, width=2, latent_dim=4, seed=3, **arguments)
    monkeypatch.setattr(generated_images, "model_of", lambda name: gan)
    model, about = generated_images.generator("runs/mine")
    assert model is gan
    assert (about.name, about.model, about.seed) == ("mine", "LSGAN", 3)
    assert (about.unit, about.remedy) == ("transposed", remedy)


# === One filter, solved ===


def problem(unit="nearest", size=3, num=6):
    images = np.random.default_rng(0).normal(size=[num, 8, 8]) / 4
    enlarged = np.array(
        [upsampling_theory.up(upsampling_theory.down(one), unit)
         for one in images]
    )  # fmt: skip
    transforms = np.fft.fft2(images, norm="ortho")
    target = best_filter.ring_powers(best_filter.mean_power(transforms))
    one = best_filter.Problem(
        np.fft.fft2(enlarged, norm="ortho"), transforms, target, size
    )
    return images, enlarged, one


def filtered(images, taps):
    """A circular convolution, pixel by pixel."""
    size = int(np.sqrt(len(taps)))
    return sum(
        tap * np.roll(images, (column - size // 2, row - size // 2), (2, 1))
        for tap, (column, row) in zip(taps, np.ndindex(size, size), strict=True)
    )


@pytest.mark.parametrize("size", [1, 3, 5])
def test_problem_is_that_of_the_filtered_images(size):
    images, enlarged, one = problem(size=size)
    taps = np.random.default_rng(1).normal(size=size**2) / (4 * size)
    # `np.meshgrid` has the columns first, and so has `filtered`.
    result = filtered(enlarged, taps)
    square_error, half = one.square_error(taps)
    assert square_error == pytest.approx(np.mean((result - images) ** 2))
    powers = np.einsum("i,rij,j->r", taps, one.forms, taps)
    expected = SpectrumStatistics.of([result[..., None].astype("float32")])
    np.testing.assert_allclose(
        powers, expected.mean_power[1:], rtol=1e-4, atol=1e-12
    )
    distance, _ = one.decibel_loss(taps)
    assert distance == pytest.approx(
        float(decibel_distance(np.r_[0, powers], np.r_[0, one.target]))
    )
    for function, factor in ((one.square_error, 2), (one.decibel_loss, 1)):
        slope = scipy.optimize.approx_fprime(
            taps, lambda some, f=function: f(some)[0], 1e-7
        )
        np.testing.assert_allclose(
            factor * function(taps)[1], slope, rtol=1e-3, atol=1e-4
        )


def test_best_filter_beats_others_at_what_it_minimizes():
    _, _, one = problem()
    plain, both, alone = (one.best(weight, 3, 0) for weight in (0.0, 1.0, None))
    assert plain["mean_square_error"] <= both["mean_square_error"]
    assert alone["error"] <= both["error"] + 1e-6 < plain["error"]
    draw = np.random.default_rng(2)
    for _ in range(10):
        taps = draw.normal(size=9)
        assert one.square_error(taps)[0] > plain["mean_square_error"]


def test_a_larger_filter_is_no_worse():
    small, large = (problem(size=size)[2] for size in (1, 3))
    found = [one.best(None, 3, 0)["error"] for one in (small, large)]
    assert found[1] < found[0]


@pytest.mark.slow
def test_best_filter_page(tmp_path, capsys):
    out = tmp_path / "out"
    assert page.run(
        best_filter.main,
        ["--image-size=16", "--num=8", "--starts=1", f"--out={out}"],
    ) in (0, None)
    assert (out / "best_filter.md").read_text() == capsys.readouterr().out
    record = json.loads((out / "best_filter.json").read_text())
    assert len(record["results"]) == 4 * 5 * 4
    assert picture_size(out / "best_filter.png") == (1500, 480)
