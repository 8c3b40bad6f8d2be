"""`specgan evaluate` and `specgan report`: runs, folders, bad input."""

import argparse
import json
import shutil
import struct

import numpy as np
import pytest
from PIL import Image

import zoo
from specgan import data
from specgan.cli.main import main
from specgan.metrics.detectability_profile import ROWS
from specgan.runs import metric_table
from specgan.runs import run_evaluation as evaluation
from tests.metrics.feature_sets import MeanColours
from tests.parsed_page import ParsedPage

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore:.*is biased upwards"),
]

SIZE = 16


def draw(count, seed, size=SIZE, level=0):
    generator = np.random.default_rng(seed)
    return generator.integers(level, 256, [count, size, size, 3], np.uint8)


def write(folder, pixels, suffix="png", mode=None):
    folder.mkdir(exist_ok=True)
    for i, picture in enumerate(pixels):
        image = Image.fromarray(picture)
        image = image.convert(mode) if mode else image
        image.save(folder / f"{len(list(folder.iterdir())):03}-{i}.{suffix}")
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return write(tmp_path_factory.mktemp("folders") / "real", draw(60, 1))


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folders") / "fake"
    return write(folder, draw(60, 2, level=40))


@pytest.fixture(scope="module")
def run(real, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "dcgan"
    command = ["train", "dcgan", "--data", str(real), "--image-size", "16"]
    options = ["--width", "4", "--batch-size", "16", "--epochs", "2"]
    assert main([*command, *options, "--run", str(path)]) == 0
    return path


@pytest.fixture
def network(monkeypatch):
    """A network without weights in place of Inception."""
    network = MeanColours()
    monkeypatch.setattr(
        evaluation, "InceptionFeatures", lambda weights, **options: network
    )
    return network


def evaluate(*arguments):
    return main(["evaluate", *map(str, arguments)])


def as_json(capsys, *arguments):
    assert evaluate(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


# === What it measures ===


def test_folders(real, fake, network, capsys):
    assert evaluate("--real", real, "--fake", fake) == 0
    printed = capsys.readouterr().out
    for name in ("fid", "kid", "recall", "spectral_distance", "detection"):
        assert name in printed
    assert "60 real and 60 generated images of 16x16x3" in printed


def test_the_detectability_profile_is_a_table_of_its_own(
    real, fake, network, capsys
):
    assert evaluate("--real", real, "--fake", fake) == 0
    printed = capsys.readouterr().out
    main_table, profile = printed.split("Detectability")
    assert "detection" not in main_table
    values = as_json(capsys, "--real", real, "--fake", fake)["values"]
    for row in ROWS:
        (line,) = [
            line
            for line in profile.splitlines()
            if line.startswith(f"detection_{row} ")
        ]
        for suffix in ("", "_std", "_control", "_control_std"):
            assert f"{values[f'detection_{row}{suffix}']:.3f}" in line


def test_results_of_older_versions_are_printed():
    image = {"count": 60, "size": [16, 16, 3]}
    lines = metric_table.table(
        {
            "values": {"detection_score": 0.9, "detection_score_std": 0.01},
            "intervals": {},
            "protocol": {
                "images": {"real": image, "fake": image},
                "features": None,
            },
        }
    )
    assert lines[0].startswith("detection_score      0.900")
    assert not any("Detectability" in line for line in lines)


def test_json_holds_the_protocol(real, fake, network, capsys):
    result = as_json(capsys, "--real", real, "--fake", fake, "--seed", 3)
    assert result["protocol"]["images"]["real"]["count"] == 60
    assert result["protocol"]["seed"] == 3
    assert result["protocol"]["sources"]["real"]["codecs"] == {"PNG": 60}
    assert result["values"]["fid"] > 0


def test_a_run_against_its_own_data(run, real, network, capsys):
    result = as_json(capsys, run)
    sources = result["protocol"]["sources"]
    assert sources["real"]["source"] == str(real)
    assert sources["fake"]["step"] == 6
    assert json.loads((run / "evaluate.json").read_text()) == result


def test_the_second_time_everything_is_found(run, network, capsys):
    first = as_json(capsys, run)
    calls = network.calls
    assert calls > 0
    assert as_json(capsys, run) == first
    assert network.calls == calls


def test_fid_against_all_images(run, network, capsys):
    few = as_json(capsys, run, "--num", "20")
    many = as_json(capsys, run, "--num", "20", "--all-real")
    images = many["protocol"]["images"]
    assert images["real"]["count"] == 60 and images["fake"]["count"] == 20
    changed = {k for k, v in few["values"].items() if many["values"][k] != v}
    assert changed == {"fid"}


def test_a_model_file_needs_real_images(run, real, tmp_path, capsys):
    (file,) = (run / "models").glob("epoch-0002.keras")
    alone = tmp_path / "alone.keras"
    shutil.copy(file, alone)
    assert evaluate(alone, "--features", "none") == 2
    assert "--real" in one_line(capsys)
    result = as_json(capsys, alone, "--real", real, "--features", "none")
    assert "fid" not in result["values"]
    assert result["protocol"]["features"] is None


def test_the_figures_of_a_preset_come_onto_its_card(
    real, tmp_path, network, capsys
):
    gan = zoo.DCGAN(SIZE, width=4, latent_dim=8)
    preset = zoo.save_preset(gan, tmp_path / "mine", "mit", body="The card.\n")
    assert evaluate(preset, "--real", real, "--card", "--json") == 0
    measured = json.loads(capsys.readouterr().out)["values"]
    card = (preset / "README.md").read_text()
    assert f"| FID | {measured['fid']:.4g} |" in card
    assert "| images of each kind | 60 |" in card
    assert not (preset / "evaluate.json").exists()
    assert zoo.load(preset).latent_dim == 8


def test_an_auto_encoder_is_measured_by_its_reconstructions(
    real, tmp_path, network, capsys
):
    model = zoo.AutoEncoder(SIZE, width=4)
    preset = zoo.save_preset(model, tmp_path / "mine", "mit", body="Card.\n")
    assert evaluate(preset, "--real", real, "--card", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["protocol"]["sources"]["fake"]["mode"] == "reconstruction"
    assert result["protocol"]["images"]["fake"]["count"] == 60
    card = (preset / "README.md").read_text()
    error = result["values"]["reconstruction_psnr"]
    assert f"of reconstructions (dB) | {error:.4g} |" in card


def test_the_best_model_of_a_run_knows_its_data(run, real, capsys):
    (file,) = (run / "models").glob("epoch-0002.keras")
    shutil.copy(file, run / "best.keras")
    result = as_json(capsys, run / "best.keras", "--features", "none")
    assert result["protocol"]["sources"]["real"]["source"] == str(real)


def test_other_real_images_are_framed_as_in_the_training(
    run, tmp_path, network, capsys
):
    large = write(tmp_path / "large", draw(30, 1, size=24))
    (file,) = (run / "models").glob("epoch-0002.keras")
    alone = tmp_path / "alone.keras"
    shutil.copy(file, alone)
    assert evaluate(alone, "--real", large) == 2
    assert "not of the model's size" in one_line(capsys)
    assert evaluate(run, "--real", large) == 0
    assert evaluate(run, "--image-size", 8) == 2


def test_the_same_folder_twice_is_told(real, network, capsys):
    assert evaluate("--real", real, "--fake", real) == 0
    streams = capsys.readouterr()
    assert "are the same" in streams.err
    (line,) = (x for x in streams.out.splitlines() if x.startswith("fid "))
    assert float(line.split()[1]) == 0


def test_fewer_images_than_asked(real, fake, network, capsys):
    result = as_json(capsys, "--real", real, "--fake", fake, "--num", 50)
    assert result["protocol"]["images"]["fake"]["count"] == 50
    assert evaluate("--real", real, "--fake", fake, "--num", 999) == 0
    assert "60 images of 999 asked for" in capsys.readouterr().err


# === What it has to say about pictures ===


def test_data_are_read_as_in_a_training(tmp_path, network, capsys):
    digits = draw(24, 1, 28)[..., 0]
    idx = tmp_path / "idx"
    idx.mkdir()
    header = struct.pack(">4I", 0x803, *digits.shape)
    (idx / "train-images-idx3-ubyte").write_bytes(header + digits.tobytes())
    framing = {"crop": 24, "crop_offset": (1, 2), "limit": 20}
    seen = data.load_array(
        "mnist", image_size=8, channels=1, data_dir=idx, **framing
    )
    fake = write(tmp_path / "fake", seen[..., 0])
    options = ["--data-dir", idx, "--image-size", 8, "--channels", 1]
    options += ["--crop", 24, "--crop-offset", 1, 2, "--limit", 20]
    result = as_json(capsys, "--real", "mnist", "--fake", fake, *options)
    images = result["protocol"]["images"]
    assert images["real"] == images["fake"]
    assert images["real"]["size"] == [8, 8, 1]
    assert result["protocol"]["sources"]["real"]["crop_offset"] == [1, 2]


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, {"crop": 12, "crop_offset": (1, 2), "limit": 30, "data_dir": "a"}),
        ({"data_dir": "b"}, {"data_dir": "b", "crop": 12}),
        ({"crop": 14}, {"crop": 14, "crop_offset": (0, 0), "limit": 30}),
        ({"limit": 9}, {"crop": 12, "limit": 9}),
    ],
)
def test_options_count_before_those_of_a_run(given, expected):
    asked = {"data": "mnist", "data_dir": "a", "limit": 30}
    asked |= {"crop": 12, "crop_offset": [1, 2]}
    settings = argparse.Namespace(run="run", real=None, **given)
    framing = evaluation.framing(settings, asked, 8)
    assert framing.items() >= expected.items()


