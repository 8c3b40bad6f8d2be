import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses import CrossEntropySpectralLoss
from specgan.losses import DecibelSpectralLoss
from specgan.losses import DistributionSpectralLoss
from specgan.losses import FocalFrequencySpectralLoss
from specgan.losses import FrequencyMatchingSpectralLoss
from specgan.losses import HannDecibelSpectralLoss
from specgan.losses import ScalingSpectralLoss
from specgan.losses.spectral import SPECTRAL_LOSSES
from specgan.losses.spectral import cross_entropy_distance
from specgan.losses.spectral import decibel_distance
from specgan.losses.spectral import get
from specgan.losses.spectral import released_cross_entropy
from specgan.losses.spectral import released_profile
from specgan.signal import azimuthal_integral
from tests.contracts import revived
from tests.contracts import run_spectral_loss_test
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first

FLOOR = (2 / 255) ** 2 / 12


def smooth(*shape, seed=0):
    """Float64 images in [-1, 1] whose spectrum falls, as photographs' does."""
    noise = np.random.default_rng(seed).normal(size=shape)
    frequencies = np.hypot(
        np.fft.fftfreq(shape[1])[:, None], np.fft.fftfreq(shape[2])[None]
    )
    falling = np.fft.fft2(noise, axes=(1, 2)) / (
        1 + 20 * frequencies[None, :, :, None]
    )
    images = np.fft.ifft2(falling, axes=(1, 2)).real
    return 0.9 * images / np.abs(images).max()


def gradient_of(function, images):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = function(images)
    return tape.gradient(value, images, unconnected_gradients="zero").numpy()


def assert_gradient_equals_finite_differences(loss, images, step=1e-5):
    gradient = gradient_of(loss, images)
    differences = np.zeros_like(images)
    for place in np.ndindex(images.shape):
        shift = np.zeros_like(images)
        shift[place] = step
        differences[place] = (loss(images + shift) - loss(images - shift)) / (
            2 * step
        )
    error = np.max(np.abs(gradient - differences))
    assert error < 1e-6 * np.max(np.abs(differences))


# === The contract ===


@pytest.mark.parametrize(
    "loss_class, init_kwargs",
    [
        (DecibelSpectralLoss, {}),
        (DecibelSpectralLoss, {"weight": 0.5, "delta": 1.0, "window": "hann"}),
        (CrossEntropySpectralLoss, {}),
        (CrossEntropySpectralLoss, {"weight": 0.5, "window": "hann"}),
        (ScalingSpectralLoss, {"weight": 1e-5}),
        (HannDecibelSpectralLoss, {}),
        (HannDecibelSpectralLoss, {"weight": 0.5, "delta": 1.0}),
        (FrequencyMatchingSpectralLoss, {"weight": 0.5}),
        (FocalFrequencySpectralLoss, {}),
        (FocalFrequencySpectralLoss, {"alpha": 0.5, "phases": True}),
    ],
)
def test_contract(loss_class, init_kwargs):
    run_spectral_loss_test(loss_class, init_kwargs)


@pytest.mark.parametrize("name", SPECTRAL_LOSSES)
def test_target_is_the_mean_profile_of_all_images(name):
    images = smooth(7, 16, 16, 3).astype(np.float32)
    loss = get(name)
    loss.adapt(tf.data.Dataset.from_tensor_slices(images).batch(3))
    profiles = [loss.profile(image[None])[0].numpy() for image in images]
    np.testing.assert_allclose(loss.target, np.mean(profiles, 0), rtol=1e-4)
    # Another `adapt` replaces it.
    loss.adapt([images[:2]])
    np.testing.assert_allclose(loss.target, np.mean(profiles[:2], 0), rtol=1e-4)


def test_windows_are_used():
    images = smooth(2, 16, 16, 1).astype(np.float32)
    for loss_class in (DecibelSpectralLoss, CrossEntropySpectralLoss):
        plain, hann = loss_class(), loss_class(window="hann")
        assert np.any(plain.profile(images) != hann.profile(images))
        with pytest.raises(ValueError, match="Expected None or 'hann'"):
            loss_class(window="hamming")


