import json

import numpy as np
import pytest
from PIL import Image

from specgan import plots
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
    grid = plots.image_grid(images, columns)
    rows, columns = shape
    assert grid.shape == (2 * rows, 3 * columns, 1) and grid.dtype == np.uint8
    for i in range(rows * columns):
        row, column = divmod(i, columns)
        cell = grid[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        assert np.all(cell == (10 * i if i < count else 255))


def test_image_grid_keeps_the_images_upright():
    image = uniform(1, 4, 6, 3)
    expected = np.round((image[0] + 1) * 127.5)
    np.testing.assert_array_equal(plots.image_grid(image), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_saved_pictures_are_read_back(tmp_path, channels):
    grid = plots.image_grid(uniform(4, 8, 8, channels))
    plots.save(grid, tmp_path / "new" / "grid.png")
    read = np.asarray(Image.open(tmp_path / "new" / "grid.png"))
    np.testing.assert_array_equal(read.reshape(grid.shape), grid)


def test_spectra_compare_with_the_first():
    images = uniform(8, 16, 16, 1) / 4
    real = SpectrumStatistics.of([images])
    fake = SpectrumStatistics.of([2 * images])
    left, right = plots.spectra({"real": real, "fake": fake}).axes
    assert labels(left) == ["real", "fake"]
    (label,) = labels(right)
    assert label.startswith("fake: 6.02 dB rms, 6.02 dB above")
    assert right.get_title() == "difference to real"
    # DC and corner are not drawn; Nyquist is.
    frequencies, level = left.lines[0].get_data()
    np.testing.assert_allclose(frequencies, np.arange(1, 9) / 16)
    np.testing.assert_allclose(level, real.decibels[1:9])
    np.testing.assert_allclose(right.lines[0].get_ydata(), 6.02, atol=0.01)


def test_spectra_of_one_have_one_panel():
    real = SpectrumStatistics.of([uniform(4, 16, 16, 1)])
    figure = plots.spectra({"real": real}, title="mine")
    assert [axes.get_title() for axes in figure.axes] == ["mine"]


def test_more_spectra_than_colours():
    images = uniform(4, 16, 16, 1)
    figure = plots.spectra(
        {str(i): SpectrumStatistics.of([images]) for i in range(8)}
    )
    assert labels(figure.axes[0]) == [str(i) for i in range(8)]


def test_log_spectra_share_one_scale():
    images = uniform(8, 16, 20, 1) / 4
    statistics = {
        "real": SpectrumStatistics.of([images]),
        "fake": SpectrumStatistics.of([2 * images]),
    }
    figure = plots.log_spectra(statistics)
    panels = [axes for axes in figure.axes if axes.get_images()]
    assert [axes.get_title() for axes in panels] == ["real", "fake"]
    one, other = (axes.get_images()[0] for axes in panels)
    assert one.get_clim() == other.get_clim()
    difference = other.get_array() - one.get_array()
    np.testing.assert_allclose(difference, 6.02, atol=0.02)


def test_single_image_spectra_show_quantiles_and_spread():
    draw = np.random.default_rng(0)
    frequencies = np.arange(1, 9) / 16
    # One ring more, the corner, is left out.
    real = draw.normal(-20, 2, [400, 9])
    fake = draw.normal(-17, 1, [300, 9])
    figure = plots.single_image_spectra(
        real, fake, frequencies, ("real", "made")
    )
    levels, relative, spread = figure.axes
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    expected = [
        np.quantile(one[:, :8], quantiles, axis=0) for one in (real, fake)
    ]
    for axes, zero in ((levels, 0), (relative, expected[0][2])):
        lines = [line.get_ydata() for line in axes.lines]
        np.testing.assert_allclose(
            lines, np.concatenate(expected) - zero, atol=1e-9
        )
        np.testing.assert_allclose(axes.lines[0].get_xdata(), frequencies)
        assert axes.get_xlim() == (0, 0.5)
    ratio = fake[:, :8].std(0) / real[:, :8].std(0)
    np.testing.assert_allclose(spread.lines[1].get_ydata(), ratio)
    # All has its name, and no legend is needed.
    assert {text.get_text() for text in levels.texts} == {"real", "made"}
    words = [text.get_text() for text in relative.texts]
    for name in ("real", "made", "5 %", "25 %", "median", "75 %", "95 %"):
        assert name in words
    assert not any(axes.get_legend() for axes in figure.axes)
    for axes in (levels, relative, spread):
        assert "cycles per pixel" in axes.get_xlabel()


def test_quantiles_are_labelled_where_they_end():
    levels = np.repeat(np.linspace(-8, 8, 101)[:, None], 4, axis=1)
    figure = plots.single_image_spectra(levels, levels, np.arange(1, 5) / 8)
    relative = figure.axes[1]
    places = {
        text.get_text(): text.get_position()[1]
        for text in relative.texts
        if text.get_color() == "black"
    }
    for label, place in {"5 %": -7.2, "median": 0, "95 %": 7.2}.items():
        np.testing.assert_allclose(places[label], place, atol=1e-9)


def test_labels_do_not_lie_on_each_other():
    same = np.zeros([10, 4])
    figure = plots.single_image_spectra(same, same, np.arange(1, 5) / 8)
    relative = figure.axes[1]
    places = [
        text.get_position()[1]
        for text in relative.texts
        if text.get_color() == "black" and "real" not in text.get_text()
    ]
    assert len(places) == 5 and np.all(np.diff(places) > 0.5)
    np.testing.assert_allclose(np.mean(places), 0, atol=1e-9)


def test_a_spread_of_none_can_be_compared():
    same = np.zeros([10, 4])
    figure = plots.single_image_spectra(same, same, np.arange(1, 5) / 8)
    assert np.all(np.isfinite(figure.axes[2].lines[1].get_ydata()))


@pytest.mark.parametrize("shape", [(16, 16), (15, 15), (12, 20)])
def test_spectrum_difference(shape):
    height, width = shape
    real = uniform(1, height, width, 1)[0, ..., 0]
    fake = real.copy()
    # Too much power at a quarter of a cycle per pixel to the right.
    row, column = height // 2, width // 2 + width // 4
    fake[row, column] += 5
    figure = plots.spectrum_difference(real, fake, "mine")
    axes = figure.axes[0]
    assert axes.get_title() == "mine"
    image = axes.get_images()[0]
    drawn = np.asarray(image.get_array())
    np.testing.assert_allclose(drawn[:height, :width], fake - real)
    # The picture is symmetric: an even size has -0.5 and 0.5 as well.
    assert drawn.shape == (height + 1 - height % 2, width + 1 - width % 2)
    if height % 2 == 0:
        np.testing.assert_array_equal(drawn[-1], drawn[0])
    if width % 2 == 0:
        np.testing.assert_array_equal(drawn[:, -1], drawn[:, 0])
    left, right, bottom, top = image.get_extent()
    np.testing.assert_allclose([left, top], [-right, -bottom])
    pixel = (right - left) / drawn.shape[1]
    np.testing.assert_allclose(pixel, 1 / width)
    np.testing.assert_allclose(
        left + (column + 0.5) * pixel, (width // 4) / width, atol=1e-9
    )
    np.testing.assert_allclose(image.get_clim(), (-6, 6))
    assert "cycles per pixel" in axes.get_xlabel()
    # Colours in words.
    words = [text.get_text() for text in figure.axes[-1].get_yticklabels()]
    assert any("too much" in word for word in words)
    assert any("too little" in word for word in words)


def test_spectrum_difference_marks_the_periods():
    figure = plots.spectrum_difference(np.zeros([16, 16]), np.ones([16, 16]))
    marks = {
        line.get_marker(): set(zip(*line.get_data(), strict=True))
        for line in figure.axes[0].lines
    }
    # Of period 2: multiples of a half but DC.
    assert marks["o"] == {
        (x / 2, y / 2) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y
    }
    # Of period 4: all other multiples of a quarter.
    assert marks["s"] == {
        (x / 4, y / 4)
        for x in range(-2, 3)
        for y in range(-2, 3)
        if x % 2 or y % 2
    }


@pytest.mark.parametrize("steps", [[100], [100, 200], [1, 10, 100]])
def test_error_history(steps):
    frequencies = np.arange(1, 9) / 16
    errors = np.arange(8.0 * len(steps)).reshape(len(steps), 8)
    figure = plots.error_history(steps, frequencies, errors)
    mesh = figure.axes[0].collections[0]
    np.testing.assert_array_equal(
        np.asarray(mesh.get_array()).reshape(8, len(steps)), errors.T
    )
    # Every measurement lies in its cell.
    edges = mesh.get_coordinates()[0, :, 0]
    assert np.all(edges[:-1] < steps) and np.all(edges[1:] > steps)


def test_to_pixels():
    real = SpectrumStatistics.of([uniform(4, 16, 16, 1)])
    pixels = plots.to_pixels(plots.spectra({"real": real}))
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
    figure = plots.detectability(*record)
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
    assert plots.to_pixels(figure).ndim == 3
