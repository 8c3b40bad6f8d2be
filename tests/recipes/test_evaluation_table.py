import json

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
    assert header.split(" | ")[1:3] == ["FID", "KID x 1000"]
    assert plain.split(" | ")[:4] == ["| plain", "", "200.0", "0.875"]
    assert regularized.split(" | ")[2] == "100.0"


def test_a_line_for_a_cell_of_a_queue():
    record = {"name": "a", "evaluation": {"values": {"fid": 12.34}}}
    assert evaluation_table.table({"a": record})[2].startswith("| a | 12.3 |")


def test_a_file_of_something_else_is_one_line(tmp_path, capsys):
    (tmp_path / "card.json").write_text("{}")
    card = str(tmp_path / "card.json")
    assert page.run(evaluation_table.main, [card]) == 2
    assert "Received: that of card" in capsys.readouterr().err
    assert page.run(evaluation_table.main, []) == 2
    assert "one file at least" in capsys.readouterr().err
