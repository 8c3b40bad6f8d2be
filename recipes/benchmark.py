"""Speed of the parts, as ratios measured within one run.

    specgan benchmark

CPU-seconds of all threads, unless it says otherwise; every pair of rivals is
timed in turns, and the median of the ratios is told, so that another process
on the machine disturbs both alike. It takes about 10 minutes on two cores.
"""

import contextlib
import functools
import io
import pathlib
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from scipy.interpolate import griddata

import zoo
from specgan import data
from specgan import layers
from specgan import metrics
from specgan.cli import main as command_line
from specgan.detection import SpectralFeatures
from specgan.detection import matching
from specgan.losses import DistributionSpectralLoss
from specgan.losses import spectral
from specgan.models import GAN
from specgan.models.stateless_rng import StatelessRNG
from specgan.signal import azimuthal_integral
from zoo import detectors

BATCH_SIZE = 64


def main():
    """Measure and print everything."""
    from recipes import filter_rates  # Which measures by `ratio`, below.

    for measure in (
        azimuthal_integrals,
        training_steps,
        spectral_terms,
        faster_layers,
        padded_convolutions,
        zoo_rates,
        gradients,
        official_features,
        detections,
        filter_rates.layers,
        filter_rates.generators,
        evaluations,
    ):
        title, *notes = measure.__doc__.splitlines()
        print(f"\n{title}")
        measure()


def ratio(first, second, clock, repetitions=15, calls=(1, 1)):
    """Median of (time of the second) / (time of the first), in turns.

    Args:
        first: Function without arguments.
        second: The same.
        clock: `time.process_time` or `time.perf_counter`.
        repetitions: How often each has its turn, after one to warm up.
        calls: Calls in a turn of the first, and of the second.

    Returns:
        How many times as fast a call of the first is as one of the second.
    """

    def seconds(function, times):
        start = clock()
        for _ in range(times):
            function()
        return (clock() - start) / times

    ratios = []
    for _ in range(repetitions + 1):
        fast = seconds(first, calls[0])
        ratios.append(seconds(second, calls[1]) / fast)
    return float(np.median(ratios[1:]))


# === The azimuthal integral ===


def released_azimuthal_average(image):
    """The authors' 1-D spectrum of one image, transcribed into NumPy.

    Natural logarithm of the amplitude, radii from a centre half a pixel beside
    DC, pixels sorted by radius, means of rings from a running sum; grid and
    sorting anew for each image, first and last ring lost, as they do it.
    """
    amplitude = np.fft.fftshift(np.fft.fft2(image)) + 1e-8
    level = 20 * np.log(np.abs(amplitude))
    rows, columns = np.indices(level.shape)
    radius = np.hypot(
        columns - (level.shape[1] - 1) / 2, rows - (level.shape[0] - 1) / 2
    )
    order = np.argsort(radius.flat)
    ring = radius.flat[order].astype(int)
    last_of_ring = np.flatnonzero(np.diff(ring))
    running_sum = np.cumsum(level.flat[order], dtype=float)
    sums = np.diff(running_sum[last_of_ring])
    return sums / np.diff(last_of_ring)


def azimuthal_integrals():
    """Azimuthal integral, 128 px, batch 64, images per CPU-second"""
    images = tf.random.stateless_normal([BATCH_SIZE, 128, 128, 1], [0, 0])
    arrays = images.numpy()[..., 0].astype(np.float64)
    transform = tf.function(lambda x: tf.signal.rfft2d(x[..., 0]))

    def ours():
        return azimuthal_integral(images)

    def released():
        return [released_azimuthal_average(image) for image in arrays]

    def bare_transform():
        return transform(images)

    cpu = time.process_time
    times = ratio(ours, released, cpu, calls=(20, 1))
    print(f"  {times:.0f} times the authors' procedure in NumPy (wanted: 30)")
    times = ratio(ours, bare_transform, cpu, calls=(20, 20))
    print(f"  {times:.2f} of a bare tf.signal.rfft2d (wanted: 0.8)")


