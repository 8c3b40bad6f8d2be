"""Pages on predictions: order, counts, escaping, pictures, bad input."""

import base64
import io
import os

import numpy as np
import pytest
from PIL import Image

from specgan.detection import Statement
from specgan.detection import most_surely_wrong
from specgan.detection import prediction_pages
from specgan.detection import write_evaluation
from specgan.detection import write_predictions
from specgan.detection.prediction import Prediction
from tests.parsed_page import ParsedPage
from tests.tiny_video import write_video


def colour(path, level, size=(40, 20)):
    """A picture of one grey level, by which a thumbnail is recognized."""
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


def shown(page):
    """Size and mean level of each picture of a page."""
    for source in page.sources:
        kind, _, content = source.partition(";base64,")
        assert kind in ("data:image/jpeg", "data:image/png")
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            yield image.size, round(float(np.asarray(image).mean()))


def predictions_page(tmp_path, predictions, detector="a detector"):
    out = write_predictions(tmp_path / "page.html", predictions, detector)
    page = ParsedPage(out.read_text("utf-8"))
    assert not page.open
    return page


def test_the_most_surely_generated_come_first(tmp_path):
    answers = [
        ("real", 0.2), ("generated", 0.9), ("unsure", 0.95), ("real", 0.3),
        ("generated", 0.97), ("unsure", None),
    ]  # fmt: skip
    predictions = [
        Prediction(
            colour(tmp_path / f"{i}.png", 40 * i), verdict, probability,
            width=40, height=20, format="PNG", mode="RGB",
        )
        for i, (verdict, probability) in enumerate(answers)
    ]  # fmt: skip
    wrong = Prediction(tmp_path / "gone.png", error="there is no such file")
    page = predictions_page(tmp_path, [wrong, *predictions])
    order = [4, 1, 2, 5, 3, 0]
    assert list(shown(page)) == [((40, 20), 40 * i) for i in order]
    assert page.cells[:5] == [
        ["generated", "2"], ["unsure", "2"], ["real", "2"], ["not read", "1"],
        ["all files", "7"],
    ]  # fmt: skip
    rows = page.cells[6:12]
    assert [row[0] for row in rows] == [str(predictions[i].path) for i in order]
    assert rows[0][1:] == ["generated", "97.0%", "", "40x20 PNG RGB", ""]
    assert rows[3][1:3] == ["unsure", ""]
    assert page.cells[-1] == [str(wrong.path), "there is no such file"]
    assert "97.0% generated" in page.text


def test_what_a_file_says_and_remarks(tmp_path):
    statement = Statement("PNG text", "<script>alert(1)</script>", True)
    prediction = Prediction(
        colour(tmp_path / "a.png", 9), "real", 0.1,
        remarks=("cut to 64x64", "compressed"), provenance=(statement,),
        votes={"real": 3, "generated": 1},
    )  # fmt: skip
    page = predictions_page(tmp_path, [prediction], "<b>detector</b>")
    [row] = page.cells[-1:]
    assert row[3] == "PNG text: <script>alert(1)</script>"
    assert row[5] == "frames: 3 real, 1 generated, cut to 64x64, compressed"
    assert "the file says: generated" in page.text
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "<script>" not in text and "<b>" not in text


def test_names_of_any_bytes_are_printed(tmp_path):
    names = ["new\nline.png", 'quote".png', os.fsdecode(b"\xff.png")]
    predictions = [
        Prediction(colour(tmp_path / name, 50), "real", 0.1) for name in names
    ]
    page = predictions_page(tmp_path, predictions)
    assert r"new\nline.png" in page.text and r"\udcff.png" in page.text
    assert len(page.sources) == 3


def test_few_of_many_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(prediction_pages, "THUMBNAILS", 2)
    monkeypatch.setattr(prediction_pages, "ROWS", 3)
    predictions = [
        Prediction(colour(tmp_path / f"{i}.png", i), "real", i / 10)
        for i in range(5)
    ]
    page = predictions_page(tmp_path, predictions)
    assert [level for _, level in shown(page)] == [4, 3]
    assert "2 of 5" in page.text and "3 files; 2 more are left out" in page.text


