"""`specgan demo`: its files, figures and what it prints."""

import csv

import numpy as np
import pytest
from PIL import Image

from specgan import plots
from specgan.cli.main import main
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectrumStatistics
from specgan.metrics.spectral_errors import spectral_distance_2d
from specgan.runs import demo_pictures
from specgan.runs import demo_training as demo
from specgan.signal import to_uint8
from tests.contracts import uniform

SHOWN = ("samples", "spectra-1-d", "spectra-2-d", "spectra", "detectability")


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def folder(tmp_path):
    """48 pictures of noise, in colours."""
    (tmp_path / "data").mkdir()
    images = to_uint8(uniform(48, 16, 16, 3)).numpy()
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "data" / f"{number:02}.png")
    return tmp_path / "data"


def test_demo(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "NUM_IMAGES", 24)
    out = tmp_path / "out"
    arguments = ["demo", "--data", str(folder), "--out", str(out)]
    arguments += ["--image-size", "16", "--width", "4", "--epochs", "1"]
    assert main([*arguments, "--batch-size", "16"]) == 0
    for name in SHOWN:
        assert read(out / f"{name}.png").std() > 5, name
    assert (out / "saved_model" / "saved_model.pb").is_file()
    with (out / "spectra.csv").open() as file:
        assert "regularized (dB)" in next(csv.reader(file))
    for name in ("plain", "regularized"):
        assert (out / name / "spectrum-single-images.png").is_file()
    printed = capsys.readouterr().out
    for name in SHOWN:
        assert f"{name}.png" in printed
    for figure in (
        *demo.KEY_DETECTORS.values(),
        "2-D distance of the spectra, dB",
        "spread of single images / real",
    ):
        (line,) = [
            line for line in printed.splitlines() if line.startswith(figure)
        ]
        assert np.all(np.isfinite([float(word) for word in line.split()[-3:]]))


# === Key figures ===


def measured(tmp_path, real, **samples):
    return demo.compare(real, samples, tmp_path)


def test_key_figures_are_those_of_the_metrics(tmp_path):
    real = uniform(60, 16, 16, 3)
    samples = {"plain": 0.5 * real[:30], "regularized": uniform(30, 16, 16, 3)}
    figures = measured(tmp_path, real, **samples)
    first = SpectrumStatistics.of([real[:30]])
    single = SingleImageSpectra.of([real[:30]])
    rows = {**samples, "other real": real[30:]}
    for name, images in rows.items():
        one = SpectrumStatistics.of([images])
        assert figures["2-D distance of the spectra, dB"][
            name
        ] == pytest.approx(
            spectral_distance_2d(one.mean_spectrum, first.mean_spectrum)
        )
        ratio = SingleImageSpectra.of([images]).spread_ratio(single)
        assert figures["spread of single images / real"][name] == pytest.approx(
            ratio
        )
    # Half as bright is always detected; the same kind of noise is not.
    accuracy = figures["detector of the 1-D spectrum, accuracy"]
    assert accuracy["plain"] > 0.95
    assert abs(accuracy["other real"] - 0.5) < 0.25


def test_too_few_images_for_a_detector(tmp_path, capsys):
    real = uniform(6, 16, 16, 1)
    figures = measured(tmp_path, real, plain=real, regularized=real)
    assert "No detectability.png: " in capsys.readouterr().out
    assert not (tmp_path / "detectability.png").exists()
    assert not any("accuracy" in name for name in figures)
    demo.print_summary(figures, tmp_path)
    assert "detectability.png" not in capsys.readouterr().out


# === Pictures ===


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size, scale", [(16, 8), (200, 1)])
def test_samples_are_enlarged_pixel_by_pixel(size, scale, channels):
    images = uniform(3, size, size, channels)
    figure = demo_pictures.samples({"One\nof them": images}, 3, 1)
    drawn = plots.to_pixels(figure)
    expected = to_uint8(images).numpy()
    # The first image begins 12 pixels from the left, 56 from above.
    large = drawn[56 : 56 + size * scale, 12 : 12 + size * scale]
    pixel = np.ones([scale, scale, 3 // channels])
    np.testing.assert_array_equal(large, np.kron(expected[0], pixel))
    # The next one a gap of white later.
    start = 12 + size * scale
    assert np.all(drawn[56 : 56 + size * scale, start : start + 8] == 255)
    np.testing.assert_array_equal(
        drawn[56, start + 8, :channels], expected[1, 0, 0]
    )
    assert [text.get_text() for text in figure.texts] == ["One", "of them"]


def profile(accuracy):
    return {
        f"detection_{row}{suffix}": value
        for row in ("luma_rbf", "map_linear", "a_new_one")
        for suffix, value in {
            "": accuracy, "_std": 0.01, "_control": 0.5, "_control_std": 0.02,
        }.items()
    }  # fmt: skip


def test_detectability_has_a_group_of_bars_for_each_detector():
    figure = demo_pictures.detectability(
        {"plain": profile(0.9), "regularized": profile(0.6)}
    )
    (axes,) = figure.axes
    bars = [
        (bar.get_x(), bar.get_width())
        for bar in axes.patches
        if bar.get_x() == 0.5
    ]
    np.testing.assert_allclose(bars, [(0.5, 0.4), (0.5, 0.1)] * 3)
    controls = [bar for bar in axes.patches if bar.get_x() != 0.5]
    # Two standard errors to either side.
    np.testing.assert_allclose(
        [(bar.get_x(), bar.get_width()) for bar in controls],
        [(0.46, 0.08)] * 6,
    )
    words = [label.get_text() for label in axes.get_yticklabels()]
    assert words == [
        demo_pictures.DETECTORS["luma_rbf"],
        demo_pictures.DETECTORS["map_linear"],
        "a_new_one",
    ]
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["90 %  plain GAN", "60 %  regularized GAN"]
    assert axes.get_legend() is None


def test_maps_share_scales():
    real, one, other = (
        SingleImageSpectra.of([level * uniform(20, 16, 16, 1)])
        for level in (0.1, 0.2, 0.8)
    )
    figure = demo_pictures.maps(real, {"plain": one, "regularized": other})
    images = [image for axes in figure.axes for image in axes.get_images()]
    spectra, differences = images[:3], images[3:]
    assert len({image.get_clim() for image in spectra}) == 1
    # 18 dB too much lie within the colours.
    limits = {image.get_clim() for image in differences}
    assert len(limits) == 1 and 18 <= max(limits)[1] <= 22


def test_spectra_of_single_images_share_axes():
    real, one, other = (
        SingleImageSpectra.of([level * uniform(20, 16, 16, 1)])
        for level in (0.1, 0.8, 0.1)
    )
    figure = demo_pictures.single_image_spectra(
        real, {"plain": one, "regularized": other}
    )
    above, below = figure.axes[:2], figure.axes[2:]
    for pair in (above, below):
        assert pair[0].get_ylim() == pair[1].get_ylim()
    assert below[0].get_ylim()[1] > 18
    assert above[0].get_title().startswith("plain GAN: images vary")
