import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan import data
from specgan.losses import DecibelSpectralLoss
from specgan.losses import DistributionSpectralLoss
from specgan.losses.spectral import get
from specgan.losses.spectral import sample_distances
from specgan.losses.spectral.distribution_spectral_loss import ROUNDING
from specgan.losses.spectral.distribution_spectral_loss import chroma_spectra
from specgan.losses.spectral.distribution_spectral_loss import luma_spectra
from specgan.signal import spectrum
from tests.contracts import revived
from tests.contracts import run_spectral_loss_test
from tests.contracts import saved_and_loaded
from tests.contracts import uniform
from zoo import LSGAN

FLOOR = (2 / 255) ** 2 / 12
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def photographs():
    """Real images of 16 px in [-1, 1]."""
    images = data.load_array("photos", image_size=16)[::7][:256]
    return images.astype(np.float32) / 127.5 - 1


def adapted(images, **kwargs):
    loss = DistributionSpectralLoss(bank_size=128, **kwargs)
    loss.adapt([images])
    return loss


# === The contract ===


@pytest.mark.parametrize(
    "init_kwargs",
    [
        {},
        {"distance": "sliced_wasserstein", "bank_size": 16},
        {"distance": "moments", "chroma": False, "plane_weight": 0.3},
    ],
)
def test_contract(init_kwargs):
    run_spectral_loss_test(DistributionSpectralLoss, init_kwargs)


# === What it computes ===


