"""The measurement of start-up, at its smallest."""

from recipes.benchmarks import start_up


def test_a_line_for_each_program(capfd):
    start_up.main(runs=1)
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith(start_up.IMPORTS) and lines[0].endswith("1.00")
    names = ["specgan detect", "specgan list", "specgan --help", "import zoo"]
    for line, name in zip(lines[1:], names, strict=True):
        assert line.startswith(name)
        assert float(line.split()[-1]) > 0