# === The training step ===


def _step(gan_class=zoo.DCGAN, jit_compile=False, image_size=64, **arguments):
    """A function that takes one training step of a GAN, the GAN, its data."""
    keras.utils.set_random_seed(0)
    gan = gan_class(image_size, width=32, **arguments)
    return _step_of(gan, jit_compile)


def _step_of(gan, jit_compile=False):
    images = tf.random.stateless_uniform(
        [BATCH_SIZE * gan.discriminator_steps, *gan.image_shape], [0, 0], -1, 1
    )
    gan.adapt(images)
    gan.compile()
    step = tf.function(gan.train_step, jit_compile=jit_compile)
    return (lambda: step(images)), gan, images


def _two_pass_step():
    """The usual step: each network's turn draws its own fakes."""
    _, gan, images = _step()

    @tf.function
    def step(reals):
        rng = StatelessRNG(gan.noise_seed, gan.optimizer.iterations)
        shape = [len(reals), gan.latent_dim]
        fakes = gan.generator(rng.normal(shape), training=True)
        gan._discriminator_step(reals, fakes, None, rng)
        variables = gan.generator.trainable_variables
        with tf.GradientTape() as tape:
            fakes = gan.generator(rng.normal(shape), training=True)
            loss = gan._generator_loss(reals, fakes, None, rng, True)
        gan.optimizer.apply(tape.gradient(loss, variables), variables)

    return lambda: step(images)


def training_steps():
    """Training step of a DCGAN, 64 px, width 32, batch 64"""
    plain, *_ = _step()
    regularized, *_ = _step(spectral_regularization=True)
    head, *_ = _step(spectral_regularization=True, spectral_head=True)
    half, *_ = _step(chroma="half")
    cpu, wall = time.process_time, time.perf_counter
    share = ratio(plain, half, cpu, calls=(2, 2)) - 1
    print(f"  chroma of half the resolution: {share:+.1%} CPU-seconds")
    times = ratio(plain, _two_pass_step(), wall, calls=(2, 2))
    print(
        f"  {times:.2f} times the rate of drawing fakes twice a step, by the "
        "clock (wanted: 1.1)"
    )
    times = ratio(regularized, head, cpu, repetitions=5)
    print(f"  with the paper's head: {times:.1f} times the CPU-seconds a step")


def spectral_terms():
    """Spectral losses, CPU-seconds added to an LSGAN step of batch 64"""
    print("                             decibel   distribution   luma alone")
    losses = ("decibel", "distribution", {"chroma": False})
    for policy in ("float32", "mixed_bfloat16"):
        keras.mixed_precision.set_dtype_policy(policy)
        for image_size in (64, 32):
            plain, *_ = _step(zoo.LSGAN, image_size=image_size)
            shares = [
                ratio(
                    plain,
                    _step(
                        zoo.LSGAN,
                        image_size=image_size,
                        spectral_regularization=DistributionSpectralLoss(**loss)
                        if isinstance(loss, dict)
                        else loss,
                    )[0],
                    time.process_time,
                    calls=(2, 2),
                )
                - 1
                for loss in losses
            ]
            print(
                f"  {policy:<15} {image_size} px {shares[0]:>12.1%}"
                f"{shares[1]:>15.1%}{shares[2]:>13.1%}"
            )
    keras.mixed_precision.set_dtype_policy("float32")


def faster_layers():
    """The zoo's layers against Keras', 64 px, width 32, batch 64"""
    policies = ("float32", "mixed_bfloat16")
    print("           " + "".join(f"{policy:>17}" for policy in policies))
    before = keras.config.dtype_policy()
    for name in ("lsgan", "wgangp"):
        times = []
        for policy in policies:
            keras.config.set_dtype_policy(policy)
            try:
                step, gan, _ = _step(zoo.GANS[name])
                original_step, *_ = _step_of(_of_keras_layers(gan))
            finally:
                keras.config.set_dtype_policy(before)
            # A step of WGAN-GP is five of the critic's.
            repetitions = 15 // gan.steps
            times.append(
                1 / ratio(step, original_step, time.process_time, repetitions)
            )
        print(f"  {name:<9}" + "".join(f"{time:>17.2f}" for time in times))
    print("  (CPU-seconds a step, of those with the layers of Keras)")


