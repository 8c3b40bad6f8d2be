import keras
import numpy as np
import pytest

from specgan.callbacks import SpectrumMonitor
from specgan.callbacks import TrainingScalars
from specgan.models import GAN
from tests.callbacks import events
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator


def test_losses_are_written_over_steps(tmp_path):
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile(keras.optimizers.SGD(0.01), "sgd")
    images = uniform(6, SIZE, SIZE, 1)
    history = gan.fit(
        images,
        batch_size=2,
        epochs=2,
        verbose=0,
        callbacks=[
            SpectrumMonitor(tmp_path / "spectra", images),
            TrainingScalars(tmp_path),
        ],
    ).history
    written = events.read(tmp_path)
    # What the monitor measures is not written twice.
    assert "spectral_error" in history
    names = {"d_loss", "g_loss", "d_real", "d_fake"}
    assert written.keys() == {
        f"training/{name}" for name in {*names, "learning_rate"}
    }
    for name in names:
        steps, values = zip(*written[f"training/{name}"], strict=True)
        assert steps == (3, 6)
        np.testing.assert_allclose(values, history[name], rtol=1e-6)
    assert dict(written["training/learning_rate"])[6] == np.float32(0.01)


def test_a_full_disk_does_not_end_a_training(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("No space left on device")

    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile("sgd", "sgd")
    callback = TrainingScalars(tmp_path)
    monkeypatch.setattr("tensorflow.summary.scalar", full)
    with pytest.warns(UserWarning, match="TensorBoard's records could not"):
        gan.fit(uniform(2, SIZE, SIZE, 1), verbose=0, callbacks=[callback])
