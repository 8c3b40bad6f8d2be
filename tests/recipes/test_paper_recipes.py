"""Both pages of the papers' figures, from end to end with tiny generators."""

import json

import pytest
from PIL import Image

from recipes import page
from recipes.paper import alias_free_ablation
from recipes.paper import alias_free_generators
from recipes.paper import texture_sticking


def result(value):
    names = [
        *alias_free_ablation.METRICS,
        *(f"{name}_relative" for name in alias_free_ablation.METRICS),
    ]
    return dict.fromkeys(names, value)


@pytest.mark.slow
def test_ablation(tmp_path, capsys):
    page.run(
        alias_free_ablation.main,
        ["b", "--image-size=16", "--channel-max=4", "--seeds=2", "--number=8"]
        + [f"--out={tmp_path}"],
    )
    printed = capsys.readouterr()
    assert printed.err.count("B, seed ") == 2
    text = (tmp_path / "alias_free_ablation.md").read_text("utf-8")
    assert text in printed.out and text.splitlines()[-1].startswith("| **B** |")
    record = json.loads(
        (tmp_path / "alias_free_ablation.json").read_text("utf-8")
    )
    assert record["settings"]["image_size"] == 16
    first, second = record["measured"]["B"]
    assert set(first) == set(result(0)) and first != second
    # What sticks to the pixels does so by whole pixels and by parts of them.
    assert abs(first["eq_t"] - first["eq_t_frac"]) < 5 and first["eq_t"] < 40
    # All are relative to the variance of about the same images.
    shares = [
        first[name] - first[f"{name}_relative"]
        for name in alias_free_ablation.METRICS
    ]
    assert max(shares) - min(shares) < 6
    with Image.open(tmp_path / "alias_free_ablation.png") as picture:
        assert picture.size == (1200, 320)


def test_table_by_hand():
    lines = list(alias_free_ablation.table({"T": [result(60.0), result(62.0)]}))
    assert [line.count("|") for line in lines] == [10, 10, 10]
    assert "| 61.0 ± 1.4 (61) | 63.0 | 61.0 ± 1.4 (61) | 46.4 |" in lines[2]
    (line,) = list(alias_free_ablation.table({"R": [result(80.0)]}))[2:]
    assert "| 80.0 ± 0.0 (80) | 66.7 |" in line


def test_unknown_letter(tmp_path, capsys):
    assert (
        page.run(alias_free_ablation.main, ["Q", "--out", str(tmp_path)]) == 2
    )
    assert "Unknown configuration" in capsys.readouterr().err


@pytest.mark.slow
def test_texture_sticking(tmp_path, capsys, monkeypatch):
    def tiny(source, image_size):
        return alias_free_generators.generator_of(source, image_size, 4)

    monkeypatch.setattr(texture_sticking, "generator_of", tiny)
    texture_sticking.main("B", image_size=16, out=str(tmp_path))
    assert "B {'eq_t'" in capsys.readouterr().out
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"average.png", "strip.png", "moves.webp"}


@pytest.mark.parametrize(
    "arguments, match",
    [
        (["T", "t"], "Expected different ones"),
        (["X"], "Unknown"),
        (["B", "--image-size", "17"], "power of two"),
    ],
)
def test_ablation_tells_bad_input_in_one_line(
    tmp_path, capsys, arguments, match
):
    out = tmp_path / "out"
    assert (
        page.run(alias_free_ablation.main, [*arguments, "--out", str(out)]) == 2
    )
    error = capsys.readouterr().err
    assert match in error and error.count("\n") == 1


@pytest.mark.parametrize("name", ["--seeds", "--number"])
def test_ablation_wants_positive_numbers(name, capsys):
    with pytest.raises(SystemExit) as exit_:
        page.run(alias_free_ablation.main, [name, "0"])
    assert exit_.value.code == 2
    assert "positive whole number" in capsys.readouterr().err
