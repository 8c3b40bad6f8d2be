"""`specgan lint-upsampling MODEL`: what a model's up-sampling will do.

Nothing is trained and nothing in the file is run; a trained model is judged
by its weights, an untrained one by what its sizes allow and by its initial
weights. The columns:

```
layer      its name, after those of the models that it is nested in
unit       transposed, nearest, bilinear+conv, ...
factor     rows x columns
kernel     of the learned kernel
output     height x width in pixels
replica    dB that the replicas lie below the base band, for white noise
possible   dB that no weights of it and of what follows can exceed
phases     by how much the output pixels' gains differ (the checkerboard)
followed   the first convolution that works on its output
verdict    fine, unknown, or the risks
```

with a line of advice under each layer. `-` stands for "not applicable" and
`?` for "unknown".
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from specgan.models.upsampling_lint import lint_upsampling
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.models.upsampling_lint import UpsamplingFinding

HEADER = (
    "layer",
    "unit",
    "factor",
    "kernel",
    "output",
    "replica",
    "possible",
    "phases",
    "followed",
    "verdict",
)


def main(path: PathLike, as_json: bool = False) -> int:
    """Print the findings of one model.

    Args:
        path: Run folder or `.keras` file.
        as_json: Whether to print JSON: the path, the number of layers at risk
            and the `UpsamplingFinding` of each layer.

    Returns:
        Number of layers at risk.

    Raises:
        ValueError: If there is no model that Keras loads safely.
    """
    findings = lint_upsampling(RunFolder(path).load())
    num_risks = sum(bool(finding.risks) for finding in findings)
    if as_json:
        record = {
            "model": str(path),
            "layers_at_risk": num_risks,
            "layers": [dataclasses.asdict(finding) for finding in findings],
        }
        print(json.dumps(record, indent=2))
    elif findings:
        print(table(findings))
        print(
            f"{path}: up-sampling layers: {len(findings)}, at risk: {num_risks}"
        )
    else:
        print(f"{path}: no up-sampling layers")
    return num_risks


def table(findings: "Sequence[UpsamplingFinding]") -> str:
    """The findings as aligned text, each with its advice below.

    Args:
        findings: List of `UpsamplingFinding`.

    Returns:
        String of two lines a finding below a header.
    """
    rows = [HEADER, *map(_row, findings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    for i, finding in enumerate(findings):
        lines[i + 1] += f"\n    {finding.advice}"
    return "\n".join(lines)


def _row(finding):
    if finding.followed_by is None:
        followed = "?"
    elif finding.following_kernel_size is None:
        followed = "-"
    else:
        size = _pair(finding.following_kernel_size)
        followed = f"{finding.followed_by} {size}"
    uneven = finding.phase_unevenness
    return (
        finding.name,
        finding.kind,
        _pair(finding.factors),
        "-" if finding.kernel_size is None else _pair(finding.kernel_size),
        _pair(finding.output_size) or "-",
        _decibels(finding.replica_attenuation),
        _decibels(finding.attainable_attenuation),
        "-" if uneven is None else f"{uneven:.0%}",
        followed,
        ": ".join(filter(None, [finding.verdict, ", ".join(finding.risks)])),
    )


def _pair(numbers):
    def text(number):
        if number is None:
            return "?"
        return f"{number:.3g}" if isinstance(number, float) else str(number)

    return "x".join(map(text, numbers))


def _decibels(number):
    # No -0.0.
    return "?" if number is None else f"{round(number, 1) + 0.0:.1f} dB"
