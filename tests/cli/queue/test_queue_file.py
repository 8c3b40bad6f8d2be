import hashlib
import itertools
import json

import pytest

from specgan.cli.queue import queue_file

MINIMAL = """
folder = "grid"
[[cells]]
model = "lsgan"
"""


def read(tmp_path, text):
    (tmp_path / "queue.toml").write_text(text)
    return queue_file.read(tmp_path / "queue.toml")


def test_a_file_of_one_cell(tmp_path):
    queue = read(tmp_path, MINIMAL)
    assert queue.folder == tmp_path / "grid"
    (cell,) = queue.cells
    assert cell.name == "lsgan"
    assert cell.commands("RUN") == {"train": ["train", "lsgan", "--run", "RUN"]}
    assert cell.recipe["evaluate"] is None
    assert cell.recipe["train"]["epochs"] == 25, "the parser's default"


def test_lists_are_expanded_as_a_product(tmp_path):
    queue = read(
        tmp_path,
        """
        folder = "grid"
        [train]
        image_size = 32
        crop-offset = [5, 0]
        [evaluate]
        real = "heldout"
        [[cells]]
        model = ["lsgan", "dcgan"]
        spectral_regularization = [false, true, "decibel"]
        seed = [0, 1]
        """,
    )
    labels = ["no-spectral-regularization", "spectral-regularization"]
    labels.append("decibel")
    assert [cell.name for cell in queue.cells] == [
        "-".join(values)
        for values in itertools.product(("lsgan", "dcgan"), labels, "01")
    ]
    options = "--image-size=32 --crop-offset 5 0".split()
    assert [cell.commands("RUN")["train"] for cell in queue.cells] == [
        ["train", model, "--run", "RUN", *options, *loss, f"--seed={seed}"]
        for model, loss, seed in itertools.product(
            ("lsgan", "dcgan"),
            (
                [],
                ["--spectral-regularization"],
                ["--spectral-regularization=decibel"],
            ),
            (0, 1),
        )
    ]
    last = queue.cells[-1]
    assert last.commands("RUN")["evaluate"] == [
        "evaluate", "RUN", "--real=heldout"
    ]  # fmt: skip
    assert last.axes == {
        "model": "dcgan", "spectral-regularization": "decibel", "seed": 1
    }  # fmt: skip
    assert last.settings["train"]["crop_offset"] == [5, 0]


def test_variants_set_several_options(tmp_path):
    queue = read(
        tmp_path,
        """
        folder = "grid"
        [evaluate]
        num = 2048
        [variants.loss]
        plain = {}
        head = {spectral-head = true}
        bare = {spectral-regularization = "paper", spectral-head = false}
        [[cells]]
        name = "{model}_{loss}"
        model = "lsgan"
        loss = ["plain", "head", "bare"]
        [[cells]]
        name = "other"
        model = "vae"
        crop = 40
        crop-offset = [[1, 2]]
        evaluate = {features = "none"}
        [[cells]]
        model = "autoencoder"
        evaluate = false
        """,
    )
    plain, head, bare, other, autoencoder = queue.cells
    assert [plain.name, head.name, bare.name] == [
        "lsgan_plain", "lsgan_head", "lsgan_bare"
    ]  # fmt: skip
    assert plain.words["train"] == ["lsgan"]
    assert head.words["train"] == ["lsgan", "--spectral-head"]
    assert bare.words["train"][2:] == ["--no-spectral-head"]
    assert head.axes == {"model": "lsgan", "loss": "head"}
    assert other.settings["train"]["crop_offset"] == [1, 2]
    assert other.words["evaluate"] == ["--num=2048", "--features=none"]
    assert autoencoder.words["evaluate"] is None
    recipes = [cell.recipe["train"] for cell in (plain, head, bare)]
    assert "spectral_head" not in recipes[0]
    assert [r["spectral_head"] for r in recipes[1:]] == [True, False]


def cell_of(tmp_path, train="", cells="", evaluate="num = 9"):
    return read(
        tmp_path,
        f'folder = "grid"\n[train]\n{train}\n[evaluate]\n{evaluate}\n'
        f'[[cells]]\nmodel = "lsgan"\n{cells}',
    ).cells[0]


