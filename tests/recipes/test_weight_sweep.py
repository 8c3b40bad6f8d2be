import json

from recipes import page
from recipes import weight_sweep

RECORD = {
    "steps": 300,
    "trained_with": {"weight": 0.5, "share": 2.0},
    "ratios": [0.2, 0.25, 0.3],
    "cosine": [-0.1, 0.0, 0.1],
    "adversarial_on_images": [1.0, 2.0, 3.0],
    "spectral_on_images": [1.0, 1.0, 1.0],
}


def test_gradients_stand_beside_the_trial_of_the_same_name(tmp_path, capsys):
    for name in ("weight 0.5", "weight 8.0"):
        (tmp_path / f"{name}.json").write_text(json.dumps(RECORD))
    trials = tmp_path / "trials"
    trials.mkdir()
    trial = {"values": {"fid": 12.34, "spectral_distance": 0.5}}
    (trials / "weight 0.5.json").write_text(json.dumps(trial))
    files = sorted(map(str, tmp_path.glob("*.json")))
    command = [*files, "--trials", str(trials)]
    assert page.run(weight_sweep.main, command) == 0
    header, _, first, second = capsys.readouterr().out.splitlines()
    cells = [cell.strip() for cell in first.split("|")[1:-1]]
    assert cells[0] == "weight 0.5, 300 steps"
    assert cells[1:5] == ["0.25 [0.225, 0.275]", "2", "2", "0.00"]
    assert cells[5] == "12.3" and cells[9] == "0.50" and cells[6] == ""
    assert second.split("|")[6].strip() == ""
    assert header.count("|") == first.count("|") == second.count("|")
    # Without trials, the gradients alone.
    assert page.run(weight_sweep.main, files) == 0
    assert "FID" not in capsys.readouterr().out


def test_no_files_are_one_line(capsys):
    assert page.run(weight_sweep.main, []) == 2
    assert "one file at least" in capsys.readouterr().err
