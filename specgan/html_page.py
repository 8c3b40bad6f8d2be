"""Pages of HTML that hold their pictures themselves, and can be mailed."""

import base64
import html
import io
import pathlib
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from specgan.files import written_whole
from specgan.typing import PathLike

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem;
       margin: 2rem auto; padding: 0 1rem; color: #222; }}
h1 {{ font-size: 1.6rem; }}
h2 {{ font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }}
img {{ max-width: 100%; }}
img.pixels {{ image-rendering: pixelated; width: 100%; }}
.row {{ display: flex; gap: 1rem; }}
figure {{ margin: 0; flex: 1; }}
figcaption {{ text-align: center; color: #555; }}
.thumbnails {{ display: flex; flex-wrap: wrap; gap: 1rem 0.8rem; }}
.thumbnails figure {{ flex: 0 0 7rem; width: 7rem; }}
.thumbnails img {{ width: 7rem; height: 7rem; object-fit: contain;
                  background: #f6f6f6; }}
.thumbnails figcaption {{ font-size: 0.75rem; line-height: 1.3;
                         overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.15rem 0.9rem 0.15rem 0; text-align: left;
         vertical-align: top; }}
table.files {{ font-size: 0.85rem; }}
table.files td:first-child {{ overflow-wrap: anywhere; min-width: 16rem; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums;
            white-space: nowrap; }}
pre {{ background: #f6f6f6; padding: 0.8rem; overflow-x: auto;
      font-size: 0.8rem; }}
.note {{ color: #555; }}
</style>
</head>
<body>
<h1>{title}</h1>
{sections}
</body>
</html>
"""


def write(path: PathLike, title: str, sections: Iterable[str]) -> pathlib.Path:
    """Write a page, whole or not at all.

    Args:
        path: Its path; what it held before is replaced.
        title: A text.
        sections: What `section` gives, in their order.

    Returns:
        The path.
    """
    page = _PAGE.format(title=html.escape(title), sections="\n".join(sections))
    with written_whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return pathlib.Path(path)


def section(title: str, *parts: str) -> str:
    """A title, which is a text, with parts of HTML below it."""
    return "\n".join([f"<h2>{html.escape(title)}</h2>", *parts])


def table(
    rows: Iterable[Sequence[Any]],
    numbers: Collection[int] = (),
    header: Sequence[str] = (),
    style: str = "",
) -> str:
    """A table of texts.

    Args:
        rows: Of cells, of anything that `str` makes a text of.
        numbers: Places of the columns that are set flush right.
        header: Titles of the columns; none by default.
        style: Name of a class of the page's style sheet.
    """
    cells = "".join(f"<th>{html.escape(title)}</th>" for title in header)
    lines = [f"<tr>{cells}</tr>"] * bool(header)
    for row in rows:
        cells = "".join(
            f"<td{' class=number' if i in numbers else ''}>"
            f"{html.escape(str(cell))}</td>"
            for i, cell in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    return f'<table class="{style}">{"".join(lines)}</table>'


def note(text: str) -> str:
    """A paragraph of a text."""
    return f'<p class="note">{html.escape(text)}</p>'


def preformatted(lines: Iterable[str]) -> str:
    """Lines of text, in letters of equal width."""
    text = "\n".join(lines)
    return f"<pre>{html.escape(text)}</pre>"


def picture(pixels: np.ndarray, meaning: str, style: str = "") -> str:
    """A picture as PNG.

    Args:
        pixels: uint8 [height, width] or [height, width, 3].
        meaning: What it shows, a text for who does not see it.
        style: Name of a class of the page's style sheet.
    """
    return _image(Image.fromarray(pixels), meaning, style, "PNG", optimize=True)


def thumbnails(
    images: Iterable[tuple[Image.Image | None, str, Sequence[str]]],
) -> str:
    """Small pictures beside each other, as JPEG.

    Args:
        images: Triples: a small `PIL.Image`, grey or RGB, or `None` for a
            picture that is missing; what it shows; the lines below it.
    """
    figures = []
    for image, meaning, lines in images:
        shown = note("no picture")
        if image is not None:
            shown = _image(image, meaning, "", "JPEG", quality=80)
        caption = "<br>".join(map(html.escape, lines))
        figures.append(figure(shown, caption))
    return f'<div class="thumbnails">{"".join(figures)}</div>'


def figure(content: str, caption: str) -> str:
    """HTML with a caption below it, of HTML too."""
    return f"<figure>{content}<figcaption>{caption}</figcaption></figure>"


def _image(image, meaning, style, codec, **options):
    file = io.BytesIO()
    image.save(file, codec, **options)
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img class="{style}" alt="{html.escape(meaning)}" '
        f'src="data:image/{codec.lower()};base64,{data}">'
    )
