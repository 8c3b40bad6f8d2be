import json

import numpy as np
import pytest

import zoo
from tests.contracts import uniform
from zoo import pretrained


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def small(**kwargs):
    return zoo.DCGAN(16, 1, width=4, latent_dim=8, **kwargs)


@pytest.mark.parametrize("name", zoo.MODELS)
def test_every_class_comes_back(name, models):
    model = zoo.MODELS[name](16, channels=1, width=4)
    pretrained.publish(model, "mine", "A line.", "The card.")
    again = zoo.load("mine")
    assert type(again) is type(model)
    for mine, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert pretrained.names() == {"mine": "A line."}
    assert (models / "mine" / "README.md").read_text() == "The card."


def test_target_and_average_are_in_it_and_optimizers_are_not(models):
    gan = small(spectral_regularization=True, ema_decay=0.9)
    images = uniform(8, 16, 16, 1)
    gan.adapt(images)
    gan.compile()
    gan.fit(images, batch_size=4, verbose=0)
    path = pretrained.publish(gan, "mine", "", "")
    again = zoo.load("mine")
    assert again.spectral_loss.adapted
    assert not again.compiled
    np.testing.assert_array_equal(again.sample(4), gan.sample(4))
    weights = sum(w.numpy().nbytes for w in gan.weights)
    assert (path / "model.weights.h5").stat().st_size < 1.5 * weights + 1e5


def test_a_loaded_model_trains_on(models):
    pretrained.publish(small(), "mine", "", "")
    gan = zoo.load("mine")
    gan.compile()
    gan.fit(uniform(8, 16, 16, 1), batch_size=4, verbose=0)


def test_an_unknown_name_suggests_the_nearest(models):
    pretrained.publish(small(), "dcgan-faces", "", "")
    with pytest.raises(ValueError, match="Did you mean 'dcgan-faces'"):
        zoo.load("dcgan-face")


def test_altered_weights_are_refused(models):
    path = pretrained.publish(small(), "mine", "", "")
    weights = path / "model.weights.h5"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match="not those that were published"):
        zoo.load("mine")
    weights.unlink()
    with pytest.raises(ValueError, match="no such file"):
        zoo.load("mine")


def test_a_class_is_only_looked_up_in_the_zoo(models):
    path = pretrained.publish(small(), "mine", "", "")
    record = json.loads((path / "model.json").read_text())
    record["class"] = "os.system"
    (path / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="class of a model"):
        zoo.load("mine")


def test_nothing_is_overwritten(models):
    pretrained.publish(small(), "mine", "", "")
    with pytest.raises(ValueError, match="exists already"):
        pretrained.publish(small(), "mine", "", "")


def test_shipped_models_are_whole():
    for name in pretrained.names():
        model = zoo.load(name)
        assert np.all(np.isfinite(model.sample(2)))
        card = (pretrained.folder() / name / "README.md").read_text()
        assert name in card