def test_mixed_sizes_are_refused_with_a_remedy(fake, network, tmp_path, capsys):
    mixed = write(tmp_path / "mixed", draw(30, 1))
    write(mixed, draw(9, 2, size=24))
    assert evaluate("--real", mixed, "--fake", fake) == 2
    message = one_line(capsys)
    assert "16x16 (30)" in message and "24x24 (9)" in message
    assert "--image-size" in message
    size = ["--image-size", 16]
    assert evaluate("--real", mixed, "--fake", fake, *size) == 0


@pytest.mark.parametrize(
    "mode, told",
    [("L", "grey"), ("RGBA", "alpha"), ("I;16", "16 bits")],
)
def test_mixed_modes_are_told(mode, told, fake, network, tmp_path, capsys):
    folder = write(tmp_path / "mixed", draw(30, 1))
    if mode == "I;16":
        pixels = draw(9, 2)[..., 0].astype(np.uint16) * 257
        write(folder, pixels)
    else:
        write(folder, draw(9, 2), mode=mode)
    assert evaluate("--real", folder, "--fake", fake) == 0
    message = capsys.readouterr().err
    assert "9 of 39" in message and told in message


def test_grey_pictures_stay_grey(network, tmp_path, capsys):
    real = write(tmp_path / "real", draw(30, 1), mode="L")
    fake = write(tmp_path / "fake", draw(30, 2), mode="L")
    result = as_json(capsys, "--real", real, "--fake", fake)
    assert result["protocol"]["images"]["real"]["size"] == [SIZE, SIZE, 1]


