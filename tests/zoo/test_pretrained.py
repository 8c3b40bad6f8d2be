import errno
import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from specgan.checksums import record_sum
from specgan.cli.main import main
from specgan.models.exports import saved_model_folder
from specgan.models.named_weights import named_weights
from specgan.signal import to_uint8
from tests.contracts import uniform
from zoo import pretrained
from zoo import saved_preset


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(pretrained, "shipped", lambda: tmp_path / "shipped")
    return tmp_path / "models"


def small(**kwargs):
    return zoo.DCGAN(16, 1, width=4, latent_dim=8, **kwargs)


def publish(model, name="mine", description="A line."):
    return pretrained.publish(
        model, name, "mit", description=description, body="The card.\n"
    )


TINY = {
    **dict.fromkeys(zoo.MODELS, {"width": 4}),
    "alias-free": {
        "channel_base": 64, "channel_max": 4, "num_layers": 3, "latent_dim": 8
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=pytest.mark.slow if name == "alias-free" else ()
        )
        for name in zoo.MODELS
    ],
)
def test_every_class_comes_back(name, models):
    model = zoo.MODELS[name](16, channels=1, **TINY[name])
    publish(model)
    again = zoo.load("mine")
    assert type(again) is type(model)
    for mine, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert pretrained.names() == {"mine": "A line."}
    assert (
        (models / "mine" / "README.md")
        .read_text()
        .endswith("---\n\nThe card.\n")
    )


def test_target_and_average_are_in_it_and_optimizers_are_not(models):
    gan = small(spectral_regularization=True, ema_decay=0.9)
    images = uniform(8, 16, 16, 1)
    gan.adapt(images)
    gan.compile()
    gan.fit(images, batch_size=4, verbose=0)
    path = pretrained.publish(gan, "mine", "mit")
    again = zoo.load("mine")
    assert again.spectral_loss.adapted
    assert not again.compiled
    np.testing.assert_array_equal(again.sample(4), gan.sample(4))
    weights = sum(w.numpy().nbytes for w in gan.weights)
    [numbers] = path.glob("variables/*.data-*")
    # Once, and beside them the names of all.
    assert 0 < numbers.stat().st_size - weights < 2e4


def test_a_loaded_model_trains_on(models):
    pretrained.publish(small(), "mine", "mit")
    gan = zoo.load("mine")
    gan.compile()
    before = gan.generator.get_weights()
    gan.fit(uniform(8, 16, 16, 1), batch_size=4, verbose=0)
    after = gan.generator.get_weights()
    assert any(np.any(a != b) for a, b in zip(after, before, strict=True))
    assert all(np.all(np.isfinite(weights)) for weights in after)


def test_an_unknown_name_suggests_the_nearest(models):
    pretrained.publish(small(), "dcgan-faces", "mit")
    with pytest.raises(ValueError, match="Did you mean 'dcgan-faces'"):
        zoo.load("dcgan-face")


def test_altered_weights_are_refused(models):
    path = pretrained.publish(small(), "mine", "mit")
    [weights] = path.glob("variables/*.data-*")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match="not those that were published"):
        zoo.load("mine")
    weights.unlink()
    with pytest.raises(ValueError, match="no such file"):
        zoo.load("mine")


def test_an_altered_record_is_refused(models):
    path = publish(small())
    record = json.loads((path / "model.json").read_text())
    record["config"]["latent_dim"] += 1
    (path / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="mine cannot be made.*was altered"):
        zoo.load("mine")
    with pytest.warns(UserWarning, match="was altered"):
        assert pretrained.names() == {}


def test_a_card_is_covered_until_its_checksum_is_renewed(models):
    path = publish(small())
    (path / "README.md").write_text("---\nlicense: mit\n---\nAnother card.")
    with pytest.raises(ValueError, match="SHA-256 .* of README.md. Received"):
        zoo.load("mine")
    pretrained.renew_checksums(path)
    assert zoo.load("mine").latent_dim == 8


def test_hidden_files_are_not_of_a_preset(models):
    path = publish(small())
    (path / ".git").mkdir()
    (path / ".git" / "index").write_text("one")
    pretrained.renew_checksums(path)
    record = json.loads((path / "model.json").read_text())
    assert not any(name.startswith(".") for name in record["sha256"])
    # Nor are those that an older record lists.
    altered(path, sha256={**record["sha256"], ".git/index": "0"})
    assert zoo.load("mine").latent_dim == 8


@pytest.mark.parametrize("ask", [zoo.load, pretrained.renew_checksums])
def test_a_folder_without_a_record(ask, tmp_path):
    with pytest.raises(ValueError, match="not a pretrained model.*model.json"):
        ask(tmp_path)