def ring_powers(planes, windowed=True):
    """NumPy: rings 1..M/2 and corner of planes, and the plane's power."""
    size = planes.shape[1]
    window = 1.0
    if windowed:
        hann = np.hanning(size + 1)[:-1]
        window = np.outer(hann, hann)
        window /= np.sqrt(np.mean(window**2))
        planes = planes - planes.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.fft2(planes * window)) ** 2 / size**2
    frequency = np.fft.fftfreq(size) * size
    radius = np.hypot(frequency[:, None], frequency)
    ring = np.minimum(np.round(radius), size // 2 + 1)
    means = [power[:, ring == k].mean(1) for k in range(1, size // 2 + 2)]
    return np.stack(means, axis=1), power


def decibels(power):
    return 10 * np.log10(power + FLOOR)


def huber(difference):
    size = np.abs(difference)
    return np.mean(np.where(size < 3, size**2 / 2, 3 * (size - 1.5)))


def test_terms_are_their_formulas(photographs):
    reals, fakes = photographs[:200], uniform(6, 16, 16, 3) / 3
    of_bank = np.floor(np.arange(128) * 200 / 128).astype(int)
    loss = adapted(reals)
    luma = loss.luma_term(tf.constant(fakes))
    chroma = loss.chroma_term(tf.constant(fakes))

    grey = [images.astype(np.float64) @ LUMA for images in (reals, fakes)]
    rounding = FLOOR * np.sum(LUMA**2)
    real, fake = (ring_powers(planes)[0] for planes in grey)
    levels = decibels(real)
    mean, spread = levels.mean(0), levels.std(0)
    energy = sample_distances.energy_distance(
        (decibels(fake + rounding) - mean) / spread,
        ((levels - mean) / spread)[of_bank],
    )
    (real, real_plane), (fake, fake_plane) = (
        ring_powers(planes, windowed=False) for planes in grey
    )
    difference = decibels(fake.mean(0) + rounding) - decibels(real.mean(0))
    real_plane, fake_plane = (
        decibels(real_plane),
        decibels(fake_plane + rounding),
    )
    error = (fake_plane.mean(0) - real_plane.mean(0)) ** 2
    error -= fake_plane.var(0, ddof=1) / len(fakes)
    error[0, 0] = 0  # DC
    expected = (
        0.5 * energy
        + 2 * huber(difference)
        + 0.1 * 0.5 * error.sum() / (error.size - 1)
    )
    # The bank is in half precision.
    np.testing.assert_allclose(luma, expected, rtol=1e-3)

    differences = np.eye(3)[[0, 2]] - LUMA
    real, fake = (
        np.stack([ring_powers(x @ weights)[0] for weights in differences], 1)
        for x in (reals.astype(np.float64), fakes[::2].astype(np.float64))
    )
    fake += FLOOR * np.sum(differences**2, axis=1)[:, None]
    levels = decibels(real).reshape(len(real), -1)
    mean, spread = levels.mean(0), np.maximum(levels.std(0), 0.1)
    energy = sample_distances.energy_distance(
        (decibels(fake).reshape(3, -1) - mean) / spread,
        ((levels - mean) / spread)[of_bank],
    )
    expected = 0.01 * energy + 0.05 * huber(
        decibels(fake.mean(0)) - decibels(real.mean(0))
    )
    np.testing.assert_allclose(chroma, expected, rtol=1e-3)
    np.testing.assert_allclose(
        loss(tf.constant(fakes)), luma + chroma, rtol=1e-6
    )


def test_rounding_is_what_eight_bits_add():
    """Rounded images have the power of those before, and that of the noise."""
    images = 0.4 * uniform(64, 16, 16, 3)
    rounded = np.round((images + 1) * 127.5) / 127.5 - 1
    noise = tf.constant(rounded - images)
    luma = luma_spectra(noise).power
    chroma = chroma_spectra(noise)
    np.testing.assert_allclose(np.mean(luma), ROUNDING[0], rtol=0.05)
    np.testing.assert_allclose(
        np.mean(chroma, axis=(0, 2)), ROUNDING[1:], rtol=0.05
    )


def test_spread_is_seen_where_the_mean_is_right(photographs):
    """Images of one power each, in the mean that of photographs."""
    loss = adapted(photographs, chroma=False)
    grey = photographs[:64]
    power = loss.profile(grey).numpy()
    gain = np.sqrt(np.mean(power[:, 1:].sum(1)) / power[:, 1:].sum(1))
    mean = grey.mean(axis=(1, 2), keepdims=True)
    alike = mean + (grey - mean) * gain[:, None, None, None]

    def profile_distance(images):
        levels = luma_spectra(tf.constant(images)).levels
        return float(loss.bank.distance(levels))

    assert profile_distance(alike) > profile_distance(grey) + 0.02


def test_a_lattice_is_seen_where_the_rings_are_right(photographs):
    """Power moved within its ring from everywhere to four frequencies."""
    moved = DistributionSpectralLoss(
        profile_weight=0, mean_weight=0, plane_weight=1, chroma=False
    )
    moved.adapt([photographs])
    transform = np.fft.fft2(photographs[:64], axes=(1, 2))
    ring = np.maximum(*np.abs(np.meshgrid(*[np.fft.fftfreq(16) * 16] * 2)))
    lattice = np.where((ring == 4)[None, :, :, None], 0, transform)
    on_ring = (ring == 4)[None, :, :, None]
    power = np.sum(np.abs(transform) ** 2 * on_ring, axis=(1, 2))
    amplitude = np.sqrt(power / 4)
    for row, column in ((4, 0), (12, 0), (0, 4), (0, 12)):
        lattice[:, row, column] = amplitude
    images = np.fft.ifft2(lattice, axes=(1, 2)).real.astype(np.float32)
    before = float(moved(photographs[:64]))
    assert float(moved(images)) > before + 0.5


def test_gradient_against_finite_differences_in_float64(photographs):
    """Everything from the pixels to the three kinds of distances."""
    reals = tf.constant(photographs[:32], tf.float64)
    fakes = tf.constant(uniform(3, 8, 8, 3) / 3, tf.float64)
    reals = reals[:, 4:12, 4:12]
    bank = luma_spectra(reals).levels
    colours = spectrum.decibels(tf.reshape(chroma_spectra(reals), [32, -1]))

    def total(images):
        luma = luma_spectra(images, ROUNDING[0])
        colour = spectrum.decibels(chroma_spectra(images, ROUNDING[1:]))
        return (
            sample_distances.energy_distance(luma.levels, bank)
            + tf.reduce_sum(spectrum.decibels(luma.power))
            + tf.reduce_mean(tf.square(luma.plane_mean + 30.0))
            + tf.reduce_mean(luma.plane_square)
            + sample_distances.energy_distance(
                tf.reshape(colour, [3, -1]), colours
            )
        )

    with tf.GradientTape() as tape:
        tape.watch(fakes)
        value = total(fakes)
    gradient = tape.gradient(value, fakes)
    # Along some directions: one for each pixel would take 20 times as long.
    directions = np.random.default_rng(0).normal(size=[12, *fakes.shape])
    exact = [tf.reduce_sum(gradient * one) for one in directions]
    numeric = [
        (total(fakes + 1e-6 * one) - total(fakes - 1e-6 * one)) / 2e-6
        for one in directions
    ]
    error = np.linalg.norm(np.subtract(exact, numeric))
    assert error < 1e-6 * np.linalg.norm(numeric)


# === In a GAN ===


def small_gan(**kwargs):
    keras.utils.set_random_seed(0)
    return LSGAN(image_size=16, width=4, latent_dim=8, **kwargs)


def test_weight_0_is_a_plain_gan(photographs):
    plain = small_gan()
    none = small_gan(spectral_regularization="distribution", spectral_weight=0)
    for gan in (plain, none):
        gan.adapt(photographs)
        gan.compile()
        gan.fit(photographs[:64], batch_size=16, shuffle=False, verbose=0)
    np.testing.assert_allclose(none.sample(4), plain.sample(4), atol=1e-5)


def test_a_saved_gan_keeps_bank_and_targets(photographs):
    gan = small_gan(spectral_regularization="distribution")
    gan.adapt(photographs)
    gan.compile()
    again = saved_and_loaded(gan)
    for one, other in zip(
        gan.spectral_loss.weights, again.spectral_loss.weights, strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("image_size", [28, 64, 128, 256])
def test_bank_and_targets_take_at_most_1_mb(image_size):
    loss = DistributionSpectralLoss()
    loss.build((None, image_size, image_size, 3))
    size = sum(np.asarray(weight).nbytes for weight in loss.weights)
    assert size <= 1e6


def test_what_true_meant_when_a_file_was_written():
    """Files from before the default changed hold True for "decibel"."""
    config = small_gan(spectral_regularization=True).get_config()
    assert config["spectral_regularization"] == "distribution"
    old = LSGAN.from_config({**config, "spectral_regularization": True})
    assert isinstance(old.spectral_loss, DecibelSpectralLoss)
    assert isinstance(get(True), DistributionSpectralLoss)
    loss = DistributionSpectralLoss(weight=0.5, chroma=False)
    gan = revived(small_gan(spectral_regularization=loss))
    assert gan.spectral_loss.get_config() == loss.get_config()


# === Bad input, and little of it ===


@pytest.mark.parametrize(
    "fakes",
    [
        pytest.param(uniform(1, 16, 16, 3), id="a batch of one"),
        pytest.param(np.zeros([4, 16, 16, 3], np.float32), id="of one value"),
        pytest.param(np.ones([2, 16, 16, 3], np.float32), id="white"),
    ],
)
def test_little_to_see_gives_finite_gradients(photographs, fakes):
    loss = adapted(photographs)
    images = tf.constant(fakes)
    with tf.GradientTape() as tape:
        tape.watch(images)
        distance = loss(images)
    assert np.isfinite(distance)
    assert np.all(np.isfinite(tape.gradient(distance, images)))


def test_few_constant_or_grey_real_images():
    for reals in (
        uniform(3, 16, 16, 3),
        np.zeros([4, 16, 16, 3], np.float32),
        np.repeat(uniform(4, 16, 16, 1), 3, axis=-1),
        uniform(5, 16, 16, 1),
    ):
        loss = adapted(reals)
        distance = loss(uniform(4, *reals.shape[1:], seed=1))
        assert np.isfinite(distance)


def test_the_bank_is_of_all_images():
    """Of a data set sorted by class, not of the first classes alone."""
    first, last = uniform(8, 8, 8, 1), uniform(8, 8, 8, 1) / 8
    loss = DistributionSpectralLoss(bank_size=8)
    loss.adapt([first, last])
    every_second = DistributionSpectralLoss(bank_size=16)
    every_second.adapt([first, last])
    np.testing.assert_array_equal(loss.bank.rows, every_second.bank.rows[::2])


@pytest.mark.parametrize(
    "init_kwargs, message",
    [
        ({"distance": "energetic"}, "sample distance"),
        ({"bank_size": 0}, "bank_size"),
        ({"chroma": "half"}, "Chroma counts or not.*'half'"),
        ({"plane_weight": -1.0}, "plane_weight.*at least 0"),
        ({"mean_weight": float("nan")}, "mean_weight.*at least 0"),
        ({"mean_weight": float("inf")}, "finite.*mean_weight=inf"),
        ({"profile_weight": "strong"}, "number.*profile_weight='strong'"),
    ],
)
def test_bad_arguments(init_kwargs, message):
    with pytest.raises(ValueError, match=message):
        DistributionSpectralLoss(**init_kwargs)


def test_bad_real_images():
    with pytest.raises(ValueError, match="Grey images have no chroma"):
        DistributionSpectralLoss(chroma=True).build((None, 16, 16, 1))
    loss = DistributionSpectralLoss(bank_size=4)
    with pytest.raises(ValueError, match="at least two real"):
        loss.adapt([uniform(1, 16, 16, 3)])
    assert not loss.adapted
    with pytest.raises(ValueError, match="floats in"):
        loss.adapt([np.ones([4, 16, 16, 3], np.uint8)])
    gan = small_gan(spectral_regularization="distribution")
    gan.compile()
    with pytest.raises(ValueError, match=r"adapt\(images\)"):
        gan.fit(uniform(8, 16, 16, 3))
