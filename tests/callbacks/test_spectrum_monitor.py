import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.callbacks import SpectrumMonitor
from specgan.errors import DamagedFile
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectrumStatistics
from specgan.models import GAN
from tests.callbacks import events
from tests.contracts import uniform
from tests.plain_pictures import draw_plainly
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

IMAGES = uniform(12, SIZE, SIZE, 1)

DRAWN = {  # TensorBoard's tags and files.
    "1-D": "1-d",
    "2-D": "2-d",
    "single images": "single-images",
    "2-D difference": "2-d-difference",
}


@pytest.fixture(autouse=True)
def plain_pictures(request, monkeypatch):
    """One test looks at them."""
    if request.function is not test_writes_every_few_epochs:
        draw_plainly(monkeypatch)


def trained(callbacks, epochs=1):
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile("sgd", "sgd", run_eagerly=True)
    history = gan.fit(
        IMAGES, batch_size=6, epochs=epochs, callbacks=callbacks, verbose=0
    )
    return gan, history.history


def test_measures_generated_against_real_images(tmp_path):
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=10, seed=3)
    gan, logs = trained([monitor])
    real = SpectrumStatistics.of([IMAGES[:10]])
    generated = SpectrumStatistics.of([gan.sample(10, seed=3)])
    expected = {
        "spectral_error": generated.rms_error(real),
        "spectral_error_high": generated.rms_error(real, beyond=0.25),
    }
    record = json.loads((tmp_path / "spectrum.json").read_text())
    written = events.read(tmp_path)
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], [value], rtol=1e-4)
        np.testing.assert_allclose(record[name], [value], rtol=1e-4)
        ((step, shown),) = written[f"spectrum/{name} (dB)"]
        assert step == 2
        np.testing.assert_allclose(shown, value, rtol=1e-4)
    np.testing.assert_allclose(
        record["ring_errors"],
        [(generated.decibels - real.decibels)[1:-1]],
        atol=1e-3,
    )
    # The numbers agree with each other: rms over the rings.
    errors = np.array(record["ring_errors"][0])
    np.testing.assert_allclose(
        np.sqrt(np.mean(errors**2)), expected["spectral_error"], rtol=1e-3
    )


def test_measures_single_images(tmp_path):
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=10, seed=3)
    gan, logs = trained([monitor])
    real = SingleImageSpectra.of([IMAGES[:10]])
    generated = SingleImageSpectra.of([gan.sample(10, seed=3)])
    ratio = generated.spread_ratio(real)
    record = json.loads((tmp_path / "spectrum.json").read_text())
    np.testing.assert_allclose(logs["spread_ratio"], [ratio], rtol=1e-4)
    np.testing.assert_allclose(record["spread_ratio"], [ratio], rtol=1e-4)
    ((_, shown),) = events.read(tmp_path)["spectrum/spread_ratio"]
    np.testing.assert_allclose(shown, ratio, rtol=1e-4)
    # All that the picture shows.
    kept = record["single_images"]
    assert kept["window"] == "hann"
    assert kept["probabilities"] == [0.05, 0.25, 0.5, 0.75, 0.95]
    for name, one in (("real", real), ("generated", generated)):
        np.testing.assert_allclose(
            kept["quantiles"][name],
            one.quantiles(kept["probabilities"]),
            atol=1e-3,
        )
        np.testing.assert_allclose(kept["spread"][name], one.spread, atol=1e-3)


def test_goes_on_with_the_record_of_an_earlier_version(tmp_path):
    first = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    gan, _ = trained([first])
    path = tmp_path / "spectrum.json"
    record = json.loads(path.read_text())
    del record["spread_ratio"], record["single_images"]
    path.write_text(json.dumps(record))
    second = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    gan.fit(
        IMAGES, batch_size=6, initial_epoch=1, epochs=2, callbacks=[second],
        verbose=0,
    )  # fmt: skip
    record = json.loads(path.read_text())
    assert record["epochs"] == [1, 2]
    assert record["spread_ratio"][0] is None
    assert record["spread_ratio"][1] > 0


def test_one_image_has_no_spread(tmp_path):
    trained([SpectrumMonitor(tmp_path, IMAGES, num_images=1)])
    record = json.loads((tmp_path / "spectrum.json").read_text())
    assert record["spread_ratio"] == [0.0]


def test_record_tells_how_it_was_measured(tmp_path):
    trained([SpectrumMonitor(tmp_path, IMAGES, num_images=99, window="hann")])
    record = json.loads((tmp_path / "spectrum.json").read_text())
    assert record["unit"] == "dB"
    assert record["window"] == "hann"
    # Fewer real images than asked for: it says how many.
    assert record["images"] == {"real": 12, "generated": 99}
    np.testing.assert_allclose(record["frequencies"], np.arange(1, 5) / 8)