@pytest.mark.parametrize(
    "command", ["sample bad --out a.png", "evaluate bad --card --real photos"]
)
def test_commands_say_what_is_damaged(command, bad, capsys):
    (bad / "model.json").write_text("{broken")
    assert main(command.split()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "model bad cannot be made" in said


def test_a_full_disk_is_one_error(models, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(saved_preset, "save", full)
    with pytest.raises(OSError, match="No space left on device: .*mine'"):
        pretrained.publish(small(), "mine", "mit")
    assert list(models.iterdir()) == []


def test_a_class_is_only_looked_up_in_the_zoo(models):
    path = pretrained.publish(small(), "mine", "mit")
    record = json.loads((path / "model.json").read_text())
    record["class"] = "os.system"
    record["record_sha256"] = record_sum(record)
    (path / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="class of a model"):
        zoo.load("mine")


def test_own_models_are_read_beside_those_that_are_shipped(models):
    shipped = pretrained.shipped()
    publish(small(), "theirs", "Theirs.")
    shutil.move(models, shipped)
    path = publish(small(), "mine", "Mine.")
    assert path == models / "mine"
    assert pretrained.names() == {"mine": "Mine.", "theirs": "Theirs."}
    for name in ("mine", "theirs"):
        assert zoo.load(name).latent_dim == 8
    with pytest.raises(ValueError, match="comes with specgan.*exists already"):
        pretrained.publish(small(), "theirs", "mit")
    assert [entry.name for entry in shipped.iterdir()] == ["theirs"]


def test_nothing_is_overwritten(models):
    pretrained.publish(small(), "mine", "mit")
    with pytest.raises(ValueError, match="exists already"):
        pretrained.publish(small(), "mine", "mit")


def test_a_preset_is_a_saved_model(published):
    path = published / "good"
    exported = tf.saved_model.load(path)
    gan = zoo.load(path)
    np.testing.assert_array_equal(
        exported.sample(3, 5), to_uint8(gan.sample(3, seed=5))
    )
    with Image.open(path / "samples.png") as samples:
        pixels = np.asarray(samples)
    expected = to_uint8(gan.sample(16)).numpy()
    np.testing.assert_array_equal(pixels[16:32, :16], expected[4, ..., 0])
    assert pixels.shape == (64, 64)


def test_folders_are_loaded_by_their_path(published, models, monkeypatch):
    path = published / "good"
    monkeypatch.chdir(published)
    for name in (path, str(path), "./good", "good"):
        assert zoo.load(name).latent_dim == 8
    other = publish(zoo.DCGAN(16, 1, width=4, latent_dim=6), "good")
    assert zoo.load("good").latent_dim == 6  # The name counts.
    assert zoo.load("./good").latent_dim == 8
    assert zoo.load(other).latent_dim == 6


def test_what_is_saved_in_any_folder(tmp_path):
    path = zoo.save_preset(small(), tmp_path / "new" / "gan", "apache-2.0")
    assert path == tmp_path / "new" / "gan"
    assert zoo.load(path).latent_dim == 8
    assert 'zoo.load("gan")' in (path / "README.md").read_text()
    with pytest.raises(ValueError, match="exists already"):
        zoo.save_preset(small(), path, "mit")


@pytest.mark.parametrize("license", ["", "a\nb", "mit\n", None, "a: b", "'"])
def test_licences_are_one_line(license, tmp_path):
    with pytest.raises(ValueError, match="under which licence"):
        zoo.save_preset(small(), tmp_path / "gan", license)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"description": None},
        {"body": 3},
        {"data": "da\nta"},
        {"steps": "many"},
        {"steps": True},
        {"figures": {"fid": float("nan")}},
        {"figures": {"fid": "low"}},
        {"figures": ["fid"]},
        {"class_names": ["a", "b"]},
    ],
)
def test_what_no_card_can_show(arguments, tmp_path):
    [name] = arguments
    with pytest.raises(ValueError, match=f"{name}.*Expected.*Received"):
        zoo.save_preset(small(), tmp_path / "gan", "mit", **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "names", [["Coat"], ["Coat", "Coat"], ["Coat", ""], ["a", "\x1b"], "ab", 2]
)
def test_each_class_has_a_name(names, tmp_path):
    gan = small(num_classes=2)
    with pytest.raises(ValueError, match="`class_names`. Expected a"):
        zoo.save_preset(gan, tmp_path / "gan", "mit", class_names=names)
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_numpy_and_names_of_classes(models, tmp_path):
    gan = small(num_classes=2)
    for weight in gan.generator.trainable_variables:
        # When new, all classes are alike.
        weight.assign_add(keras.random.normal(weight.shape, seed=0))
    preset = pretrained.publish(
        gan,
        "clothes",
        "mit",
        figures={"fid": np.float32(3), "images": np.int64(60)},
        steps=np.int64(3),
        class_names=("Coat", "Bag"),
    )
    assert "3 steps, FID 3.0 of 60 images" in pretrained.figures("clothes")
    assert "| 1 | `Bag` |" in (preset / "README.md").read_text()
    out = tmp_path / "bags.png"
    for name in ("clothes", str(preset)):
        command = ["sample", name, "--num", "4", "--out", str(out), "--label"]
        assert main([*command, "Bag"]) == 0
        by_name = out.read_bytes()
        assert main([*command, "1"]) == 0
        assert out.read_bytes() == by_name
        assert main([*command, "0"]) == 0
        assert out.read_bytes() != by_name


