import json

import pytest
from PIL import Image

from recipes import evaluation_table
from recipes import page


def test_a_line_for_each_file(tmp_path, capsys):
    for name, kid in (("plain", 0.2), ("regularized", 0.1)):
        values = {"kid": kid, "detection_luma_rbf": 0.875}
        text = json.dumps({"values": values})
        (tmp_path / f"{name}.json").write_text(text)
    files = [
        str(tmp_path / f"{name}.json") for name in ("plain", "regularized")
    ]
    picture = tmp_path / "frontier.png"
    code = page.run(evaluation_table.main, [*files, "--frontier", str(picture)])
    header, _, plain, regularized = capsys.readouterr().out.splitlines()
    assert code == 0
    with Image.open(picture) as image:
        assert image.size == (1200, 440)
    # What none of them has is left out.
    assert header == "| | KID x 1000 | 1-D luma |"
    assert plain == "| plain | 200.0 | 0.875 |"
    assert regularized.split(" | ")[1] == "100.0"


@pytest.mark.parametrize("name", ["fid", "frechet_inception-bfloat16"])
def test_a_line_for_a_cell_of_a_queue(name):
    record = {"name": "a", "evaluation": {"values": {name: 12.34}}}
    header, _, line = evaluation_table.table({"a": record})
    assert header == "| | FID |" and line == "| a | 12.3 |"


def test_the_spread_is_the_mean_over_the_evidence():
    evidence = {"rings": {"luma": {"spread": [0.5, 1.0]}}}
    records = {
        "a": {"values": {"fid": 1.0}, "evidence": evidence},
        "b": {"values": {"fid": 2.0}},
    }
    header, _, *lines = evaluation_table.table(records)
    assert header == "| | FID | spread |"
    assert lines == ["| a | 1.0 | 0.75 |", "| b | 2.0 |  |"]


def test_the_frontier_is_over_kid_where_a_record_has_it():
    grey = {"spectral_distance_2d": 1.0, "detection_luma_rbf": 0.7}
    records = {"faces": {"values": {**grey, "kid": 0.1}}}
    records["no Inception"] = {"values": grey}
    ax = evaluation_table.frontier_figure(records).axes[0]
    assert ax.get_xlabel().startswith("KID")
    assert ax.get_legend_handles_labels()[1] == ["faces"]
    del records["faces"]
    ax = evaluation_table.frontier_figure(records).axes[0]
    assert ax.get_xlabel() == "2-D spectral distance (dB)"


def test_a_file_of_something_else_is_one_line(tmp_path, capsys):
    (tmp_path / "card.json").write_text("{}")
    card = str(tmp_path / "card.json")
    assert page.run(evaluation_table.main, [card]) == 2
    assert "Received: that of card" in capsys.readouterr().err
    assert page.run(evaluation_table.main, []) == 2
    assert "one file at least" in capsys.readouterr().err