def test_different_codecs_are_told(fake, network, tmp_path, capsys):
    real = write(tmp_path / "real", draw(30, 1), suffix="jpg")
    assert evaluate("--real", real, "--fake", fake) == 0
    message = capsys.readouterr().err
    assert "different codecs: JPEG against PNG" in message


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "nothing to measure"),
        (["--real", "REAL"], "nothing to measure"),
        (["RUN", "--fake", "FAKE"], "generates its own"),
        (["--real", "REAL", "--fake", "nowhere/"], "nowhere"),
        (["nowhere"], "no trained model"),
        (["RUN", "--num", "1"], "at least"),
    ],
)
def test_bad_input(arguments, message, run, real, fake, capsys):
    places = {"REAL": str(real), "FAKE": str(fake), "RUN": str(run)}
    arguments = [places.get(one, one) for one in arguments]
    assert evaluate(*arguments, "--features", "none") == 2
    assert message in one_line(capsys)


def test_without_weights_the_command_is_told(run, monkeypatch, capsys):
    monkeypatch.delenv("SPECGAN_INCEPTION", raising=False)
    assert evaluate(run) == 1
    assert "specgan fetch-inception" in one_line(capsys)


# === The report ===


def test_report_is_one_page_of_its_own(run, network, tmp_path, capsys):
    assert evaluate(run) == 0
    out = tmp_path / "page.html"
    assert main(["report", str(run), "--out", str(out)]) == 0
    page = ParsedPage(out.read_text(encoding="utf-8"))
    assert not page.open
    assert len(page.sources) >= 4
    assert all(one.startswith("data:image/png;base64,") for one in page.sources)
    for told in ("Samples", "Spectra", "fid", "Protocol", "sha256"):
        assert told in page.text
    for meaning in ("where detectors catch the generator", "real, of the"):
        assert meaning in out.read_text("utf-8")
    assert "null" not in page.text and "None" not in page.text
    # A sentence below every picture of spectra.
    assert page.text.count("white is right") >= 2


def test_report_of_a_run_without_evaluation(run, capsys):
    (run / "evaluate.json").unlink(missing_ok=True)
    assert main(["report", str(run)]) == 0
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "specgan evaluate" in text


def test_report_escapes_what_it_shows(run, tmp_path):
    record = json.loads((run / "run.json").read_text())
    record["arguments"]["data"] = "<script>alert(1)</script>"
    copy = tmp_path / "run"
    copy.mkdir()
    (copy / "run.json").write_text(json.dumps(record))
    (copy / "spectrum.json").write_bytes((run / "spectrum.json").read_bytes())
    assert main(["report", str(copy)]) == 0
    assert "<script>" not in (copy / "report.html").read_text()


@pytest.mark.parametrize("name", ["spectrum.json", "evaluate.json", "run.json"])
@pytest.mark.parametrize("text", ["{}", "[]", "{"])
def test_report_of_damaged_records(name, text, run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "run")
    (copy / name).write_text(text)
    assert main(["report", str(copy)]) == 2
    assert "damaged" in one_line(capsys)


@pytest.mark.parametrize(
    "options, message",
    [
        (["nowhere"], "no measurements"),
        (["RUN", "--out", "x.pdf"], ".html"),
    ],
)
def test_report_of_bad_input(options, message, run, capsys):
    options = [str(run) if one == "RUN" else one for one in options]
    assert main(["report", *options]) == 2
    assert message in one_line(capsys)
