"""Detectors of single images: what each sees, and what gives it away."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specgan.metrics import DetectabilityProfile
from specgan.metrics import DetectionScore
from specgan.metrics import held_out_detection
from specgan.metrics.detectability_profile import ROWS
from specgan.signal import from_uint8
from specgan.signal import to_uint8
from tests.contracts import two_replicas

GREY_ROWS = [row for row in ROWS if "chroma" not in row]


def noise(count, seed, size=16, gain=1.0):
    """Grey noise, `[count, size, size, 1]`, shaped in the Fourier domain.

    Its power differs between images as between scenes. It has some power at
    all frequencies, but those from DC to the third ring none.
    """
    draw = np.random.default_rng(seed)
    white = draw.normal(0, 1, [count, size, size])
    contrast = np.exp(draw.normal(0, 0.1, [count, 1, 1]))
    grey = np.fft.ifft2(np.fft.fft2(white) * gain).real * contrast * 0.15
    return grey[..., None]


def colours(grey, seed, deviation):
    """RGB pictures of a luma, and of chroma that leaves it alone."""
    draw = np.random.default_rng(seed)
    red, blue = deviation * draw.normal(0, 1, [2, *grey.shape])
    green = -(0.299 * red + 0.114 * blue) / 0.587
    chroma = np.concatenate([red, green, blue], axis=-1)
    return to_uint8(grey + chroma).numpy()


def pictures(count, seed, channels=1, **shape):
    grey = noise(count, seed, **shape)
    if channels == 1:
        return to_uint8(grey).numpy()
    return colours(grey, seed + 100, 0.05)


def measured(real, fake, splits=2, **settings):
    profile = DetectabilityProfile(splits=splits, **settings)
    profile.update_state(real=real, fake=fake)
    return profile


def accuracies(values):
    return {row: values[f"detection_{row}"] for row in ROWS
            if f"detection_{row}" in values}  # fmt: skip


def ring_numbers(size):
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency) * size
    return np.minimum(np.floor(radius + 0.5), size // 2 + 1)


def with_even_rings(gain):
    """The gain, scaled to a mean square of 1 over each ring."""
    ring = ring_numbers(len(gain))
    gain = np.array(gain, np.float64)
    for k in np.unique(ring):
        gain[ring == k] /= np.sqrt(np.mean(gain[ring == k] ** 2))
    return gain


# === What it sees ===


def oracle(pixels):
    """{name: features} of uint8 RGB, in NumPy; maps as whole planes."""
    size = pixels.shape[1]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    window = np.outer(hann, hann)
    window /= np.sqrt(np.mean(window**2))
    images = pixels / 127.5 - 1
    luma = images @ [0.299, 0.587, 0.114]

    def power(plane):
        plane = (plane - plane.mean((1, 2), keepdims=True)) * window
        return np.abs(np.fft.fft2(plane)) ** 2 / size**2

    def decibels(power):
        return 10 * np.log10(power + (2 / 255) ** 2 / 12)

    def rings(plane):
        spectrum, ring = power(plane), ring_numbers(size)
        means = [
            spectrum[:, ring == k].mean(1) for k in range(1, size // 2 + 2)
        ]
        return decibels(np.transpose(means))

    return {
        "luma": rings(luma),
        "R-Y": rings(images[..., 0] - luma),
        "B-Y": rings(images[..., 2] - luma),
        # Of 16 pixels, each frequency is a cell.
        "map": decibels(np.fft.fftshift(power(luma), (1, 2))),
    }


def test_evidence_equals_numpy():
    real, fake = pictures(40, 1, 3), pictures(20, 2, 3, gain=1.3)
    evidence = measured(real, fake).evidence()
    evidence = json.loads(json.dumps(evidence, allow_nan=False))
    real, fake = oracle(real), oracle(fake)
    assert evidence["images"] == {"real": 40, "fake": 20}
    np.testing.assert_allclose(evidence["frequencies"], np.arange(1, 9) / 16)
    assert set(evidence["rings"]) == {"luma", "R-Y", "B-Y"}
    for name, rings in evidence["rings"].items():
        first, second = real[name][:, :-1], fake[name][:, :-1]
        shift = (second.mean(0) - first.mean(0)) / first.std(0)
        np.testing.assert_allclose(rings["shift"], shift, atol=2e-3)
        spread = second.std(0) / first.std(0)
        np.testing.assert_allclose(rings["spread"], spread, atol=2e-3)
    expected = fake["map"].mean(0) - real["map"].mean(0)
    expected[8, 8] = 0
    difference = np.array(evidence["map"]["difference"])
    assert difference.shape == (17, 17)
    np.testing.assert_allclose(difference[:-1, :-1], expected, atol=0.02)
    np.testing.assert_allclose(difference, difference[::-1, ::-1])
    edges = np.append((np.arange(-8, 9) - 0.5) / 16, 0.5)
    edges[0] = -0.5
    for side in ("vertical", "horizontal"):
        np.testing.assert_allclose(evidence["map"][side], edges, atol=1e-4)


def test_after_jpeg_equals_pillow():
    def coded(pixels):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG")  # 75 and 4:2:0.
        return np.asarray(Image.open(file))

    real, fake = pictures(40, 1, 3), pictures(20, 2, 3)
    before = measured(real, fake).result()
    after = measured(
        *(np.stack(list(map(coded, kind))) for kind in (real, fake))
    ).result()
    for row in ("luma_rbf", "chroma_rbf", "map_linear"):
        for suffix in ("", "_std", "_control", "_control_std"):
            one = before[f"detection_{row}_jpeg75{suffix}"]
            assert one == after[f"detection_{row}{suffix}"]


def test_the_score_is_a_row():
    real, fake = pictures(60, 1, 3), pictures(40, 2, 3, gain=1.1)
    settings = {"capacity": 25, "splits": 3, "seed": 5}
    values = measured(real, fake, **settings).result()
    score = DetectionScore(**settings)
    score.update_state(real=real, fake=fake)
    assert score.result() == {
        "detection_score": values["detection_luma_rbf"],
        "detection_score_std": values["detection_luma_rbf_std"],
        "detection_control": values["detection_luma_rbf_control"],
        "detection_control_std": values["detection_luma_rbf_control_std"],
    }


# === What gives images away ===


def test_images_of_one_kind_are_guessed():
    values = measured(
        pictures(400, 1, 3), pictures(200, 2, 3), splits=5
    ).result()
    assert list(accuracies(values)) == list(ROWS)
    for row in ROWS:
        for name in (f"detection_{row}", f"detection_{row}_control"):
            error = values[f"{name}_std"]
            assert abs(values[name] - 0.5) < max(3 * error, 0.1), name


def test_chroma_alone():
    real = colours(noise(400, 1), 11, 0.05)
    fake = colours(noise(200, 2), 12, 0.08)
    seen = accuracies(measured(real, fake, splits=5).result())
    assert seen["chroma_rbf"] > 0.95
    for row in GREY_ROWS:
        assert seen[row] < 0.62, row


def test_an_orientation_alone():
    frequency = np.fft.fftfreq(16)
    angle = np.arctan2(frequency[:, None], frequency)
    gain = with_even_rings(1 + 0.5 * np.cos(2 * angle))
    seen = accuracies(
        measured(pictures(400, 1), pictures(200, 2, gain=gain), 5).result()
    )
    for row in ("sectors_rbf", "map_linear", "map_rbf"):
        assert seen[row] > 0.9, row
    for row in ("luma_linear", "luma_rbf"):
        assert seen[row] < 0.65, row


def test_a_lattice_alone():
    gain = np.ones([32, 32])
    for row, column in ((0, 8), (8, 0), (8, 8), (0, 16), (16, 0), (16, 16)):
        gain[row, column] = gain[-row, -column] = gain[-row, column] = 5
    gain = with_even_rings(gain)
    profile = measured(
        pictures(400, 1, size=32), pictures(200, 2, size=32, gain=gain), 5
    )
    seen = accuracies(profile.result())
    assert seen["map_linear"] > 0.85
    for row in ("luma_linear", "luma_rbf"):
        assert seen[row] < 0.65, row
    # The picture shows where.
    difference = np.array(profile.evidence()["map"]["difference"])
    for row, column in ((0, 8), (8, 0), (8, 8), (0, 16), (16, 0)):
        assert difference[16 + row, 16 + column] > 4


def test_a_spread_alone_is_seen_by_no_linear_detector():
    real = pictures(600, 1, size=32)
    draw = np.random.default_rng(2)
    fake = to_uint8(0.151 * draw.normal(size=[300, 32, 32, 1])).numpy()
    seen = accuracies(measured(real, fake, 5).result())
    assert seen["luma_rbf"] > 0.6
    assert max(seen["luma_linear"], seen["map_linear"]) < 0.6


# === Colours ===


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_images_have_no_rows_of_chroma(channels):
    real, fake = (
        np.repeat(pictures(count, seed), channels, axis=-1)
        for count, seed in ((40, 1), (20, 2))
    )
    profile = measured(real, fake)
    assert list(accuracies(profile.result())) == GREY_ROWS
    assert set(profile.evidence()["rings"]) == {"luma"}


def test_grey_against_colours_is_seen_in_chroma():
    seen = accuracies(measured(pictures(60, 1, 3), pictures(40, 2)).result())
    assert seen["chroma_rbf"] == 1


# === Streaming ===


def test_batches_and_floats_do_not_matter():
    real, fake = pictures(40, 1, 3), pictures(30, 2, 3)
    whole = measured(real, fake).result()
    parts = DetectabilityProfile(splits=2)
    for start in range(0, 30, 20):
        batch = from_uint8(fake[start : start + 20]) + 0.4 * 2 / 255
        parts.update_state(fake=batch)
    for start in range(0, 40, 30):
        parts.update_state(real=real[start : start + 30])
    assert parts.result() == whole


def test_it_keeps_the_first_images(monkeypatch):
    real, fake = pictures(100, 1), pictures(40, 2)
    profile = measured(real, fake, capacity=20)
    first = measured(real[:40], fake[:20], capacity=20)
    assert profile.result() == first.result()
    # Nothing is computed of those that there is no room for.
    seen = []
    rows = profile._rows
    monkeypatch.setattr(
        profile,
        "_rows",
        lambda images: seen.append(len(images)) or rows(images),
    )
    profile.update_state(real=real, fake=fake)
    assert sum(seen) == 0
    assert profile.result() == first.result()


def test_the_control_is_computed_once(monkeypatch):
    fits = []
    fit = held_out_detection._held_out_accuracy
    monkeypatch.setattr(
        held_out_detection,
        "_held_out_accuracy",
        lambda *images, **one: fits.append(1) or fit(*images, **one),
    )

    def controls(values):
        return {k: v for k, v in values.items() if "_control" in k}

    profile = measured(pictures(40, 1), pictures(20, 2))
    first = profile.result()
    both, rows = len(fits), 2 * len(GREY_ROWS)
    assert both == 2 * rows
    profile.reset_fake()
    with pytest.raises(ValueError, match="40 real, 0 fake"):
        profile.result()
    profile.update_state(fake=pictures(20, 3, gain=1.5))
    second = profile.result()
    assert len(fits) - both == rows
    assert controls(second) == controls(first)
    assert second["detection_luma_rbf"] != first["detection_luma_rbf"]
    # Not so of other real images, however many there are.
    profile.reset_state()
    profile.update_state(real=pictures(40, 7), fake=pictures(20, 2))
    other = profile.result()
    assert controls(other) != controls(first)
    assert other == measured(pictures(40, 7), pictures(20, 2)).result()


def test_replicas_equal_one_device():
    real, fake = pictures(40, 1, 3), pictures(40, 2, 3)
    alone = measured(real, fake)
    strategy = two_replicas()
    with strategy.scope():
        profile = DetectabilityProfile(splits=2)
        profile.build(16, 16)

    def parts(of):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                of[context.replica_id_in_sync_group * 20 :][:20]
            )
        )

    @tf.function
    def update(real, fake):
        strategy.run(profile.update_state, args=(real, fake))

    update(parts(real), parts(fake))
    assert profile.result() == alone.result()


# === Bad input ===


@pytest.mark.filterwarnings("error")
def test_constant_images_are_guessed():
    flat = np.full([40, 16, 16, 3], 90, np.uint8)
    profile = measured(flat, flat[:20])
    seen = accuracies(profile.result())
    assert seen == dict.fromkeys(GREY_ROWS, 0.5)
    json.dumps(profile.evidence(), allow_nan=False)


def test_too_few_images():
    profile = DetectabilityProfile()
    for what in (profile.result, profile.evidence):
        with pytest.raises(ValueError, match="20 real and 10 gen.*0 real"):
            what()
    profile.update_state(real=pictures(19, 1), fake=pictures(10, 2))
    for what in (profile.result, profile.evidence):
        with pytest.raises(ValueError, match="Received: 19 real, 10 fake"):
            what()
    profile.update_state(real=pictures(1, 3))
    profile.result()
    profile.evidence()


def test_one_size_only():
    profile = DetectabilityProfile()
    profile.update_state(real=pictures(5, 1))
    with pytest.raises(ValueError, match="Expected 16x16.*Received: 20x20"):
        profile.update_state(fake=pictures(5, 1, size=20))


def test_too_small_images():
    with pytest.raises(ValueError, match="at least 8x8.*Received: 7x9"):
        DetectabilityProfile().update_state(
            real=np.zeros([5, 7, 9, 1], np.uint8)
        )
    measured(pictures(20, 1, size=8), pictures(10, 2, size=8)).result()


@pytest.mark.parametrize(
    "wrong", [np.zeros([5, 16, 16]), np.zeros([5, 16, 16, 2], np.uint8)]
)
def test_no_images(wrong):
    profile = measured(pictures(20, 1), pictures(10, 2))
    with pytest.raises(ValueError, match="1 or 3 channels"):
        profile.update_state(fake=wrong)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"capacity": 9}, "capacity=9"),
        ({"splits": 1}, "splits=1"),
        ({"splits": 2.5}, "splits=2.5"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        DetectabilityProfile(**settings)