def test_writes_every_few_epochs(tmp_path):
    monitor = SpectrumMonitor(
        tmp_path, IMAGES, num_images=4, every=2, drawing_share=1
    )
    _, logs = trained([monitor], epochs=5)
    # 2 steps an epoch.
    assert monitor.history["steps"] == [4, 8]
    record = json.loads((tmp_path / "spectrum.json").read_text())
    assert record["steps"] == [4, 8]
    assert np.shape(record["ring_errors"]) == (2, 4)
    assert len(logs["spectral_error"]) == 2
    written = events.read(tmp_path)
    assert written.keys() == {
        "spectrum/spectral_error (dB)",
        "spectrum/spectral_error_high (dB)",
        "spectrum/1-D",
        "spectrum/2-D",
        "spectrum/single images",
        "spectrum/2-D difference",
        "spectrum/error over training",
        "spectrum/spread_ratio",
    }
    for tag, values in written.items():
        assert [step for step, _ in values] == [4, 8], tag
    for name in DRAWN:
        assert (tmp_path / f"spectrum-{DRAWN[name]}.png").is_file()
    for name in [*DRAWN, "error over training"]:
        for _, pixels in written[f"spectrum/{name}"]:
            assert min(pixels.shape[:2]) > 200 and pixels.shape[2] == 3
            assert pixels.std() > 5  # Something is drawn.


def test_draws_the_first_and_the_last_in_quick_trainings(tmp_path):
    monitor = SpectrumMonitor(
        tmp_path, IMAGES, num_images=4, drawing_share=1e-6
    )
    trained([monitor], epochs=4)
    written = events.read(tmp_path)
    for tag, values in written.items():
        is_picture = np.ndim(values[0][1]) == 3
        steps = [2, 8] if is_picture else [2, 4, 6, 8]
        assert [step for step, _ in values] == steps, tag


@pytest.mark.parametrize(
    "data",
    [
        IMAGES,
        (IMAGES, np.arange(12)),
        {"image": IMAGES, "label": np.arange(12)},
    ],
    ids=["images", "labelled", "dictionaries"],
)
def test_real_images_may_be_a_dataset(tmp_path, data):
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(5)
    monitor = SpectrumMonitor(tmp_path, dataset, num_images=8)
    trained([monitor])
    np.testing.assert_allclose(
        monitor.real.mean_power,
        SpectrumStatistics.of([IMAGES[:8]]).mean_power,
        rtol=1e-4,
    )


def test_callbacks_later_in_the_list_see_the_errors(tmp_path):
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras",
        monitor="spectral_error_high",
        mode="min",
        save_best_only=True,
    )
    trained([monitor, best])
    assert (tmp_path / "best.keras").exists()


def test_measuring_does_not_change_the_training(tmp_path):
    weights = []
    for callbacks in ([], [SpectrumMonitor(tmp_path, IMAGES, num_images=4)]):
        keras.utils.set_random_seed(0)
        weights.append(trained(callbacks, epochs=2)[0].get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_images_of_another_range_and_generators_of_nan(tmp_path):
    for images in (IMAGES * 127 + 127, IMAGES * np.nan):
        with pytest.raises(ValueError, match="out of range|NaN or infinite"):
            trained([SpectrumMonitor(tmp_path, images)])
    monitor = SpectrumMonitor(
        tmp_path, IMAGES, generate=lambda num: IMAGES[:num] * np.nan
    )
    with pytest.raises(ValueError, match="NaN.*the training diverged"):
        trained([monitor])
    assert not (tmp_path / "spectrum.json").exists()


def test_a_second_fit_keeps_the_history(tmp_path):
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    gan, _ = trained([monitor])
    gan.fit(IMAGES, batch_size=6, callbacks=[monitor], verbose=0)
    assert monitor.history["steps"] == [2, 4]
    record = json.loads((tmp_path / "spectrum.json").read_text())
    assert record["steps"] == [2, 4]


@pytest.mark.parametrize("argument", ["num_images", "every", "drawing_share"])
@pytest.mark.parametrize("value", [0, -3])
def test_invalid_counts(tmp_path, argument, value):
    with pytest.raises(ValueError, match=f"Received: .*{argument}={value}"):
        SpectrumMonitor(tmp_path / "run", IMAGES, **{argument: value})
    assert not (tmp_path / "run").exists()


def test_no_real_images(tmp_path):
    with pytest.raises(ValueError, match="at least one image"):
        trained([SpectrumMonitor(tmp_path, IMAGES[:0])])


def test_steps_are_counted_while_gradients_are_accumulated(tmp_path):
    gan = GAN(tiny_generator(), tiny_discriminator())
    rates = [
        keras.optimizers.SGD(0.01, gradient_accumulation_steps=2)
        for _ in range(2)
    ]
    gan.compile(*rates, run_eagerly=True)
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    gan.fit(IMAGES, batch_size=3, callbacks=[monitor], verbose=0)
    assert monitor.history["steps"] == [4]


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "spectrum.json").write_text('{"epochs": 3}')
    monitor = SpectrumMonitor(tmp_path, IMAGES, num_images=4)
    with pytest.raises(DamagedFile, match="spectrum.json is damaged"):
        monitor._restore(1)
