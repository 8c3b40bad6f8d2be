"""Bars where there is no terminal."""

import io
import sys

import numpy as np
import tqdm

from specgan.data.progress import progress_bar


def test_no_bar_where_there_is_no_terminal(capsys):
    file = io.StringIO()
    with progress_bar("Counting", np.arange(3)) as bar:
        assert list(bar) == [0, 1, 2]
        bar.write("a line", file=file)
        bar.write("another")
        bar.update()
    with progress_bar("Counting", total=2) as bar:
        assert list(bar) == []
    assert file.getvalue() == "a line\n"
    received = capsys.readouterr()
    assert (received.out, received.err) == ("another\n", "")


def test_a_bar_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    bar = progress_bar("Counting", range(3))
    assert isinstance(bar, tqdm.tqdm) and not bar.disable
    assert list(bar) == [0, 1, 2]