def test_figures_come_onto_the_card(published, models):
    shutil.copytree(published, models)
    assert pretrained.figures("good").startswith("16x16x1, 0.")
    assert pretrained.figures("good").endswith(
        "unknown data, steps unknown, FID not measured, "
        "detectability not measured"
    )
    result = {
        "values": {"fid": 34.5678, "detection_score": 0.651, "other": 1.0},
        "protocol": {"images": {"fake": {"count": 128}}},
    }
    for _ in range(2):  # The second time in the place of the first.
        pretrained.record_figures(models / "good", result)
    card = (models / "good" / "README.md").read_text()
    assert card.count("| FID | 34.57 |") == 1 and card.count("The card.") == 1
    line = "FID 34.6 of 128 images, detectability 0.65"
    assert pretrained.figures("good").endswith(line)
    result["values"] = {"frechet_inception-bfloat16": 34.0}
    pretrained.record_figures(models / "good", result)
    line = "Fréchet distance (bfloat16) 34.0 of 128 images, detectability not"
    assert line in pretrained.figures("good")
    assert zoo.load("good").latent_dim == 8


def test_shipped_models_are_whole():
    for name in pretrained.names():
        model = zoo.load(name)
        if isinstance(model, zoo.AutoEncoder):
            images = model.reconstruct(np.zeros([2, *model.image_shape]))
        else:
            images = model.sample(2)
        assert np.all(np.isfinite(images))
        card = (pretrained.shipped() / name / "README.md").read_text()
        assert name in card


# === Bad entries ===


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of models with one that is good."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPECGAN_MODELS", str(folder))
        publish(small(), "good")
    return folder


@pytest.fixture
def bad(published, models):
    """The folder of a copy to be damaged, beside the good one."""
    shutil.copytree(published, models)
    shutil.copytree(published / "good", models / "bad")
    return models / "bad"


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"{broken", "Expecting property name"),
        (b"[]", "it holds no object: list"),
        (b'{"format_version": 2}', "was altered"),
        (b"\xff\xfe{}", "can't decode byte"),
        (None, "Is a directory"),
    ],
)
def test_one_bad_folder_breaks_no_other(content, reason, bad):
    (bad / "model.json").unlink()
    if content is None:
        (bad / "model.json").mkdir()
    else:
        (bad / "model.json").write_bytes(content)
    assert zoo.load("good").latent_dim == 8
    with pytest.warns(UserWarning, match=f"model bad cannot.*{reason}"):
        assert pretrained.names() == {"good": "A line."}
    with pytest.raises(ValueError, match=f"bad cannot be made.*{reason}"):
        zoo.load("bad")


def altered(entry, **changes):
    record = json.loads((entry / "model.json").read_text())
    config = {**record["config"], **changes.pop("scalars", {})}
    record = {**record, "config": config, **changes}
    record["record_sha256"] = record_sum(record)
    (entry / "model.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"class": None}, "its 'class' is not a str"),
        ({"class": ["dcgan"]}, "its 'class' is not a str"),
        ({"sha256": None}, "its 'sha256' is not a dict"),
        ({"config": None}, "its 'config' is not a dict"),
        ({"config": []}, "its 'config' is not a dict"),
        ({"scalars": {"no_such": 1}}, "unexpected keyword argument 'no_such'"),
        ({"scalars": {"image_size": "a"}}, "image_size='a'"),
        ({"scalars": {"image_size": 32}}, "is of shape"),
        ({"scalars": {"width": 8}}, "is of shape"),
        ({"class": "wgangp"}, "is of shape"),
        ({"class": "vae"}, "unexpected keyword argument"),
        ({"figures": {"fid": "low"}}, "its 'figures' is not a dictionary of"),
        ({"figures": {"fid": float("nan")}}, "its 'figures' is not"),
        ({"figures": {"images": 10**400}}, "its 'figures' is not"),
        ({"steps": "many"}, "its 'steps' is not an integer from 0"),
        ({"data": "\x1b[2Jboo"}, "its 'data' is not one line"),
        ({"description": "a\nb"}, "its 'description' is not one line"),
        ({"license": None}, "its 'license' is not one line"),
        ({"image_shape": [16, 16]}, "its 'image_shape' is not"),
        ({"class_names": ["a", "b"]}, "the model has no classes"),
    ],
)
def test_an_altered_entry_is_one_error(changes, reason, bad):
    altered(bad, **changes)
    with pytest.raises(ValueError, match="bad cannot be made.*Fetch") as told:
        zoo.load("bad")
    assert reason in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.filterwarnings("default")
