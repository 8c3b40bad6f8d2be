"""Table 1, CelebA: with the paper's features, and with others.

    python -m recipes.paper.table_1 PLAIN REGULARIZED --out table_1.json

The paper's classifiers of its 1-D spectra, and logistic regression of other
features, find the faces of two runs of `specgan train` that differ in the
spectral term: what can such a term hide, and from which features? Real and
generated faces are JPEG files of one quality before. Balanced accuracy in
percent with its standard error, and the control, real against real (50 is
right).
"""

import itertools
import json
import pathlib
import sys
import tempfile

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.detector import images
from specgan import plots
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality
from specgan.cli.terminal import seed
from specgan.detection import feature_sets
from specgan.detection import run_paper_protocol
from specgan.detection.classifiers import linear_classifier
from specgan.files import written_whole

NAME = "celeba"


def main(
    plain,
    regularized,
    num: positive = 1000,
    jpeg: quality = 75,
    seed: seed = 0,
    out="table_1.json",
):
    """Run the experiment on both GANs; print a table, write the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, batches in images(plain, regularized, num, seed):
            save(batches, folder / kind)
        results = {
            gan: {
                title: {
                    name: report.as_dict()
                    for name, report in run_paper_protocol(
                        NAME, folder / "real", folder / gan, seed=seed,
                        match_jpeg=jpeg, **others,
                    ).reports.items()
                }
                for title, others in experiments().items()
            }
            for gan in ("plain", "regularized")
        }  # fmt: skip
    print("\n".join(table(results)))
    with written_whole(out) as path:
        path.write_text(json.dumps(results, indent=1) + "\n")


def save(batches, folder):
    """Write batches of uint8 images as PNG files."""
    folder.mkdir()
    for number, image in enumerate(itertools.chain.from_iterable(batches)):
        plots.save(image, folder / f"{number:06}.png")


def experiments():
    """{title: arguments of `run_paper_protocol`}."""
    several = {kind.title: [key] for key, kind in feature_sets.FEATURES.items()}
    several["kinds together"] = feature_sets.DEFAULT
    return {"the paper's": {}} | {
        title: {
            "features": feature_sets.get(names),
            "classifiers": {"logistic regression": linear_classifier()},
        }
        for title, names in several.items()
    }


def table(results):
    """Lines of Markdown: a row for each features and classifier."""
    lines = [
        f"| features | classifier | {' | '.join(results)} | control |",
        "|---|---|" + "---:|" * (len(results) + 1),
    ]
    first = next(iter(results.values()))
    for title, reports in first.items():
        for name, report in reports.items():
            estimates = [one[title][name]["scores"] for one in results.values()]
            estimates.append(report["controls"]["real"])
            cells = [
                "{mean:.1%} ± {error:.1%}".format(**one["balanced_accuracy"])
                for one in estimates
            ]
            lines.append(f"| {title} | {name} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(page.run(main))
