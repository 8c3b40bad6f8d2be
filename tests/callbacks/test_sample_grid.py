import numpy as np
import pytest
from PIL import Image

from specgan import plots
from specgan.callbacks import SampleGrid
from specgan.models import GAN
from tests.callbacks import events
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator


@pytest.mark.parametrize("channels", [1, 3])
def test_writes_the_same_latents_images_to_tensorboard_and_files(
    tmp_path, channels
):
    gan = GAN(
        tiny_generator(channels=channels), tiny_discriminator(channels=channels)
    )
    gan.compile("sgd", "sgd")
    grid = SampleGrid(tmp_path, num=5, seed=3, every=2)
    # 2 steps an epoch: grids after the 4th and the 8th.
    gan.fit(
        uniform(4, SIZE, SIZE, channels),
        batch_size=2,
        epochs=5,
        callbacks=[grid],
        verbose=0,
    )
    files = sorted((tmp_path / "samples").iterdir())
    assert [file.name for file in files] == [
        "step-0000004.png",
        "step-0000008.png",
    ]
    assert events.read(tmp_path).keys() == {"samples/generated"}
    shown = events.read(tmp_path)["samples/generated"]
    assert [step for step, _ in shown] == [4, 8]
    for file, (_, pixels) in zip(files, shown, strict=True):
        assert pixels.shape[:2] == (2 * SIZE, 3 * SIZE)
        np.testing.assert_array_equal(np.asarray(Image.open(file)), pixels)
    assert np.any(shown[0][1] != shown[1][1])


def test_shows_what_sample_gives(tmp_path):
    gan = GAN(tiny_generator(channels=3), tiny_discriminator(channels=3))
    gan.compile("sgd", "sgd")
    images = uniform(4, SIZE, SIZE, 3)
    gan.fit(images, verbose=0, callbacks=[SampleGrid(tmp_path, 4, seed=7)])
    assert not (tmp_path / "samples" / "real.png").exists()
    ((_, pixels),) = events.read(tmp_path)["samples/generated"]
    expected = plots.image_grid(gan.sample(4, seed=7))
    np.testing.assert_array_equal(pixels, expected)


def test_real_images_stand_beside_them(tmp_path):
    gan = GAN(tiny_generator(channels=3), tiny_discriminator(channels=3))
    gan.compile("sgd", "sgd")
    images = uniform(4, SIZE, SIZE, 3)
    grid = SampleGrid(tmp_path, num=3, real=images)
    gan.fit(images, epochs=2, verbose=0, callbacks=[grid])
    ((step, pixels),) = events.read(tmp_path)["samples/real"]
    assert step == 0
    np.testing.assert_array_equal(pixels, plots.image_grid(images[:3]))
    with Image.open(tmp_path / "samples" / "real.png") as file:
        np.testing.assert_array_equal(np.asarray(file), pixels)


@pytest.mark.parametrize("images", [
    np.full([2, SIZE, SIZE, 1], 200, np.uint8),
    np.full([2, SIZE, SIZE, 1], 200.0, np.float32),
])  # fmt: skip
def test_real_images_of_another_range(tmp_path, images):
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile("sgd", "sgd")
    with pytest.raises(ValueError, match=r"in \[-1, 1\]"):
        gan.fit(
            uniform(2, SIZE, SIZE, 1),
            verbose=0,
            callbacks=[SampleGrid(tmp_path, real=images)],
        )


@pytest.mark.parametrize("arguments", [{"num": 0}, {"every": 0}, {"num": -1}])
def test_invalid_counts(tmp_path, arguments):
    (name, value), *_ = arguments.items()
    with pytest.raises(ValueError, match=f"Received: .*{name}={value}"):
        SampleGrid(tmp_path / "run", **arguments)
    assert not (tmp_path / "run").exists()