def test_a_list_goes_on_after_bad_figures(bad, capsys):
    altered(bad, figures={"fid": "low"}, data="\x1b[2Jboo")
    assert main(["list"]) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "  good " in said.out and "decibel" in said.out
    assert said.err.count("\n") == 1 and "model bad cannot" in said.err


@pytest.mark.parametrize("name", ["variables.index", "variables.data*"])
def test_numbers_that_are_no_numbers(name, bad):
    [file] = bad.glob(f"variables/{name}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    pretrained.renew_checksums(bad)
    with pytest.raises(ValueError, match="bad cannot be made"):
        zoo.load("bad")
    file.write_bytes(b"")
    pretrained.renew_checksums(bad)
    with pytest.raises(ValueError, match="bad cannot be made"):
        zoo.load("bad")


def test_numbers_of_another_type(bad):
    weights = named_weights(small())
    weights["model"]["000_noise_seed"] = keras.Variable(0.5)
    shutil.rmtree(bad / "variables")
    serve = (lambda x: x, [tf.TensorSpec([1])])
    saved_model_folder.write(bad / "other", weights, {"serve": serve})
    shutil.move(bad / "other" / "variables", bad / "variables")
    pretrained.renew_checksums(bad)
    with pytest.raises(ValueError, match="noise_seed is of float32, not int32"):
        zoo.load("bad")


@pytest.mark.parametrize("version", [3, 0, "2", 2.0, None, True])
def test_another_format_version(version, bad):
    altered(bad, format_version=version)
    with pytest.raises(
        ValueError, match=f"Expected 2. Received: {version!r}.*Use the version"
    ):
        zoo.load("bad")


def test_the_format_of_before_has_a_remedy(bad):
    record = json.loads((bad / "model.json").read_text())
    del record["format_version"]
    (bad / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="specgan upgrade-preset .*bad"):
        zoo.load("bad")


@pytest.mark.parametrize(
    "card",
    [
        "# A card",
        "---\nlibrary_name: specgan\n---\nlicense: mit\n",
        "---\nlicense:\n---\n",
        '---\nlicense: ""\n---\n',
        "text\n---\nlicense: mit\n---\n",
    ],
)
def test_a_card_without_a_licence(card, bad):
    (bad / "README.md").write_text(card)
    pretrained.renew_checksums(bad)
    with pytest.raises(ValueError, match="does not say its licence.*license:"):
        zoo.load("bad")


@pytest.mark.parametrize("module", ["os", "keras.layers", "specganner.x", None])
def test_no_module_of_others_is_imported(module, bad):
    value = {"class_name": "System", "module": module, "config": {}}
    for scalars in (
        {"spectral_regularization": value},
        {"spectral_regularization": {"config": {"x": [value]}}},
    ):
        altered(bad, scalars=scalars)
        with pytest.raises(ValueError, match="a class of the module"):
            zoo.load("bad")


def test_no_graph_is_run(bad):
    """`zoo.load` does not read the functions, whatever they are."""
    (bad / "saved_model.pb").write_bytes(b"no graph at all")
    pretrained.renew_checksums(bad)
    assert zoo.load("bad").latent_dim == 8


@pytest.mark.parametrize("name", [["good"], None, "good/../good"])
def test_what_is_no_name(name, bad):
    with pytest.raises(ValueError, match="Expected one of: bad, good"):
        zoo.load(name)


def test_where_there_are_no_models(models):
    with pytest.raises(ValueError, match="no pretrained models"):
        zoo.load("mine")


def test_what_is_not_finished_is_no_model(bad):
    bad.rename(bad.with_name(".unfinished-bad"))
    assert list(pretrained.names()) == ["good"]


@pytest.mark.parametrize(
    "name", ["../mine", "a/b", "", ".", ".mine", "a\nb", "mine\n", "a b", "ä"]
)
def test_names_are_those_of_folders(name, models):
    with pytest.raises(ValueError, match="letters, digits"):
        publish(small(), name)
    assert not models.exists()


@pytest.mark.parametrize("description", ["a\nb", "a\n", "a\x1b[1m"])
def test_descriptions_are_one_line(description, models):
    with pytest.raises(ValueError, match="one line of plain text"):
        publish(small(), "mine", description)
    assert not models.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    ["import keras, zoo", "import zoo, keras; zoo.MODELS.register()"],
)
def test_keras_finds_the_classes_that_files_name(imports, tmp_path):
    path = tmp_path / "gan.keras"
    gan = small()
    gan.save(path)
    program = f"{imports}; print(keras.saving.load_model({str(path)!r}).name)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.strip() == gan.name