def test_large_pictures_are_shrunk(tmp_path):
    path = colour(tmp_path / "a.png", 77, (448, 224))
    page = predictions_page(tmp_path, [Prediction(path, "real", 0.1)])
    assert list(shown(page)) == [((112, 56), 77)]


def test_videos_show_a_frame(tmp_path):
    frames = np.full([3, 32, 48, 3], 128, np.uint8)
    film = write_video(tmp_path / "b.mp4", frames)
    picture = colour(tmp_path / "a.png", 30)
    last = colour(tmp_path / "c.png", 60)
    page = predictions_page(
        tmp_path,
        [
            Prediction(picture, "real", 0.3),
            Prediction(film, "real", 0.2),
            Prediction(last, "real", 0.1),
        ],
    )
    (_, first), (size, second), (_, third) = shown(page)
    assert (first, third) == (30, 60)
    assert size == (48, 32) and second == pytest.approx(128, abs=3)


def test_what_is_gone_by_then_has_no_picture(tmp_path):
    predictions = [
        Prediction(tmp_path / "gone.png", "real", 0.3),
        Prediction(tmp_path / "gone.mp4", "real", 0.2),
        Prediction(colour(tmp_path / "a.png", 30), "real", 0.1),
    ]
    page = predictions_page(tmp_path, predictions)
    assert len(page.sources) == 1 and page.text.count("no picture") == 2


def test_a_page_without_predictions(tmp_path):
    page = predictions_page(tmp_path, [])
    assert ["all files", "0"] in page.cells and not page.sources


# === Where a detector is wrong ===


def test_the_most_surely_wrong_come_first(tmp_path):
    labels = [0, 1, 0, 0, 1, 1, 0]
    probabilities = [0.6, 0.4, 0.9, 0.5, 0.01, 0.99, 0.7]
    paths = [colour(tmp_path / f"{i}.png", 30 * i) for i in range(7)]
    real, fake = map(
        ParsedPage, most_surely_wrong(paths, labels, probabilities, count=2)
    )
    assert [level for _, level in shown(real)] == [60, 180]
    assert [level for _, level in shown(fake)] == [120, 30]
    assert "Real pictures that count as generated" in real.text
    assert "3 of 4" in real.text and "90.0% generated" in real.text
    assert "Generated pictures that count as real" in fake.text
    assert "2 of 3" in fake.text and "1.0% generated" in fake.text


def test_the_worst_frame_stands_for_its_video(tmp_path):
    paths = [colour(tmp_path / f"{i}.png", 30 * i) for i in (1, 2, 1, 2, 2)]
    real, fake = map(
        ParsedPage,
        most_surely_wrong(paths, [0] * 5, [0.6, 0.7, 0.9, 0.8, 0.65]),
    )
    assert [level for _, level in shown(real)] == [30, 60]
    assert "90.0%" in real.text and "80.0%" in real.text
    assert "70.0%" not in real.text and "None of 0" in fake.text


def test_an_evaluation_has_figure_table_and_pictures(tmp_path):
    path = colour(tmp_path / "a.png", 30)
    figure = np.full([10, 30, 3], 200, np.uint8)
    out = write_evaluation(
        tmp_path / "page.html", "a <title>", ["a  1 < 2", "b  3"],
        [path], [0], [0.9], figure,
    )  # fmt: skip
    page = ParsedPage(out.read_text("utf-8"))
    assert not page.open
    assert list(shown(page)) == [((30, 10), 200), ((40, 20), 30)]
    assert "a  1 < 2\nb  3" in page.text
    assert page.text.count("a <title>") == 2
    write_evaluation(out, "again", [], [path], [0], [0.1])
    assert "None of 1" in out.read_text("utf-8")


@pytest.mark.parametrize(
    "labels, probabilities", [([0], [1, 1]), ([0, 1], [1])]
)
def test_each_path_needs_label_and_probability(labels, probabilities, tmp_path):
    paths = [tmp_path / "a.png"] * 2
    with pytest.raises(ValueError, match="Expected 2 of each. Received"):
        write_evaluation(
            tmp_path / "page.html", "", [], paths, labels, probabilities
        )
    assert not (tmp_path / "page.html").exists()