def test_get():
    assert get(None) is None and get(False) is None
    assert type(get(True)) is DistributionSpectralLoss
    for name, loss_class in SPECTRAL_LOSSES.items():
        assert type(get(name)) is loss_class
    loss = ScalingSpectralLoss()
    assert get(loss) is loss
    with pytest.raises(ValueError, match="Did you mean 'decibel'"):
        get("decibell")


def test_target_is_saved_in_the_weights():
    loss = DecibelSpectralLoss()
    loss.adapt([uniform(4, 16, 16, 1)])
    other = revived(loss)
    assert not other.adapted
    other.set_weights(loss.get_weights())
    assert other.adapted
    np.testing.assert_array_equal(other.target, loss.target)


# === Decibels ===


def test_decibel_distance_equals_numpy():
    random = np.random.default_rng(0)
    power, target = 10 ** random.uniform(-7, 2, (2, 10))
    terms = []
    for k in range(1, 10):
        difference = abs(
            10 * np.log10((power[k] + FLOOR) / (target[k] + FLOOR))
        )
        if difference <= 3:
            terms.append(difference**2 / 2)
        else:
            terms.append(3 * (difference - 1.5))
    np.testing.assert_allclose(
        decibel_distance(power, target), np.mean(terms), rtol=1e-12
    )


def test_decibel_distance_vanishes_at_the_target_with_its_gradient():
    target = 10.0 ** np.arange(-6, 3)
    assert decibel_distance(target, target) == 0
    gradient = gradient_of(lambda p: decibel_distance(p, target), target)
    np.testing.assert_array_equal(gradient, 0)


