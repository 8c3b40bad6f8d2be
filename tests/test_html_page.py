"""Pages of HTML: texts are escaped, files appear whole or not at all."""

import numpy as np
import pytest
from PIL import Image

from specgan import html_page
from tests.parsed_page import ParsedPage

ODD = "<b> & \"quotes\" 'too'"


def test_texts_are_escaped(tmp_path):
    pixels = np.zeros([2, 3], np.uint8)
    image = Image.new("L", (3, 2))
    parts = [
        html_page.note(ODD),
        html_page.preformatted([ODD, ODD]),
        html_page.table([(ODD, 1)], (1,), (ODD, "number")),
        html_page.picture(pixels, ODD),
        html_page.thumbnails([(image, ODD, [ODD, "b"]), (None, ODD, [ODD])]),
    ]
    out = tmp_path / "new" / "page.html"
    sections = [html_page.section(ODD, *parts)]
    assert html_page.write(out, ODD, sections) == out
    page = ParsedPage(out.read_text("utf-8"))
    assert not page.open
    # Title and heading; section, note, two lines, two cells, two captions.
    assert page.text.count(ODD) == 2 + 8
    assert page.cells == [[ODD, "number"], [ODD, "1"]]
    kinds = [source.partition(";")[0] for source in page.sources]
    assert kinds == ["data:image/png", "data:image/jpeg"]


def test_a_page_that_fails_leaves_the_one_before(tmp_path):
    out = tmp_path / "page.html"
    html_page.write(out, "first", [])
    with pytest.raises(UnicodeEncodeError):
        html_page.write(out, "\udcff", [])
    assert "first" in out.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