def test_the_recipe_holds_what_matters(tmp_path):
    cell = cell_of(tmp_path, 'data = "here/faces.zip"\nepochs = 3')
    text = json.dumps(cell.recipe, sort_keys=True)
    assert cell.recipe_sha256 == hashlib.sha256(text.encode()).hexdigest()
    for same in (
        'data = "/elsewhere/faces.zip"\nepochs = 3',
        'data = "faces.zip"\nepochs = 3\ndata-dir = "x"\nbatch-size = 64',
        'data = "faces.zip"\nepochs = "3"\nspectral-regularization = false',
    ):
        assert cell_of(tmp_path, same).recipe_sha256 == cell.recipe_sha256
    # From [train] or from [[cells]].
    moved = cell_of(tmp_path, 'data = "faces.zip"', "epochs = 3")
    assert moved.recipe_sha256 == cell.recipe_sha256
    others = [
        cell_of(tmp_path, 'data = "others.zip"\nepochs = 3'),
        cell_of(tmp_path, 'data = "faces.zip"\nepochs = 4'),
        cell_of(tmp_path, 'data = "faces.zip"\nepochs = 3\nseed = 1'),
        cell_of(tmp_path, 'data = "faces.zip"\nepochs = 3', evaluate="num = 8"),
    ]
    hashes = {other.recipe_sha256 for other in others}
    assert len({*hashes, cell.recipe_sha256}) == 5


def test_the_recipe_of_the_record_of_a_run(tmp_path):
    """What JSON has made of the arguments does not change it."""
    cell = cell_of(tmp_path, "epochs = 3")
    recorded = json.loads(json.dumps(cell.settings["train"]))
    assert queue_file.recipe("train", recorded) == cell.recipe["train"]


def test_differences_in_words():
    old = {"train": {"epochs": 2, "seed": 0}, "evaluate": None}
    new = {"train": {"epochs": 3, "seed": 0}, "evaluate": {"num": 5}}
    assert queue_file.differences(old, new) == [
        "evaluate num: None, now 5",
        "train epochs: 2, now 3",
    ]
    assert queue_file.differences(new, new) == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("folder =", "not valid TOML"),
        ('[[cells]]\nmodel = "lsgan"', "`folder` of .* is missing"),
        ('folder = "x"', "describes no trainings"),
        ('folder = "x"\ncells = [1]', "describes no trainings"),
        ('folder = "x"\ntrain = 1', r"Expected a table \[train\]"),
        (MINIMAL + "[cell]\nseed = 1", "Did you mean 'cells'"),
        (MINIMAL + "seed = []", "axis 'seed' .* is empty"),
        (MINIMAL + "epoch = 1", "Cell 'lsgan': .*mean 'epochs'"),
        (MINIMAL + "run = 'x'", "Cell 'lsgan': Unknown option"),
        (MINIMAL + "epochs = 0", "Cell 'lsgan': Argument --epochs"),
        (MINIMAL + "epochs = true", "Cell 'lsgan': Argument --epochs"),
        (MINIMAL + "epochs = [1, 2.5]", "Cell 'lsgan-2.5'"),
        (MINIMAL + "epochs = {a = 1}", "Cell 'lsgan': The value of 'epochs'"),
        (MINIMAL + "crop-offset = [1, 2, 3]", "Cell 'lsgan'"),
        (MINIMAL + "evaluate = 3", "`evaluate` of"),
        (MINIMAL + "dry-run = true", "Unknown option"),
        (MINIMAL + "evaluate = {fake = 'x'}", "option of specgan evaluate"),
        (MINIMAL + "evaluate = {channels = 1}", "option of specgan evaluate"),
        (MINIMAL + "evaluate = {num = 0}", "Cell 'lsgan': Argument --num"),
        (MINIMAL + "name = 'x'\nseed = [0, 1]", "2 cells 'x'"),
        (MINIMAL + "[[cells]]\nmodel = 'lsgan'", "2 cells 'lsgan'"),
        (MINIMAL + "name = '{sead}'\nseed = 1", "Did you mean 'seed'"),
        (MINIMAL + "name = 1", "`name` of"),
        (MINIMAL + "name = '../x'", "name of a cell"),
        (MINIMAL + "name = 'x.json'", "name of a cell"),
        (MINIMAL + "name = '_queue'", "name of a cell"),
        (MINIMAL + "data = ['a/b', 'c']", "name of a cell"),
        ("folder = 'x'\n[[cells]]\nseed = 1", "Cell .*The model is missing"),
        (MINIMAL + "[variants]\nloss = 1", r"\[variants.loss\] is invalid"),
        (MINIMAL + "[variants.seed]\na = {}", "the name of an option"),
        (
            MINIMAL + "loss = 'b'\n[variants.loss]\nplain = {}",
            "Unknown variant of 'loss'",
        ),
        (
            MINIMAL + "seed = 1\nloss = 'a'\n[variants.loss]\na = {seed = 2}",
            "sets 'seed' twice",
        ),
    ],
)
def test_an_invalid_file(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        queue_file.read(tmp_path / "queue.toml")