def test_decibel_distance_ignores_the_mean_and_weighs_rings_alike():
    target = 10.0 ** -np.arange(8)
    brighter = target * np.array([100, 1, 1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(
        decibel_distance(brighter, target), 0, atol=1e-12
    )
    # The same factor costs the same at any ring above the floor.
    costs = []
    for ring in range(1, 4):
        power = target + target * (np.arange(8) == ring)
        costs.append(decibel_distance(power, target))
    np.testing.assert_allclose(costs, costs[0], rtol=2e-2)


def test_power_below_the_floor_does_not_count():
    target = np.full(8, 1e-9)
    assert decibel_distance(np.zeros(8), target) < 1e-5


def test_doubled_amplitude_is_six_decibels():
    reals = uniform(8, 16, 16, 1) / 2
    loss = DecibelSpectralLoss(weight=0.5)
    loss.adapt([reals])
    np.testing.assert_allclose(loss(reals, None), 0, atol=1e-8)
    # D = 10 log10(4) = 6.0206 in every ring; huber = 3 (D - 1.5).
    distance = loss(2 * reals, None)
    np.testing.assert_allclose(distance, 3 * (6.0206 - 1.5), rtol=1e-3)
    assert loss.penalty(distance, 7.0) == 0.5 * distance
    wide = DecibelSpectralLoss(delta=10.0)
    wide.adapt([reals])
    np.testing.assert_allclose(wide(2 * reals, None), 6.0206**2 / 2, rtol=1e-3)


def test_decibel_loss_compares_the_batch_mean():
    # Loud and quiet images whose mean power is the target's.
    reals = uniform(1, 16, 16, 1) / 4
    loss = DecibelSpectralLoss()
    loss.adapt([reals])
    fakes = np.concatenate([np.sqrt(1.5) * reals, np.sqrt(0.5) * reals])
    np.testing.assert_allclose(loss(fakes, None), 0, atol=1e-6)


@pytest.mark.parametrize("amplitude", [0.9, 3.0])  # within and beyond delta
@pytest.mark.parametrize("window", [None, "hann"])
def test_gradient_of_decibel_loss(window, amplitude):
    target = np.mean(azimuthal_integral(smooth(8, 8, 9, 3, seed=1)), axis=0)

    def loss(images):
        profile = azimuthal_integral(images, window)
        return decibel_distance(tf.reduce_mean(profile, axis=0), target)

    images = amplitude * smooth(2, 8, 9, 3)
    assert_gradient_equals_finite_differences(loss, images)


# === Cross-entropy ===


def test_cross_entropy_distance_equals_numpy():
    random = np.random.default_rng(0)
    profile = random.uniform(0, 1, (3, 10))
    profile[0, 2] = 0.0  # clipped
    profile[1, 3] = 4.0
    target = random.uniform(0, 1, 10)
    total = 0.0
    for q_of_image in profile:
        for k in range(1, 8):  # 10 entries: k = 0..8 and the corner; M/2 = 8.
            q = min(max(q_of_image[k], 1e-7), 1 - 1e-7)
            total -= target[k] * np.log(q) + (1 - target[k]) * np.log(1 - q)
    np.testing.assert_allclose(
        cross_entropy_distance(profile, target), total / (3 * 7), rtol=1e-12
    )


def test_cross_entropy_is_least_at_the_target():
    target = np.random.default_rng(0).uniform(0.1, 0.9, 10)
    least = cross_entropy_distance(target[None], target)
    p = target[1:8]
    entropy = -np.mean(p * np.log(p) + (1 - p) * np.log(1 - p))
    np.testing.assert_allclose(least, entropy, rtol=1e-12)
    gradient = gradient_of(
        lambda q: cross_entropy_distance(q, target), target[None]
    )
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    for factor in (0.9, 1.1):
        assert cross_entropy_distance(factor * target[None], target) > least


def test_cross_entropy_profile_is_relative_to_dc_of_images_in_0_1():
    images = smooth(3, 16, 16, 1)
    power = azimuthal_integral((images + 1) / 2).numpy()
    np.testing.assert_allclose(
        CrossEntropySpectralLoss().profile(images), power / power[:, :1]
    )
    # A black image has no DC power.
    black = CrossEntropySpectralLoss().profile(-np.ones((1, 8, 8, 1)))
    np.testing.assert_array_equal(black, 0)


def test_cross_entropy_hardly_sees_high_frequencies():
    """The reason why it is not the default: see `CrossEntropySpectralLoss`."""
    reals = smooth(16, 32, 32, 1).astype(np.float32)
    quarter = np.hypot(*np.meshgrid(*[np.fft.fftfreq(32)] * 2)) > 0.25
    high = np.fft.fft2(reals, axes=(1, 2)) * quarter[None, :, :, None]
    fakes = reals - 0.9 * np.fft.ifft2(high, axes=(1, 2)).real
    changes = {}
    for name in ("cross_entropy", "decibel"):
        loss = get(name)
        loss.adapt([reals])
        at_target = loss(reals, reals)
        changes[name] = float(loss(fakes, reals) - at_target)
    assert abs(changes["cross_entropy"]) < 1e-2
    assert changes["decibel"] > 10


def test_gradient_of_cross_entropy_loss():
    loss_object = CrossEntropySpectralLoss()
    target = np.mean(loss_object.profile(smooth(8, 8, 9, 3, seed=1)), axis=0)

    def loss(images):
        return cross_entropy_distance(loss_object.profile(images), target)

    assert_gradient_equals_finite_differences(loss, smooth(2, 8, 9, 3))


# === The released code ===


def plain_released_profile(images):
    """The authors' procedure as `spectrum.md` describes it, ring by ring."""
    profiles = []
    for image in images:
        grey = image @ (
            [1.0] if image.shape[-1] == 1 else [0.299, 0.587, 0.114]
        )
        spectrum = np.fft.fftshift(np.fft.fft2(grey)) + 1e-8
        magnitude = 20 * np.log(np.abs(spectrum))
        height, width = grey.shape
        rows, columns = np.indices(grey.shape)
        radius = np.hypot(columns - (width - 1) / 2, rows - (height - 1) / 2)
        last = int(radius.max())
        profile = np.array(
            [
                magnitude[(radius >= ring) & (radius < ring + 1)].mean()
                for ring in range(1, last)  # the first and the last are lost
            ]
        )
        profile -= profile.min()
        profiles.append(profile / profile.max())
    return np.array(profiles)


@pytest.mark.parametrize(
    "shape", [(2, 16, 16, 3), (1, 17, 17, 1), (1, 128, 128, 1)]
)
def test_released_profile_equals_numpy(shape):
    images = smooth(*shape)
    expected = plain_released_profile(images)
    np.testing.assert_allclose(
        released_profile(images), expected, rtol=1e-9, atol=1e-12
    )
    single = released_profile(images.astype(np.float32))
    np.testing.assert_allclose(single, expected, atol=1e-3)


@pytest.mark.parametrize("size, rings", [(64, 43), (128, 88), (256, 179)])
def test_released_profile_has_as_many_rings_as_the_published_one(size, rings):
    profile = released_profile(uniform(2, size, size, 1))
    assert profile.shape == (2, rings)
    np.testing.assert_array_equal(np.min(profile, axis=1), 0)
    np.testing.assert_array_equal(np.max(profile, axis=1), 1)


def test_released_profile_forgets_gain():
    # What is wrong with it: per-image scaling of the logarithm.
    images = smooth(2, 16, 16, 1)
    np.testing.assert_allclose(
        released_profile(images), released_profile(images / 8), atol=1e-6
    )


def test_released_cross_entropy_equals_numpy():
    random = np.random.default_rng(0)
    fake, real = random.uniform(0, 1, (2, 3, 5))
    real[:, 0], real[:, 4] = 0, 1
    total = 0.0
    for f, r in zip(fake.ravel(), real.ravel(), strict=True):
        log_r = -100 if r == 0 else np.log(r)
        log_other = -100 if r == 1 else np.log(1 - r)
        total -= f * log_r + (1 - f) * log_other
    np.testing.assert_allclose(
        released_cross_entropy(fake, real), total / fake.size, rtol=1e-12
    )


# === Mean spectra of batches ===


def plane_difference(fakes, reals, spectrum_of):
    """NumPy: |mean of fakes - mean of reals| over the whole plane."""
    size = np.sqrt(fakes.shape[1] * fakes.shape[2])

    def mean(images):
        planes = np.fft.fft2(images.astype(np.float64), axes=(1, 2)) / size
        return np.mean(spectrum_of(planes), axis=0)

    return np.abs(mean(fakes) - mean(reals))


def amplitudes(planes):
    return np.sqrt(np.abs(planes) ** 2 + FLOOR)


@pytest.mark.parametrize("shape", [(16, 16, 3), (8, 9, 1)])
def test_frequency_matching_equals_numpy(shape):
    reals = smooth(6, *shape, seed=1).astype(np.float32)
    fakes = uniform(4, *shape)
    loss = FrequencyMatchingSpectralLoss()
    loss.adapt([reals])
    difference = plane_difference(fakes, reals, amplitudes)
    np.testing.assert_allclose(loss(fakes), np.mean(difference**2), rtol=1e-4)
    np.testing.assert_allclose(loss(reals), 0, atol=1e-9)


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
@pytest.mark.parametrize("phases", [False, True])
def test_focal_frequency_equals_numpy(alpha, phases):
    reals = smooth(6, 8, 9, 3, seed=1).astype(np.float32)
    fakes = uniform(4, 8, 9, 3)
    loss = FocalFrequencySpectralLoss(alpha=alpha, phases=phases)
    loss.adapt([reals])
    difference = plane_difference(
        fakes, reals, (lambda planes: planes) if phases else amplitudes
    )
    weights = difference**alpha
    weights /= weights.max(axis=(0, 1))  # Channel by channel.
    expected = np.mean(weights * difference**2)
    np.testing.assert_allclose(loss(fakes), expected, rtol=1e-4)


def test_focal_weights_have_no_gradient():
    """Eq.: d(w D^2) = w d(D^2); with alpha = 2, of all of it twice as much."""
    reals = smooth(6, 8, 8, 1, seed=1).astype(np.float32)
    fakes = uniform(4, 8, 8, 1)
    focal = FocalFrequencySpectralLoss(alpha=2.0)
    focal.adapt([reals])
    target = np.reshape(focal.target, [8, 5])

    def fourth_power(images):
        mean = tf.reduce_mean(focal.profile(images), axis=0)
        return tf.reduce_sum(
            np.array([1, 2, 2, 2, 1]) / 64
            * tf.cast((tf.reshape(mean, [8, 5]) - target) ** 4, tf.float64)
        )  # fmt: skip

    largest = plane_difference(fakes, reals, amplitudes).max() ** 2
    np.testing.assert_allclose(
        gradient_of(focal, fakes),
        gradient_of(fourth_power, fakes) / 2 / largest,
        rtol=1e-3,
        atol=1e-8,
    )


def test_mean_amplitudes_see_what_the_mean_image_does_not():
    """High frequencies of random phase leave the mean image as it is."""
    noise = smooth(64, 16, 16, 1, seed=1).astype(np.float32)
    reals = np.concatenate([noise, -noise])
    fakes = np.concatenate([2 * noise, -2 * noise])
    distances = {}
    for phases in (False, True):
        loss = FocalFrequencySpectralLoss(phases=phases)
        loss.adapt([reals])
        distances[phases] = float(loss(fakes))
    assert distances[False] > 1e-3
    assert distances[True] < 1e-9


def test_frequency_matching_sees_a_lattice_that_rings_do_not():
    """Power moved from one frequency of a ring to another."""
    grid = 2 * np.pi * np.arange(16) / 16
    rows = np.broadcast_to(np.cos(4 * grid)[:, None], [16, 16])
    reals = np.stack([rows, rows])[..., None].astype(np.float32) / 2
    fakes = np.swapaxes(reals, 1, 2)
    for name, low, high in (
        ("decibel", -1e-6, 1e-3),
        ("hann_decibel", -1e-6, 1e-3),
        ("frequency_matching", 1e-3, np.inf),
        ("focal_frequency", 1e-3, np.inf),
    ):
        loss = get(name)
        loss.adapt([reals])
        assert low < float(loss(fakes)) < high


@pytest.mark.parametrize(
    "init_kwargs, message",
    [
        ({"alpha": -1.0}, "alpha.*at least 0.*alpha=-1.0"),
        ({"alpha": "focal"}, "alpha.*a number.*'focal'"),
        ({"alpha": float("nan")}, "alpha.*finite"),
        ({"phases": "both"}, "phases.*True or False.*'both'"),
    ],
)
def test_bad_arguments_of_focal_frequency(init_kwargs, message):
    with pytest.raises(ValueError, match=message):
        FocalFrequencySpectralLoss(**init_kwargs)


# === The Hann window ===


def test_hann_decibel_equals_numpy():
    reals, fakes = smooth(6, 16, 16, 1, seed=1), 2 * smooth(4, 16, 16, 1) + 0.1
    loss = HannDecibelSpectralLoss()
    loss.adapt([reals.astype(np.float32)])
    hann = np.hanning(17)[:-1]
    window = np.outer(hann, hann)
    window /= np.sqrt(np.mean(window**2))
    frequency = np.fft.fftfreq(16) * 16
    radius = np.hypot(frequency[:, None], frequency)
    ring = np.minimum(np.round(radius), 9)

    def rings(images):
        grey = images[..., 0] - images[..., 0].mean(axis=(1, 2), keepdims=True)
        power = np.mean(np.abs(np.fft.fft2(grey * window)) ** 2, 0) / 256
        return np.array([power[ring == k].mean() for k in range(1, 10)])

    levels = [10 * np.log10(rings(x) + FLOOR) for x in (fakes, reals)]
    size = np.abs(levels[0] - levels[1])
    expected = np.mean(np.where(size < 3, size**2 / 2, 3 * (size - 1.5)))
    np.testing.assert_allclose(
        loss(fakes.astype(np.float32)), expected, rtol=1e-3
    )


def test_hann_decibel_sees_below_the_leakage_of_borders():
    """A ramp, and a little noise at high frequencies, in images or not."""
    ramp = np.broadcast_to(np.linspace(-0.8, 0.8, 32)[:, None], [32, 32])
    reals = np.stack([ramp] * 16)[..., None].astype(np.float32)
    noise = np.random.default_rng(0).normal(size=reals.shape) / 100
    fakes = (reals + noise).astype(np.float32)
    distances = {}
    for name in ("decibel", "hann_decibel"):
        loss = get(name)
        loss.adapt([reals])
        distances[name] = float(loss(fakes))
    assert distances["hann_decibel"] > 2 * distances["decibel"]


def test_brightness_is_none_of_hann_decibel():
    reals = smooth(4, 16, 16, 1).astype(np.float32) / 2
    loss = HannDecibelSpectralLoss()
    loss.adapt([reals])
    np.testing.assert_allclose(loss(reals + 0.4), 0, atol=1e-4)


# === Gradient flow ===

OF_THE_BATCH = ["decibel", "hann_decibel"]
OF_THE_BATCH += ["frequency_matching", "focal_frequency"]
"""Losses of which every replica knows the mean over all."""


@pytest.mark.parametrize("name", [*OF_THE_BATCH, "cross_entropy"])
def test_gradient_reaches_the_fakes(name):
    loss = get(name)
    reals, fakes = np.split(smooth(8, 16, 16, 1).astype(np.float32), 2)
    loss.adapt([reals])
    gradient = gradient_of(lambda images: loss(images, reals), fakes)
    assert np.all(np.isfinite(gradient))
    assert np.all(np.max(np.abs(gradient), axis=(1, 2, 3)) > 0)


@pytest.mark.parametrize("name", [*OF_THE_BATCH, "cross_entropy"])
@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_gradient_is_finite_at_constant_images(name, value):
    loss = get(name)
    loss.adapt([uniform(4, 16, 16, 1)])
    fakes = np.full((2, 16, 16, 1), value, np.float32)
    gradient = gradient_of(lambda images: loss(images, images), fakes)
    assert np.all(np.isfinite(gradient))


def test_scaling_loss_only_scales_the_adversarial_gradient():
    loss = ScalingSpectralLoss(weight=2.0)
    reals = uniform(4, 16, 16, 1)
    fakes = uniform(4, 16, 16, 1, seed=1)
    loss.adapt([reals])

    def distance(images):
        return loss(images, reals)

    def adversarial(images):
        return tf.reduce_mean(images**3)

    def total(images):
        value = adversarial(images)
        return value + loss.penalty(distance(images), value)

    np.testing.assert_array_equal(gradient_of(distance, fakes), 0)
    # g_loss (1 + weight c), the released code's Eq. 10.
    np.testing.assert_allclose(
        gradient_of(total, fakes),
        (1 + 2 * distance(fakes)) * gradient_of(adversarial, fakes),
        rtol=1e-5,
    )


def test_descending_the_decibel_loss_reaches_the_target():
    reals = smooth(16, 16, 16, 1, seed=1)
    target = np.mean(azimuthal_integral(reals), axis=0)

    def loss(images):
        power = tf.reduce_mean(azimuthal_integral(images), axis=0)
        return decibel_distance(power, target)

    images = tf.Variable(
        0.1 * np.random.default_rng(0).normal(size=(4, 16, 16, 1))
    )
    optimizer = keras.optimizers.Adam(1e-2)
    before = loss(images)
    for _ in range(60):
        optimizer.apply([tf.constant(gradient_of(loss, images))], [images])
    assert loss(images) < 0.02 * before


@pytest.mark.parametrize("delta", [0, -1.0, float("inf"), None, "x", True])
@pytest.mark.parametrize("name", ["decibel", "hann_decibel"])
def test_the_distance_of_a_straight_line(name, delta):
    with pytest.raises(
        ValueError, match=f"finite number. Received: delta={delta!r}"
    ):
        SPECTRAL_LOSSES[name](delta=delta)


# === Replicas ===


@pytest.mark.parametrize(
    "name",
    quick_first(
        "decibel", "distribution", "cross_entropy", *OF_THE_BATCH[1:], quick=2
    ),
)
def test_two_replicas_equal_one_on_the_joint_batch(name):
    strategy = two_replicas()
    with strategy.scope():
        loss = get(name)
        loss.adapt([uniform(8, 16, 16, 3)])
    fakes = smooth(8, 16, 16, 3).astype(np.float32)

    def value_and_gradient(images, replicas=1):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = loss(images, images)
            share = value / replicas
        return value, tape.gradient(share, images)

    halves = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            np.split(fakes, 2)[context.replica_id_in_sync_group]
        )
    )
    values, gradients = tf.function(strategy.run)(
        value_and_gradient, [halves, 2]
    )
    values, gradients = values.values, gradients.values
    expected, gradient = value_and_gradient(tf.constant(fakes))
    np.testing.assert_allclose(np.mean(values), expected, rtol=1e-5)
    np.testing.assert_allclose(
        np.concatenate(gradients), gradient, rtol=1e-4, atol=1e-7
    )
    if name in OF_THE_BATCH:
        np.testing.assert_allclose(values[0], values[1], rtol=1e-6)
