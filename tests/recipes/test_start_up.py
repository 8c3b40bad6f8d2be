"""The measurements of start-up, at their smallest."""

import pytest

from recipes.benchmarks import first_sample
from recipes.benchmarks import start_up
from zoo import preset_files
from zoo import pretrained


@pytest.mark.slow
def test_a_line_for_each_program(capfd):
    start_up.main(runs=1)
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith(start_up.IMPORTS) and lines[0].endswith("1.00")
    names = ["specgan detect", "specgan list", "specgan --help", "import zoo"]
    for line, name in zip(lines[1:], names, strict=True):
        assert line.startswith(name)
        assert float(line.split()[-1]) > 0


@pytest.mark.slow
def test_the_first_sample_beside_what_is_imported(capfd):
    first_sample.main(runs=1, name="dcgan-fashion28-spectral")
    title, *lines = capfd.readouterr().out.splitlines()
    assert title == "dcgan-fashion28-spectral (target: 0.5)"
    names = ["zoo.load and", "specgan sample", "import tensor", "import numpy"]
    for line, name in zip(lines, names, strict=True):
        assert line.startswith(name)
        assert float(line.split()[-1]) > 0


def test_the_largest_shipped_model():
    largest = pretrained.find(first_sample.largest())
    sizes = {
        name: preset_files.megabytes(
            preset_files.read_record(pretrained.find(name)),
            pretrained.find(name),
        )
        for name in pretrained.names()
    }
    record = preset_files.read_record(largest)
    size = preset_files.megabytes(record, largest)
    # Samples and functions differ in size as well.
    assert size >= 0.99 * max(sizes.values())