def padded_convolutions():
    """The alias-free convolution, 38 px, 64 channels, batch 16, and a rival"""
    images, weights = (
        tf.random.stateless_normal(shape, [1, 2])
        for shape in ([16, 38, 38, 64], [3, 3, 64, 64])
    )

    def gradients(convolution, dtype):
        @tf.function
        def step():
            x, kernel = tf.cast(images, dtype), tf.cast(weights, dtype)
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                y = convolution(x, kernel)
            return tape.gradient(y, [x, kernel])

        return lambda: step()[1].numpy()

    def padded(x, kernel):
        x = tf.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]])
        return tf.nn.conv2d(x, kernel, 1, "VALID")

    def in_numbers(x, kernel):
        padding = [[0, 0], [2, 2], [2, 2], [0, 0]]
        return tf.nn.conv2d(x, kernel, 1, padding)

    for dtype in ("float32", "bfloat16"):
        share = 1 / ratio(
            gradients(padded, dtype),
            gradients(in_numbers, dtype),
            time.process_time,
        )
        print(f"  {dtype:<9}{share:>6.2f}")
    print(
        "  (CPU-seconds of `tf.pad` and VALID, forward and both gradients, of "
        "those\n  with the padding named in numbers)"
    )


def _of_keras_layers(gan):
    """A GAN of the same networks, built of the layers of Keras alone."""
    originals = {
        layers.BatchNormalization: keras.layers.BatchNormalization,
        layers.Conv2D: keras.layers.Conv2D,
        layers.Conv2DTranspose: keras.layers.Conv2DTranspose,
    }

    def original(layer):
        if isinstance(layer, layers.TransposedConv2D):
            return keras.layers.Conv2DTranspose(
                layer.filters,
                layer.kernel_size,
                strides=2,
                padding="same",
                use_bias=layer.use_bias,
                dtype=layer.dtype_policy,
            )
        kind = originals.get(type(layer), type(layer))
        return kind.from_config(layer.get_config())

    return GAN(
        keras.models.clone_model(gan.generator, clone_function=original),
        keras.models.clone_model(gan.discriminator, clone_function=original),
        gan.adversarial,
        gan.penalty,
        discriminator_steps=gan.steps,
    )


def zoo_rates():
    """Generator steps of 64 images per second, 64 px, width 32, by the clock"""
    print("           plain   regularized   with average   compiled by XLA")
    for name, gan_class in zoo.GANS.items():
        steps = [
            _step(gan_class, **arguments)[0]
            for arguments in (
                {},
                {"spectral_regularization": True},
                {"spectral_regularization": True, "ema_decay": 0.999},
                {"spectral_regularization": True, "jit_compile": True},
            )
        ]
        rates = _rates(steps)
        print("  {:<7}{:>7.2f}{:>14.2f}{:>15.2f}{:>18.2f}".format(name, *rates))


def _rates(steps, repetitions=9):
    """Median of each one's calls per second, in turns, after two to warm up."""
    durations = np.empty([repetitions + 2, len(steps)])
    for row in durations:
        for i, step in enumerate(steps):
            start = time.perf_counter()
            step()
            row[i] = time.perf_counter() - start
    return 1 / np.median(durations[2:], axis=0)


# === Detection ===


def released_features(image, length=300):
    """The released code's features of one grey image, as for its videos."""
    profile = released_azimuthal_average(image)
    profile = griddata(
        np.linspace(0, length, len(profile)),
        profile,
        np.linspace(0, length, length),
        method="cubic",
    )
    return profile / profile[0]


