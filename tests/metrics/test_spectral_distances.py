"""Distances and excesses of mean spectra: oracles in NumPy, closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from specgan.metrics import SpectralDistances
from specgan.metrics import SpectrumStatistics
from specgan.metrics.spectral_errors import DISTANCES
from specgan.metrics.spectral_errors import EXCESSES
from specgan.metrics.spectral_errors import metric_functions
from specgan.signal import from_uint8
from specgan.signal import to_uint8
from tests.contracts import two_replicas

FLOOR = (2 / 255) ** 2 / 12
NAMES = {*DISTANCES, *EXCESSES}


def pictures(count, seed, height=16, width=16, channels=1):
    """White noise of standard deviation 0.2."""
    draw = np.random.default_rng(seed)
    return to_uint8(
        draw.normal(0, 0.2, [count, height, width, channels])
    ).numpy()


def measured(real, fake, **settings):
    metric = SpectralDistances(**settings)
    metric.update_state(real=real, fake=fake)
    return metric


def radius(height, width):
    return np.hypot(
        np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    )


def flat(height, width, value=1.0):
    """A white power spectrum, DC in the centre."""
    return np.full([height, width], value)


# === Oracles ===


def numpy_levels(images):
    """Mean 2-D power, DC first, and what it is in dB."""
    grey = (images / 127.5 - 1) @ np.array(
        [0.299, 0.587, 0.114] if images.shape[-1] == 3 else [1.0]
    )
    power = np.mean(np.abs(np.fft.fft2(grey)) ** 2, 0) / grey[0].size
    return power, 10 * np.log10(power + FLOOR)


def numpy_rings(power):
    """dB of rings 0, ..., M // 2, frequency by frequency."""
    size = min(power.shape)
    ring = np.floor(radius(*power.shape) * size + 0.5)
    return np.array(
        [
            10 * np.log10(np.mean(power[ring == k]) + FLOOR)
            for k in range(size // 2 + 1)
        ]
    )


def numpy_peaks(levels, period):
    """Above the median of the 24 frequencies around, DC first."""
    height, width = levels.shape
    heights = []
    for m in range(period):
        for n in range(period):
            if m % 2 == 0 and n % 2 == 0:
                continue
            u, v = m * height // period, n * width // period
            around = [
                levels[(u + i) % height, (v + j) % width]
                for i in range(-2, 3)
                for j in range(-2, 3)
                if (i, j) != (0, 0)
            ]
            heights.append(levels[u, v] - np.median(around))
    return np.mean(heights)


def numpy_measures(real, fake):
    (p, p_levels), (q, q_levels) = numpy_levels(real), numpy_levels(fake)
    frequency = radius(*p.shape)
    rings = numpy_rings(q) - numpy_rings(p)
    high = np.arange(len(rings)) / min(p.shape) > 0.25

    def rms(values):
        return np.sqrt(np.mean(np.square(values)))

    def spike(power):
        levels = numpy_rings(power)
        below = max(1, min(power.shape) // 16)
        return levels[-1] - np.mean(levels[-1 - below : -1])

    def share(power):
        above_floor = power + FLOOR
        above = np.mean(above_floor[frequency > 0.25])
        return 10 * np.log10(above / np.mean(above_floor[frequency > 0]))

    return {
        "spectral_distance": rms(rings[1:]),
        "spectral_distance_high": rms(rings[high]),
        "spectral_distance_2d": rms((q_levels - p_levels)[frequency > 0]),
        "nyquist_spike": spike(q) - spike(p),
        "checkerboard_half": numpy_peaks(q_levels, 2)
        - numpy_peaks(p_levels, 2),
        "checkerboard_quarter": numpy_peaks(q_levels, 4)
        - numpy_peaks(p_levels, 4),
        "high_band_energy": share(q) - share(p),
    }


@pytest.mark.parametrize(
    "shape", [(16, 16, 1), (32, 32, 3), (20, 32, 1), (40, 16, 1)]
)
def test_equals_numpy(shape):
    real = pictures(40, 1, *shape)
    fake = pictures(30, 2, *shape) // 2 + 60
    values = measured(real, fake).result()
    assert values == pytest.approx(numpy_measures(real, fake), abs=2e-4)


@pytest.mark.parametrize("shape", [(5, 5), (17, 17), (15, 22), (22, 15)])
def test_odd_sizes_have_all_but_peaks(shape):
    real, fake = pictures(20, 1, *shape), pictures(20, 2, *shape) // 2
    values = measured(real, fake).result()
    assert set(values) == {n for n in NAMES if "checkerboard" not in n}
    expected = numpy_measures(real, fake)
    assert values == pytest.approx({n: expected[n] for n in values}, abs=2e-4)


@pytest.mark.parametrize(
    "shape, missing",
    [
        ((16, 16), set()),
        ((18, 18), {"checkerboard_quarter"}),
        ((8, 8), {"checkerboard_quarter"}),
        ((16, 18), {"checkerboard_quarter"}),
        ((16, 9), {"checkerboard_half", "checkerboard_quarter"}),
        ((6, 6), {"checkerboard_half", "checkerboard_quarter"}),
    ],
)
def test_which_measures_exist(shape, missing):
    assert set(metric_functions(*shape)) == NAMES - missing


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize("shape", [(16, 16, 3), (17, 20, 1)])
def test_rings_are_those_of_spectrum_statistics(shape, window):
    real, fake = pictures(25, 1, *shape), pictures(20, 2, *shape) // 2
    values = measured(real, fake, window=window).result()
    first, second = (
        SpectrumStatistics.of([from_uint8(images)], window=window)
        for images in (real, fake)
    )
    np.testing.assert_allclose(
        [values["spectral_distance"], values["spectral_distance_high"]],
        [second.rms_error(first), second.rms_error(first, beyond=0.25)],
        rtol=1e-4,
    )


# === Properties ===


@pytest.mark.parametrize("gain", [-1.0, 0.5, 3.0])
def test_a_gain_of_high_frequencies_is_that_gain(gain):
    real = flat(64, 64)
    frequency = np.fft.fftshift(radius(64, 64))
    fake = np.where(frequency > 0.25, 10 ** (gain / 10), 1.0)
    values = {
        name: f(fake, real) for name, f in metric_functions(64, 64).items()
    }
    rings = np.arange(1, 33) / 64
    share = np.mean(rings > 0.25)
    # Half of ring 16 lies beyond 0.25 cycles per pixel, not that of ring 17.
    assert values["spectral_distance"] == pytest.approx(
        abs(gain) * np.sqrt(share), rel=0.05
    )
    assert values["spectral_distance_high"] == pytest.approx(
        abs(gain), rel=1e-3
    )
    assert values["spectral_distance_2d"] == pytest.approx(
        abs(gain) * np.sqrt(np.mean(frequency > 0.25)), rel=1e-3
    )
    high = np.mean(frequency > 0.25)
    assert values["high_band_energy"] == pytest.approx(
        gain - 10 * np.log10(1 - high + high * 10 ** (gain / 10)), abs=0.01
    )
    for name in ("nyquist_spike", "checkerboard_half"):
        assert values[name] == pytest.approx(0, abs=1e-9)


def test_a_gain_of_everything_is_no_excess():
    values = {
        name: measure(flat(32, 32, 4.0), flat(32, 32))
        for name, measure in metric_functions(32, 32).items()
    }
    for name, value in values.items():
        expected = 6.0206 if name in DISTANCES else 0.0
        assert value == pytest.approx(expected, abs=1e-3), name


def test_measures_leave_out_dc():
    bright = flat(32, 32)
    bright[16, 16] = 1e6
    for name, measure in metric_functions(32, 32).items():
        assert measure(bright, flat(32, 32)) == 0, name


@pytest.mark.parametrize(
    "name, period", [("checkerboard_half", 2), ("checkerboard_quarter", 4)]
)
def test_a_checkerboard_has_the_closed_form(name, period):
    """Bed of nails on white noise: the same line at every point."""
    size, variance, amplitude = 32, 0.0025, 0.025
    board = np.zeros([size, size])
    board[::period, ::period] = amplitude * period**2
    draw = np.random.default_rng(0)
    noise = draw.normal(0, np.sqrt(variance), [2, 3000, size, size, 1])
    values = measured(noise[0], noise[1] + board[..., None]).result()
    # Each line of the board has the power amplitude^2 size^2.
    line = amplitude**2 * size**2
    white = variance + 2 * FLOOR  # Rounding adds as much as the floor.
    expected = 10 * np.log10(1 + line / white)
    assert values[name] == pytest.approx(expected, abs=0.3)
    # Period 4 has the lines of period 2 as well; not the other way round.
    other = values[{2: "checkerboard_quarter", 4: "checkerboard_half"}[period]]
    assert other == pytest.approx({2: 0, 4: expected}[period], abs=0.3)


def test_zero_insertion_shows_as_spike_and_checkerboard():
    draw = np.random.default_rng(0)
    coarse = np.cumsum(
        np.cumsum(draw.normal(size=[200, 16, 16, 1]), axis=1), axis=2
    )
    coarse -= coarse.mean()
    coarse /= np.abs(coarse).max()
    smooth = np.repeat(np.repeat(coarse, 2, axis=1), 2, axis=2)
    sparse = np.zeros_like(smooth)
    sparse[:, ::2, ::2] = coarse
    values = measured(smooth, sparse).result()
    assert values["nyquist_spike"] > 3
    assert values["high_band_energy"] > 3
    assert values["checkerboard_half"] > 3


# === Intervals ===


def test_intervals_hold_nothing_between_sets_of_one_kind():
    metric = measured(pictures(300, 1), pictures(300, 2), resamples=300)
    values, intervals = metric.result(), metric.intervals()
    assert intervals.keys() == values.keys() == NAMES
    for name, (low, high) in intervals.items():
        assert low <= 0 <= high, name
        assert values[name] < 0.5, name
    for name in ("spectral_distance", *EXCESSES):
        low, high = intervals[name]
        assert low < values[name] < high, name


def test_intervals_hold_a_true_difference():
    real, fake = flat(16, 16), flat(16, 16, 1.5**2)
    truth = {
        name: f(fake, real) for name, f in metric_functions(16, 16).items()
    }
    draw = np.random.default_rng(1)
    noise = draw.normal(0, 0.12, [2, 400, 16, 16, 1])
    intervals = measured(noise[0], 1.5 * noise[1], resamples=300).intervals()
    for name, (low, high) in intervals.items():
        assert low - 0.02 < truth[name] < high + 0.02, name
    for name in DISTANCES:
        assert intervals[name][0] > 3


def test_intervals_narrow_with_images_and_confidence():
    def width(count, confidence):
        metric = measured(
            pictures(count, 1), pictures(count, 2),
            resamples=300, confidence=confidence,
        )  # fmt: skip
        low, high = metric.intervals()["high_band_energy"]
        return high - low

    assert width(800, 0.95) < 0.75 * width(200, 0.95)
    assert width(200, 0.5) < 0.6 * width(200, 0.95)


def test_intervals_repeat():
    real, fake = pictures(40, 1), pictures(40, 2)
    first = measured(real, fake, resamples=50)
    second = measured(real, fake, resamples=50)
    other = measured(real, fake, resamples=50, seed=1)
    assert first.intervals() == first.intervals() == second.intervals()
    assert other.intervals() != first.intervals()
    assert other.result() == first.result()


# === Streaming ===


def test_batches_do_not_matter():
    real, fake = pictures(50, 1), pictures(41, 2)
    whole = measured(real, fake, resamples=20)
    parts = SpectralDistances(resamples=20)
    for start in range(0, 41, 10):
        parts.update_state(fake=fake[start : start + 10])
    for start in range(0, 50, 7):
        parts.update_state(real=real[start : start + 7])
    assert parts.result() == pytest.approx(whole.result(), abs=1e-5)
    for name, interval in parts.intervals().items():
        expected = pytest.approx(whole.intervals()[name], abs=1e-5)
        assert interval == expected, name


def test_order_does_not_matter_for_values_nor_within_groups():
    real, fake = pictures(40, 1), pictures(40, 2)
    one = measured(real, fake, groups=4, resamples=20)
    turned = measured(np.roll(real, 8, 0), fake, groups=4, resamples=20)
    mixed = measured(real[::-1], fake, groups=4, resamples=20)
    assert turned.result() == pytest.approx(one.result(), abs=1e-5)
    assert mixed.result() == pytest.approx(one.result(), abs=1e-5)
    for name, interval in turned.intervals().items():
        assert interval == pytest.approx(one.intervals()[name], abs=1e-5)


def test_memory_does_not_depend_on_the_number_of_images():
    metric = SpectralDistances(groups=8)
    sizes = []
    for _ in range(3):
        metric.update_state(real=pictures(20, 1), fake=pictures(20, 2))
        sizes.append(
            sum(variable.numpy().size for variable in metric.variables)
        )
    assert sizes == [2 * (8 * 16 * 9 + 1)] * 3


def test_floats_are_rounded_to_8_bits():
    real, fake = pictures(30, 1), pictures(30, 2)
    values = measured(real, fake).result()
    floats = measured(
        from_uint8(real), from_uint8(fake) + 0.4 * 2 / 255
    ).result()
    assert floats == pytest.approx(values, abs=1e-5)


def test_the_same_images_have_no_distance():
    real = pictures(30, 1)
    assert set(measured(real, real).result().values()) == {0.0}


def test_reset():
    real, fake = pictures(30, 1), pictures(30, 2)
    metric = measured(real, fake)
    first = metric.result()
    metric.reset_fake()
    with pytest.raises(ValueError, match="30 real, 0 fake"):
        metric.result()
    metric.update_state(fake=fake)
    assert metric.result() == first
    metric.reset_state()
    with pytest.raises(ValueError, match="0 real, 0 fake"):
        metric.result()
    metric.update_state(real=real, fake=fake)
    assert metric.result() == first
    SpectralDistances().reset_fake()


@pytest.mark.parametrize("built", [True, False])
def test_replicas_equal_one_device(built):
    real, fake = pictures(40, 1), pictures(40, 2)
    alone = measured(real, fake, resamples=20)
    strategy = two_replicas()
    with strategy.scope():
        metric = SpectralDistances(resamples=20)
        if built:
            metric.build(16, 16)

    def parts(of):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                of[context.replica_id_in_sync_group * 20 :][:20]
            )
        )

    def update(real, fake):
        strategy.run(metric.update_state, args=(real, fake))

    (tf.function(update) if built else update)(parts(real), parts(fake))
    assert metric.result() == pytest.approx(alone.result(), abs=1e-5)
    for name, interval in metric.intervals().items():
        assert interval == pytest.approx(alone.intervals()[name], abs=1e-5)


