"""Which features find a generator: the 1-D spectrum, and what it leaves out.

    python -m recipes.detector_features lsgan-celeba64-spectral \
        dcgan-celeba64-spectral dragan-celeba64-spectral \
        --data-name celeba10k_89x109.zip --crop 64 --crop-offset 5 0

Linear classifiers (logistic regression, standardized features) of real images
against those of each generator, and of all others for a generator that is left
out of training. All images are JPEG files of one quality before. Balanced
accuracy and area under the curve in percent, with the standard error over
splits, and the control, real against real (50 is right). Below, the CPU
milliseconds of a picture of 256 px.
"""

import json
import sys
import time

import numpy as np
from sklearn.metrics import roc_auc_score

import specgan.cli.suppress_startup_logs  # noqa: F401
import zoo
from recipes import page
from specgan import data
from specgan import detection
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality
from specgan.cli.terminal import seed
from specgan.data.jpeg import compressed
from specgan.detection import feature_sets
from specgan.detection.classifiers import linear_classifier
from specgan.detection.protocol import Protocol
from specgan.files import written_whole
from specgan.signal import to_uint8

SETS = {kind.title: [name] for name, kind in detection.FEATURES.items()} | {
    "all but 1-D and colours": ["patches", "cooccurrences", "dct"],
    "all but colours (default)": list(feature_sets.DEFAULT),
    "all": list(detection.FEATURES),
}
"""{title: names of what is measured}."""


def main(
    *models: str,
    data_name="photos",
    crop: positive = None,
    crop_offset=(0, 0),
    image_size: positive = 64,
    jpeg: quality = 75,
    num: positive = 1000,
    splits: positive = 10,
    seed: seed = 0,
    out="detector-features.json",
):
    """Measure all features; print a table in Markdown, write the JSON."""
    if not models:
        raise ValueError(
            "A detector needs generated images. Expected at least one model. "
            "Received: none. Name some of those that `specgan list` shows."
        )
    real = data.load_array(
        data_name, image_size=image_size, crop=crop, crop_offset=crop_offset
    )
    images = {"real": real[-num:]}  # What few generators were trained on.
    for name in models:
        images[name] = to_uint8(zoo.load(name).sample(num, seed)).numpy()
    images = {
        name: [compressed(image, jpeg) for image in some]
        for name, some in images.items()
    }
    results = {}
    for title, names in SETS.items():
        features = feature_sets.get(names)
        print(f"Measuring {title}", file=sys.stderr, flush=True)
        rows = {
            name: features.fit_transform(some) for name, some in images.items()
        }
        protocol = Protocol(splits=splits, seed=seed)
        results[title] = {
            "known": {
                name: protocol.evaluate(
                    linear_classifier(), rows["real"], rows[name]
                ).as_dict()
                for name in models
            },
            "left_out": {
                name: left_out(name, rows) for name in models if models[1:]
            },
            "milliseconds": milliseconds(features),
        }
    print("\n".join(table(results)))
    with written_whole(out) as path:
        path.write_text(json.dumps(results, indent=1) + "\n")


def left_out(name, rows):
    """Area under the curve for a generator that was not trained on."""
    real = rows["real"]
    others = [rows[one] for one in rows if one not in ("real", name)]
    fake = np.concatenate([one[::2] for one in others])
    fitted = linear_classifier().fit(
        np.concatenate([real[::2], fake]),
        np.repeat([0, 1], [len(real[::2]), len(fake)]),
    )
    judged = np.concatenate([real[1::2], rows[name]])
    labels = np.repeat([0, 1], [len(real[1::2]), len(rows[name])])
    return float(roc_auc_score(labels, fitted.decision_function(judged)))


def milliseconds(features, size=256, num=20):
    """CPU time of a picture of noise, all threads."""
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 256, [num, size, size, 3], np.uint8)
    features.fit_transform(pictures[:2])
    begun = time.process_time()
    features.fit_transform(list(pictures))
    return (time.process_time() - begun) / num * 1e3


def table(results):
    """Lines of Markdown: a row for each kind of features."""
    models = list(next(iter(results.values()))["known"])
    lines = [
        f"| | {' | '.join(models)} | control | left out | ms |",
        "|---|" + "---:|" * (len(models) + 3),
    ]
    for title, result in results.items():
        cells = [
            "{:.1%} ± {:.1%} / {:.1%}".format(
                *one["scores"]["balanced_accuracy"].values(),
                one["scores"]["auc"]["mean"],
            )
            for one in result["known"].values()
        ]
        controls = [
            one["controls"]["real"]["balanced_accuracy"]["mean"]
            for one in result["known"].values()
        ]
        unseen = ", ".join(f"{one:.1%}" for one in result["left_out"].values())
        cells += [f"{controls[0]:.1%}", unseen, f"{result['milliseconds']:.1f}"]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(page.run(main))