def official_features():
    """The paper's detector features, images per CPU-second"""
    print("               released      ours   times (wanted: 10)")
    features = SpectralFeatures(official=True, length=300)
    for height, width in (
        (64, 64), (128, 128), (218, 178), (256, 256), (512, 512), (1024, 1024)
    ):  # fmt: skip
        count = max(1, 2**20 // (height * width))
        images = np.random.default_rng(0).integers(
            0, 256, [count, height, width, 1], dtype=np.uint8
        )
        few = images[: max(1, count // 16), ..., 0]
        ours = functools.partial(features, images)
        released = functools.partial(_each, released_features, few)
        times = ratio(ours, released, time.process_time, 7) * count / len(few)
        start = time.process_time()
        ours()
        rate = count / (time.process_time() - start)
        size = f"{height}x{width}"
        print(f"  {size:<11}{rate / times:>9.1f}{rate:>10.0f}{times:>8.1f}")


def _each(function, images):
    for image in images:
        function(image)


def detections():
    """`specgan detect` on JPEG pictures of 256 px, by the clock"""
    name = next(iter(detectors.detector_names()))
    photographs = data.load_array("photos", image_size=256)
    with tempfile.TemporaryDirectory() as folder:
        few, many = 200, 1200
        for place in range(many):
            pixels = photographs[place % len(photographs)]
            matching.to_image(pixels).save(f"{folder}/{place}.jpg", quality=90)
        paths = sorted(map(str, pathlib.Path(folder).iterdir()))
        durations = {}
        for count in (few, few, many):
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                command_line.main(
                    ["detect", "--detector", name, *paths[:count]]
                )
            durations[count] = time.perf_counter() - start
    # What both spend on loading the detector goes out.
    rate = (many - few) / (durations[many] - durations[few])
    print(f"  {rate:.0f} pictures a second (wanted: 200)")


# === Evaluation ===


def evaluations():
    """Evaluation of 2048 and 2048 images of 64 px with Inception"""
    try:
        network = metrics.InceptionFeatures()
    except FileNotFoundError:
        print("  left out: needs `specgan fetch-inception`")
        return
    photographs = data.load_array("photos", image_size=64)
    real, fake = photographs[:4096:2], photographs[1:4096:2]
    network(real[:64])
    with tempfile.TemporaryDirectory() as folder:
        durations = []
        for _ in range(2):
            features = metrics.CachedFeatures(network, folder)
            start = time.perf_counter()
            evaluation = metrics.Evaluation(features)
            evaluation.add(real=[real], fake=[fake])
            evaluation.result()
            evaluation.intervals()
            durations.append(time.perf_counter() - start)
    first, second = durations
    print(
        f"  {first:.0f} s, the second time {second:.1f} s: "
        f"{first / second:.0f} times faster (wanted: 20)"
    )


# === Gradients ===


def gradients():
    """Gradient of the spectral losses against finite differences, float64"""
    images = tf.random.stateless_uniform([2, 8, 8, 3], [0, 0], -1, 1)
    images = tf.cast(images, tf.float64)
    others = tf.random.stateless_uniform([2, 8, 8, 3], [1, 0], -1, 1)
    power = azimuthal_integral(tf.cast(others, tf.float64))

    def decibel(x):
        mean = tf.reduce_mean(azimuthal_integral(x), axis=0)
        return spectral.decibel_distance(mean, 2.5 * power[0])

    def cross_entropy(x):
        integral = azimuthal_integral((x + 1) / 2)
        return spectral.cross_entropy_distance(
            integral / integral[:, :1], power[0] / tf.reduce_sum(power[0])
        )

    for name, loss in [
        ("decibel", decibel),
        ("cross-entropy (Eq. 11)", cross_entropy),
    ]:
        exact, numeric = tf.test.compute_gradient(loss, [images], delta=1e-5)
        error = np.linalg.norm(exact[0] - numeric[0])
        error /= np.linalg.norm(numeric[0])
        print(f"  {name}: relative difference {error:.1e} (wanted: 1e-6)")
