import numpy as np
import pytest
from PIL import Image

from recipes import page
from recipes.paper import alias_free_generators
from recipes.paper import texture_sticking
from recipes.paper.alias_free_generators import generator_of
from recipes.paper.alias_free_generators import styles_of


class Stub:
    """A generator of one picture that moves, or sticks."""

    image_size = 32

    def __init__(self, moves):
        self.moves = moves

    def synthesis(self, styles, transforms):
        grid = (np.arange(32) + 0.5) / 32 - 0.5
        places = np.stack([*np.meshgrid(grid, grid), np.ones([32, 32])], -1)
        if not self.moves:
            transforms = np.tile(np.eye(3), (len(transforms), 1, 1))
        x, y, _ = np.moveaxis(
            np.einsum("bij,hwj->bhwi", transforms, places), -1, 0
        )
        return (np.sin(20 * x) * np.sin(15 * y))[..., None].astype("float32")


@pytest.mark.parametrize("moves", [True, False])
def test_what_sticks_is_seen(moves):
    stub, styles = Stub(moves), np.zeros([1, 2, 4], np.float32)
    images = texture_sticking.averages(stub, styles)
    difference = np.std(images["difference x 4"]) / 4
    assert (difference < 0.01) == moves
    rows = images["a row over a move"]
    assert rows.shape == (32, 32, 1)
    # Along a stripe, upright or slanted, nothing changes.
    shift = np.mean(np.abs(rows[16:, 4:] - rows[12:-4, 3:-1]))
    stay = np.mean(np.abs(rows[16:, 4:] - rows[12:-4, 4:]))
    assert (shift < stay) == moves
    figure = texture_sticking.figure_of({"stub": images})
    assert len(figure.axes) == 5
    assert texture_sticking.strip(stub, styles, 4).shape == (64, 128, 1)
    assert texture_sticking.video(stub, styles, 5).shape == (10, 32, 32, 1)


def test_main(tmp_path, monkeypatch, capsys):
    stubs = {"B": Stub(False), "T": Stub(True)}
    monkeypatch.setattr(
        texture_sticking, "generator_of", lambda source, _: stubs[source]
    )
    for module in (texture_sticking, alias_free_generators):
        monkeypatch.setattr(
            module, "styles_of", lambda _, number, *__: np.zeros([number])
        )
    texture_sticking.main("sticks=B", "T", out=str(tmp_path))
    printed = capsys.readouterr().out
    assert "sticks {'eq_t'" in printed and "\nT {'eq_t'" in printed
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"average.png", "strip.png", "moves.webp"}
    with Image.open(tmp_path / "moves.webp") as moves:
        assert moves.size == (64, 32) and moves.n_frames > 48


def test_styles_repeat():
    generator = generator_of("B", image_size=16, channel_max=4)
    styles = styles_of(generator, 3, seed=1)
    np.testing.assert_array_equal(styles, styles_of(generator, 3, seed=1))
    assert np.any(styles[0] != styles[1])


def test_neither_run_nor_configuration():
    with pytest.raises(ValueError, match="Unknown run or configuration"):
        generator_of("runs/none")


@pytest.mark.slow
def test_configurations_show_the_ablation():
    plain, translating, turning = (
        alias_free_generators.equivariance(generator_of(name), 8)
        for name in ("B", "T", "R")
    )
    assert plain["eq_t"] < 30 < 55 < translating["eq_t"]
    assert turning["eq_t"] > 65
    assert translating["quarter_turns"] < 40 < 100 < turning["quarter_turns"]


@pytest.mark.parametrize(
    "arguments, match",
    [
        (["T", "T"], "T twice"),
        (["a=T", "a=B"], "a twice"),
        (["nothing"], "Unknown run or configuration"),
        (["B", "--image-size", "17"], "power of two"),
    ],
)
def test_bad_input_in_one_line(tmp_path, capsys, arguments, match):
    out = tmp_path / "out"
    assert page.run(texture_sticking.main, [*arguments, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert match in error and error.count("\n") == 1
    assert not out.exists()


def test_any_number_of_images(monkeypatch):
    monkeypatch.setattr(
        alias_free_generators,
        "styles_of",
        lambda _, number, *__: np.zeros([number]),
    )
    results = alias_free_generators.equivariance(Stub(True), 11)
    assert results["eq_t"] > 40