# === Errors ===


def test_one_size_only():
    metric = SpectralDistances()
    metric.update_state(real=pictures(5, 1))
    with pytest.raises(ValueError, match="Expected 16x16.*Received: 16x20"):
        metric.update_state(fake=pictures(5, 1, 16, 20))


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros([5, 16, 16, 1], np.int32), "Received: int32"),
        (np.zeros([5, 16, 16, 4], np.uint8), "1 or 3 channels"),
        (np.zeros([16, 16, 1], np.uint8), "1 or 3 channels"),
        (np.zeros([5, 1, 16, 1], np.uint8), "at least 2"),
    ],
)
def test_wrong_images(images, message):
    with pytest.raises(ValueError, match=message):
        SpectralDistances().update_state(real=images)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"groups": 1}, "groups=1"),
        ({"groups": 0}, "groups=0"),
        ({"resamples": 0}, "resamples=0"),
        ({"confidence": 1.0}, "confidence=1.0"),
        ({"confidence": "high"}, "confidence='high'"),
        ({"window": "hamming"}, "window='hamming'"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        SpectralDistances(**settings)


def test_too_few_images():
    metric = SpectralDistances()
    with pytest.raises(ValueError, match="1 real and 1 gen.*0 real, 0 fake"):
        metric.result()
    metric.update_state(real=pictures(5, 1), fake=pictures(1, 2))
    metric.result()
    with pytest.raises(ValueError, match="2 real and 2 gen.*5 real, 1 fake"):
        metric.intervals()
