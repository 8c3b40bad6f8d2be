"""What a protocol finds, as a table with its doubts."""

import dataclasses
from typing import Any

KINDS = ("real", "fake")


@dataclasses.dataclass(frozen=True)
class Report:
    """What a protocol found.

    Args:
        protocol: The `Protocol`.
        pictures: How many there are of each kind: {"real": n, "fake": m}.
        groups: How many groups, likewise; `None` if every picture stands for
            itself.
        scores: Dictionary of an `Estimate` for each of
            `scores.classification_metrics`.
        perturbed_scores: The same on perturbed copies of the pictures; `None`
            without such.
        controls: The same of real against real ("real") and of fake against
            fake ("fake"): what is found where there is nothing to find. A
            kind that could not be split is missing.
        majority_baseline: The accuracy of who always names the larger kind.
        doubts: Sentences, each a reason not to take the scores at face value.
            Above all that a control is not near 1/2, or that there is none.
    """

    protocol: Any
    pictures: dict
    groups: dict | None
    scores: dict
    perturbed_scores: dict | None
    controls: dict
    majority_baseline: float
    doubts: tuple

    def as_dict(self) -> dict[str, Any]:
        """All of it, such that JSON can write it."""
        return dataclasses.asdict(self)

    def lines(self) -> list[str]:
        """A table, line by line, in percent, with the doubts below it."""
        columns = {"real/fake": self.scores}
        if self.perturbed_scores is not None:
            columns["perturbed"] = self.perturbed_scores
        for kind, control in self.controls.items():
            columns[f"{kind}/{kind}"] = control
        baseline = f"{100 * self.majority_baseline:.1f}"
        return [
            self._summary(),
            f"{'':28}" + "".join(f"{name:>15}" for name in columns),
            *(
                f"{name.replace('_', ' '):28}"
                + "".join(_cell(column[name]) for column in columns.values())
                for name in self.scores
            ),
            f"{'majority baseline':28}{baseline:>8}",
            *(f"Doubt: {doubt}" for doubt in self.doubts),
        ]

    def _summary(self):
        pictures = " and ".join(
            f"{self.pictures[kind]} {kind}" for kind in KINDS
        )
        grouped = ""
        if self.groups is not None:
            groups = " and ".join(str(self.groups[kind]) for kind in KINDS)
            voted = ", judged by vote" if self.protocol.vote else ""
            grouped = f" in {groups} groups{voted}"
        return (
            f"{pictures} pictures{grouped}; {self.protocol.splits} splits, "
            f"1/{self.protocol.folds} held out, seed {self.protocol.seed}"
        )


def _cell(estimate):
    return f"{100 * estimate.mean:8.1f} ± {100 * estimate.error:4.1f}"
