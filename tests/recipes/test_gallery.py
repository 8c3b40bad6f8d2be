"""The gallery of the docs, of presets made here."""

import shutil

import numpy as np
import pytest

import zoo
from recipes import gallery
from recipes import page
from specgan.plots import tiled
from specgan.plots.image_grids import save
from specgan.signal import azimuthal_integral
from tests.tiny_gan import randomize
from zoo import pretrained

SMALL = {"image_size": 16, "channels": 1, "width": 2, "latent_dim": 4}


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """A regularized GAN, its plain twin, and one of other data."""
    place = tmp_path_factory.mktemp("presets")
    real = np.random.default_rng(0).uniform(-1, 1, [8, 16, 16, 1])
    regularized = zoo.DCGAN(**SMALL, spectral_regularization=True)
    randomize(regularized.generator)
    regularized.adapt(real.astype(np.float32))
    zoo.save_preset(
        regularized, place / "regular", "mit", "A GAN", data="noise", steps=7
    )
    plain = zoo.DCGAN(**SMALL)
    figures = {"fid": 12.3456, "images": 100}
    zoo.save_preset(
        plain, place / "plain", "mit", data="noise", figures=figures
    )
    zoo.save_preset(plain, place / "other", "apache-2.0", data="faces")
    target = azimuthal_integral(real).numpy().mean(axis=0)
    return [place / name for name in ("regular", "plain", "other")], target


def test_gallery(presets, tmp_path, monkeypatch):
    folders, target = presets
    drawn = []
    figure_of = gallery.spectrum_figure
    monkeypatch.setattr(
        gallery,
        "spectrum_figure",
        lambda *arguments: drawn.append(arguments) or figure_of(*arguments),
    )
    command = [*map(str, folders), "--out", str(tmp_path)]
    assert page.run(gallery.main, command) == 0
    text = (tmp_path / "gallery.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    cells = [[one.strip() for one in row.split("|")[1:-1]] for row in rows]
    # Without its size in MB.
    assert cells[0][:4] + cells[0][5:] == [
        "[regular](#regular)", "16 x 16 x 1", "not measured", "7", "dcgan",
        "noise", "mit",
    ]  # fmt: skip
    assert cells[1][2:4] == ["12.35", "unknown"]
    assert "A GAN. [Card](gallery/regular.md)" in text
    for folder in folders:
        samples = tmp_path / "gallery" / f"{folder.name}-samples.png"
        assert samples.read_bytes() == (folder / "samples.png").read_bytes()
        assert (tmp_path / "gallery" / f"{folder.name}-spectrum.png").is_file()
        card = (tmp_path / "gallery" / f"{folder.name}.md").read_text()
        assert card.startswith(f"# {folder.name}\n")
    # The twin is compared with the same real images, the stranger with none.
    regular, plain, other = [arguments[1] for arguments in drawn]
    np.testing.assert_allclose(regular, target, rtol=1e-4)
    np.testing.assert_array_equal(plain, regular)
    assert other is None
    # 16 samples, of 8 bits.
    statistics = drawn[0][0]
    assert statistics.count == 16
    images = zoo.load(str(folders[0])).sample(16)
    power = azimuthal_integral(images).numpy().mean(axis=0)
    np.testing.assert_allclose(statistics.mean_power, power, rtol=0.05)


def test_reconstructions_stand_beside_their_photographs(tmp_path, monkeypatch):
    model = zoo.AutoEncoder(image_size=16, channels=1, width=2)
    zoo.save_preset(model, tmp_path / "model", "mit")
    drawn = []
    monkeypatch.setattr(
        gallery.SpectrumStatistics,
        "of",
        lambda batches, of=gallery.SpectrumStatistics.of: (
            drawn.append(np.asarray(batches[0])) or of(batches)
        ),
    )
    gallery.write([tmp_path / "model"], tmp_path)
    real, reconstructed = drawn
    expected = model.reconstruct(real)
    assert real.shape == (8, 16, 16, 1)
    np.testing.assert_allclose(reconstructed, expected, atol=0.05)


def test_tiles_are_those_of_the_grid(tmp_path):
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, [6, 4, 5, 3], np.uint8)
    save(tiled(images, 2), tmp_path / "grid.png")
    found = gallery.tiles(tmp_path / "grid.png", (4, 5, 3))
    np.testing.assert_array_equal(found, images)


def test_preset_without_samples(presets, tmp_path):
    shutil.copytree(presets[0][2], tmp_path / "other")
    (tmp_path / "other" / "samples.png").unlink()
    pretrained.renew_checksums(tmp_path / "other")
    with pytest.raises(ValueError, match="there is no samples.png"):
        gallery.write([tmp_path / "other"], tmp_path)


def test_no_presets_are_one_line(capsys):
    assert page.run(gallery.main, []) == 2
    assert "one preset at least" in capsys.readouterr().err
