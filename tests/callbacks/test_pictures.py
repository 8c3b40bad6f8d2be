import json

import numpy as np
import pytest
from PIL import Image

from specgan.callbacks import pictures
from specgan.metrics import DetectabilityProfile
from specgan.metrics import SpectrumStatistics
from specgan.metrics.detectability_profile import ROWS
from tests.contracts import uniform


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(
    "count, columns, shape",
    [(1, None, (1, 1)), (4, None, (2, 2)), (5, None, (2, 3)), (5, 2, (3, 2))],
)
def test_image_grid(count, columns, shape):
    # Image i has the level 10 i; what is left over is white.
    levels = np.arange(count, dtype=np.float32) * 10 / 127.5 - 1
    images = np.ones((count, 2, 3, 1), np.float32) * levels[:, None, None, None]
    grid = pictures.image_grid(images, columns)
    rows, columns = shape
    assert grid.shape == (2 * rows, 3 * columns, 1) and grid.dtype == np.uint8
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        cell = grid[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        assert np.all(cell == (10 * i if i < count else 255))


def test_image_grid_keeps_the_images_upright():
    image = uniform(1, 4, 6, 3)
    expected = np.round((image[0] + 1) * 127.5)
    np.testing.assert_array_equal(pictures.image_grid(image), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_saved_pictures_are_read_back(tmp_path, channels):
    grid = pictures.image_grid(uniform(4, 8, 8, channels))
    pictures.save(grid, tmp_path / "new" / "grid.png")
    read = np.asarray(Image.open(tmp_path / "new" / "grid.png"))
    np.testing.assert_array_equal(read.reshape(grid.shape), grid)


def test_spectra_compare_with_the_first():
    images = uniform(8, 16, 16, 1) / 4
    real = SpectrumStatistics.of([images])
    fake = SpectrumStatistics.of([2 * images])
    left, right = pictures.spectra({"real": real, "fake": fake}).axes
    assert labels(left) == ["real", "fake"]
    (label,) = labels(right)
    assert label.startswith("fake: 6.02 dB rms, 6.02 dB beyond")
    assert right.get_title() == "difference to real"
    # DC and corner are not drawn; Nyquist is.
    frequencies, level = left.lines[0].get_data()
    np.testing.assert_allclose(frequencies, np.arange(1, 9) / 16)
    np.testing.assert_allclose(level, real.decibels[1:9])
    np.testing.assert_allclose(right.lines[0].get_ydata(), 6.02, atol=0.01)


def test_spectra_of_one_have_one_panel():
    real = SpectrumStatistics.of([uniform(4, 16, 16, 1)])
    figure = pictures.spectra({"real": real}, title="mine")
    assert [axes.get_title() for axes in figure.axes] == ["mine"]


def test_more_spectra_than_colours():
    images = uniform(4, 16, 16, 1)
    figure = pictures.spectra(
        {str(i): SpectrumStatistics.of([images]) for i in range(8)}
    )
    assert labels(figure.axes[0]) == [str(i) for i in range(8)]


def test_log_spectra_share_one_scale():
    images = uniform(8, 16, 20, 1) / 4
    statistics = {
        "real": SpectrumStatistics.of([images]),
        "fake": SpectrumStatistics.of([2 * images]),
    }
    figure = pictures.log_spectra(statistics)
    panels = [axes for axes in figure.axes if axes.get_images()]
    assert [axes.get_title() for axes in panels] == ["real", "fake"]
    one, other = (axes.get_images()[0] for axes in panels)
    assert one.get_clim() == other.get_clim()
    difference = other.get_array() - one.get_array()
    np.testing.assert_allclose(difference, 6.02, atol=0.02)


@pytest.mark.parametrize("steps", [[100], [100, 200], [1, 10, 100]])
def test_error_history(steps):
    frequencies = np.arange(1, 9) / 16
    errors = np.arange(8.0 * len(steps)).reshape(len(steps), 8)
    figure = pictures.error_history(steps, frequencies, errors)
    mesh = figure.axes[0].collections[0]
    np.testing.assert_array_equal(
        np.asarray(mesh.get_array()).reshape(8, len(steps)), errors.T
    )
    # Every measurement lies in its cell.
    edges = mesh.get_coordinates()[0, :, 0]
    assert np.all(edges[:-1] < steps) and np.all(edges[1:] > steps)


def test_to_pixels():
    real = SpectrumStatistics.of([uniform(4, 16, 16, 1)])
    pixels = pictures.to_pixels(pictures.spectra({"real": real}))
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    assert np.all(pixels[0, 0] == 255) and pixels.min() < 50


def test_detectability_shows_accuracies_rings_and_map():
    draw = np.random.default_rng(0)
    noise = draw.normal(0, 40, [2, 40, 16, 16, 3])
    noise[1] *= 1.5
    real, fake = np.uint8(np.clip(noise + 128, 0, 255))
    profile = DetectabilityProfile(splits=2)
    profile.update_state(real=real, fake=fake)
    values, evidence = profile.result(), profile.evidence()
    # It can be drawn from what a file holds.
    record = json.loads(json.dumps([values, evidence]))
    figure = pictures.detectability(*record)
    left, middle, right = figure.subfigs
    bars, (shift, spread), plane = left.axes[0], middle.axes, right.axes[0]
    lengths = {
        round(bar.get_y() + bar.get_height() / 2): bar.get_width()
        for bar in bars.patches
    }
    shown = [text.get_text() for text in bars.get_yticklabels()]
    assert shown == [row.label for row in ROWS.values()]
    for place, name in enumerate(ROWS):
        expected = values[f"detection_{name}"] - 0.5
        assert lengths[place] == pytest.approx(expected)
    for ax, what in ((shift, "shift"), (spread, "spread")):
        lines = {line.get_label(): line for line in ax.lines}
        for name, ring in evidence["rings"].items():
            np.testing.assert_allclose(lines[name].get_ydata(), ring[what])
    mesh = plane.collections[0]
    np.testing.assert_allclose(mesh.get_array(), evidence["map"]["difference"])
    assert pictures.to_pixels(figure).ndim == 3
