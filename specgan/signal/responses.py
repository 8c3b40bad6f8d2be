"""What up-sampling by two does to a spectrum, in closed form.

Section 2.3 of "Watch your Up-Convolution", with its slips corrected. Every
fixed up-sampling by two is the same two steps along each axis:

1. Zero insertion (bed of nails): `b[2i] = a[i]`, `b[2i + 1] = 0`. It repeats
   the spectrum of `a` exactly, with factor 1:
   `b_hat[k] = a_hat[k mod N]`, k = 0 ... 2N - 1. The upper half of the new
   band is thus a full copy, the replica, of what was there before.
2. A low-pass filter with fixed taps `h`, which multiplies that by its
   response `H(f)`, f = k / 2N in cycles per output pixel (Nyquist = 0.5).

The filters differ only in how much of the replica they leave. `KERNELS` holds
them as data:

| name             | taps h             | abs(H(f))                           |
|------------------|--------------------|-------------------------------------|
| zero_insertion   | 1                  | 1                                   |
| nearest          | 1, 1               | 2 cos(pi f)                         |
| aligned_bilinear | 1/2, 1, 1/2        | 2 cos²(pi f)                        |
| bilinear         | (1, 3, 3, 1) / 4   | 2 cos³(pi f)                        |
| bicubic          | (-3, -9, 29, 111,  | 2 cos³(pi f)(1 + 3/8 sin²(2 pi f))  |
|                  | 111, 29, -9, -3)   |                                     |
|                  | / 128              |                                     |
| lanczos          | 12: sinc(d)        | 2 sum of h cos(2 pi f n),           |
|                  | sinc(d/3)          | n = 1/2, 3/2 ... 11/2               |
| kaiser           | 12: sinc(d)        | the same sum; half its maximum at   |
|                  | kaiser(d)          | f = 1/4, transition 0.2 wide        |

d is the distance in input pixels, 1/4, 3/4 ... 11/4 to either side, sinc(d) is
sin(pi d) / (pi d), and each phase (the 6 taps that one output pixel meets) is
normalized to the sum 1. For one axis, in dB (10 log10 of power):

| name             | base at f = 1/8 | replica below it | white replica |
|------------------|-----------------|------------------|---------------|
| zero_insertion   |           -6.02 |             0.00 |          0.00 |
| nearest          |           -0.69 |             7.66 |         -6.54 |
| aligned_bilinear |           -1.38 |            15.31 |        -10.87 |
| bilinear         |           -2.06 |            22.97 |        -14.65 |
| bicubic          |           -0.57 |            22.97 |        -13.12 |
| lanczos          |            0.10 |            39.64 |        -15.28 |
| kaiser           |            0.02 |            43.37 |        -15.44 |

First column: the response `H / 2` in the middle of the base band. Second: how
far the image of that frequency, at f = 3/8, lies below it
(`replica_attenuation`). Third: the energy above half Nyquist, relative to the
energy below it, when the input is white noise (`specgan.signal.
spectral_replica`). Bicubic keeps more of the base band than bilinear, but its
replica lies no deeper below it, at any frequency. Only the two long filters
keep the base band and remove the replica; what is left in their third column
lies around f = 1/4, where any filter of 12 taps must pass from one to the
other.

Learned up-sampling has no fixed response:

- A transposed convolution is zero insertion followed by its learned kernel, so
  its response is `frequency_response` of that kernel: it is free to remove the
  replica, and nothing makes it do so.
- Pixel shuffle (sub-pixel convolution) computes the four phases of the output
  as maps of their own. That is a transposed convolution with a kernel twice as
  large, so its response is `frequency_response` of its `interleaved_kernel`.
- Max-unpooling puts each value where the maximum was. That depends on the
  signal, so no response describes one image; `measured_power_response` gives
  the mean over white noise. With maxima that lie anywhere, its power is that
  of zero insertion, 1 at every frequency: the replica stays whole. Only the
  part that is coherent with the input, `cos(pi f)` along each axis, is shaped
  like nearest; the rest is noise that the positions bring.

In two dimensions all of this holds along each axis (the kernels are
separable), so that there are three replicas: beside, below and diagonal.

Everything here is NumPy in float64, for periodic signals. What the layers do
at the border of an image stands in `specgan.signal.interpolation`.

Reference:
    Durall, Keuper & Keuper, "Watch your Up-Convolution: CNN Based Generative
    Deep Neural Networks are Failing to Reproduce Spectral Distributions",
    CVPR 2020, arXiv:2003.01826, Section 2.3. Corrected: the odd samples'
    phase in Eq. 5 is that of 2j + 1; the replica of Eq. 8 and 9 has no factor
    1/2; linear interpolation multiplies by the squared cosine above, not by a
    sinc.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from specgan.errors import unknown_name
from specgan.signal.interpolation_taps import interpolation_taps


@dataclasses.dataclass(frozen=True)
class UpsamplingKernel:
    """The low-pass filter that turns zero insertion into an interpolation.

    Formula:
    `b[m] = sum_t taps[t] u[m - t + origin]`, with `u[2i] = a[i]` and 0 between.

    Args:
        name: String.
        taps: Numbers, the filter along one axis; they sum to 2 where the mean
            of the signal is to be kept (to 1 for zero insertion alone).

    Example:
    >>> KERNELS["bilinear"].taps
    (0.25, 0.75, 0.75, 0.25)
    >>> float(np.abs(KERNELS["nearest"].response(1 / 3)).round(6))
    1.0
    """

    name: str
    taps: tuple[float, ...]

    @property
    def origin(self) -> int:
        """Index of the tap that lies on the output pixel itself."""
        return (len(self.taps) - 1) // 2

    def response(self, frequencies: ArrayLike) -> np.ndarray:
        """Complex response `H(f)` at frequencies in cycles per output pixel."""
        frequencies = np.asarray(frequencies, dtype=np.float64)
        shift = np.exp(2j * np.pi * frequencies * self.origin)
        return shift * frequency_response(self.taps, frequencies)


def _kaiser_sinc(num_taps, width):
    """Taps of an interpolation by two: a sinc under a Kaiser window.

    The sinc is the ideal low-pass filter at the old Nyquist frequency, 0.25
    cycles per output pixel; the window turns its edge into a transition of
    `width` cycles per output pixel, half of it on either side.

    Reference:
        Kaiser, "Nonrecursive digital filter design using the I0-sinh window
        function", ISCAS 1974: attenuation and shape from length and width.
    """
    attenuation = 2.285 * (num_taps - 1) * 2 * np.pi * width + 7.95  # in dB
    # Kaiser's fit for an attenuation of 21 to 50 dB.
    shape = 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    distances = (np.arange(num_taps) - (num_taps - 1) / 2) / 2
    taps = np.sinc(distances) * np.kaiser(num_taps, shape)
    return tuple((2 * taps / taps.sum()).tolist())


KERNELS = {
    kernel.name: kernel
    for kernel in (
        UpsamplingKernel("zero_insertion", (1.0,)),
        UpsamplingKernel("nearest", (1.0, 1.0)),
        # Eq. 5: pixels kept, their averages between them.
        UpsamplingKernel("aligned_bilinear", (0.5, 1.0, 0.5)),
        # Half-pixel centres, as TensorFlow and Keras have it.
        UpsamplingKernel("bilinear", (0.25, 0.75, 0.75, 0.25)),
        # Keys' cubic with a = -1/2, half-pixel centres: TensorFlow, Keras.
        UpsamplingKernel(
            "bicubic",
            tuple(n / 128 for n in (-3, -9, 29, 111, 111, 29, -9, -3)),
        ),
        # a = 3, half-pixel centres: "lanczos3" of TensorFlow and Keras.
        UpsamplingKernel(
            "lanczos", tuple(interpolation_taps("lanczos3", 2).tolist())
        ),
        # Flat to 0.15 and 37 dB down from 0.35 cycles per output pixel, with
        # as many taps as the filters of the alias-free GAN.
        UpsamplingKernel("kaiser", _kaiser_sinc(num_taps=12, width=0.2)),
    )
}


def get(identifier: str | UpsamplingKernel) -> UpsamplingKernel:
    """The up-sampling kernel of that name; a kernel is returned as it is.

    Raises:
        ValueError: If no kernel has that name.

    Example:
    >>> get("nearest").taps
    (1.0, 1.0)
    """
    if isinstance(identifier, UpsamplingKernel):
        return identifier
    if identifier not in KERNELS:
        raise unknown_name("interpolation", identifier, KERNELS)
    return KERNELS[identifier]


def frequency_response(taps: ArrayLike, *frequencies: ArrayLike) -> np.ndarray:
    """Response of any filter: the Fourier transform of its taps.

    Formula:
    `H(f) = sum_t taps[t] exp(-2 pi i f.t)`

    Args:
        taps: Array of one axis or more, for instance the two-dimensional
            kernel of a transposed convolution.
        *frequencies: One array for each axis of `taps`, in the same order, in
            cycles per (output) pixel; they are broadcast together.

    Returns:
        Complex array of the frequencies' broadcast shape, with phase 0 at the
        first tap.

    Raises:
        ValueError: If there is not one array of frequencies for each axis.

    Example:
    >>> frequency_response([1, 1], [0, 0.25, 0.5]).round(6)
    array([2.+0.j, 1.-1.j, 0.-0.j])
    """
    taps = np.asarray(taps, dtype=np.float64)
    if len(frequencies) != taps.ndim:
        raise ValueError(
            "The frequencies do not fit the filter. Expected one array of "
            f"frequencies for each of the {taps.ndim} axes of `taps`. "
            f"Received: {len(frequencies)}."
        )
    phase = sum(
        np.asarray(frequency, dtype=np.float64)[..., None] * index.ravel()
        for frequency, index in zip(
            frequencies, np.indices(taps.shape), strict=True
        )
    )
    return np.exp(-2j * np.pi * phase) @ taps.ravel()


def interleaved_kernel(kernel: ArrayLike) -> np.ndarray:
    """The transposed convolution that a pixel shuffle equals, as its kernel.

    Args:
        kernel: Array `[size, size, channels, 4 * filters]`, the kernel of the
            convolution before the shuffle; output map
            `(2 * row + column) * filters + n` holds the pixels of phase (row,
            column) of map n.

    Returns:
        Array `[2 size, 2 size, channels, filters]`, for a stride of 2. Its
        `frequency_response` from one input to one output channel is the pixel
        shuffle's.

    Example:
    >>> interleaved_kernel([[[[1, 2, 3, 4]]]])[:, :, 0, 0]
    array([[1, 2],
           [3, 4]])
    """
    kernel = np.asarray(kernel)
    size, _, channels, maps = kernel.shape
    # Flipped: a convolution layer correlates, a transposed one does not.
    phases = kernel[::-1, ::-1].reshape(size, size, channels, 2, 2, maps // 4)
    interleaved = phases.transpose(0, 3, 1, 4, 2, 5)
    return interleaved.reshape(2 * size, 2 * size, channels, maps // 4)


def replicated_spectrum(spectrum: np.ndarray) -> np.ndarray:
    """Spectrum after zero insertion: the same spectrum, twice along each axis.

    Formula:
    `b_hat[k] = a_hat[k mod N]`, k = 0 ... 2N - 1.

    Args:
        spectrum: Discrete Fourier transform of a signal or an image along all
            of its axes (`np.fft.fft`, `np.fft.fft2`; no `fftshift`).

    Returns:
        Array twice as long along each axis.

    Example:
    >>> replicated_spectrum([3, 1, 1])
    array([3, 1, 1, 3, 1, 1])
    """
    spectrum = np.asarray(spectrum)
    return np.tile(spectrum, (2,) * spectrum.ndim)


def predicted_spectrum(
    spectrum: np.ndarray, kernel: str | UpsamplingKernel
) -> np.ndarray:
    """Spectrum of a periodic signal after up-sampling by two.

    Formula:
    `b_hat[k] = a_hat[k mod N] H(k / 2N)`, k = 0 ... 2N - 1.

    Args:
        spectrum: As for `replicated_spectrum`; of one axis or more.
        kernel: Name of one of the `KERNELS`, or an `UpsamplingKernel`, applied
            along each axis.

    Returns:
        Complex array twice as long along each axis.

    Raises:
        ValueError: If no kernel has that name.

    Example:
    >>> image = np.random.default_rng(0).normal(size=(8, 8))
    >>> upsampled = image.repeat(2, axis=0).repeat(2, axis=1)
    >>> predicted = predicted_spectrum(np.fft.fft2(image), "nearest")
    >>> np.allclose(predicted, np.fft.fft2(upsampled))
    True
    """
    kernel = get(kernel)
    predicted = replicated_spectrum(spectrum)
    for axis, length in enumerate(predicted.shape):
        response = kernel.response(np.fft.fftfreq(length))
        axes = [other for other in range(predicted.ndim) if other != axis]
        predicted = predicted * np.expand_dims(response, axes)
    return predicted


def measured_response(upsample: Callable[[Any], Any], size: int) -> np.ndarray:
    """Response of an up-sampling by two, measured from an impulse.

    Formula:
    `H = fft2(upsample(impulse) - upsample(0)) / replicated(fft2(impulse))`;
    the subtraction removes a bias.

    Args:
        upsample: Function or layer from images of shape
            `[1, size, size, 1]` (float32) to `[1, 2 size, 2 size, 1]`, linear
            up to a bias and the same everywhere but at the border.
        size: Integer; height and width of the impulse image. The impulse
            lies in its middle, and what comes of it must fit in.

    Returns:
        Complex array `[2 size, 2 size]` at the frequencies
        `np.fft.fftfreq(2 * size)` along both axes.

    Raises:
        ValueError: If `upsample` does not double the image.

    Example:
    >>> layer = keras.layers.UpSampling2D(2)
    >>> response = measured_response(layer, 8)
    >>> np.abs(response[0]).round(3)[:3]   # 2 times 2 cos(pi k / 16)
    array([4.   , 3.923, 3.696])
    """
    blank = np.zeros((1, size, size, 1), dtype=np.float32)
    impulse = blank.copy()
    impulse[0, size // 2, size // 2, 0] = 1
    output = _doubled(upsample, impulse) - _doubled(upsample, blank)
    spectrum = np.fft.fft2(impulse[0, :, :, 0].astype(np.float64))
    return np.fft.fft2(output[0, :, :, 0]) / replicated_spectrum(spectrum)


def measured_power_response(
    upsample: Callable[[Any], Any], size: int, num: int = 256, seed: int = 0
) -> np.ndarray:
    """Power response of any up-sampling by two, measured with white noise.

    For units whose response depends on the signal, such as max-unpooling,
    where an impulse shows nothing. For a linear one it is the squared
    magnitude of `measured_response`, except at the border.

    Formula:
    `P = mean(abs(fft2(upsample(noise)))²) / replicated(N)`,
    `N = mean(abs(fft2(noise))²)`, means over the images.

    Args:
        upsample: Function or layer from images of shape
            `[num, size, size, 1]` (float32) to `[num, 2 size, 2 size, 1]`.
        size: Integer; height and width of the images of noise.
        num: Integer; their number. The relative standard error of each value
            is about `1 / sqrt(num)`. Defaults to 256.
        seed: Integer, of the Gaussian noise (mean 0, variance 1).

    Returns:
        Array `[2 size, 2 size]` at the frequencies
        `np.fft.fftfreq(2 * size)` along both axes.

    Raises:
        ValueError: If `upsample` does not double the images.

    Example:
    >>> from specgan.layers import MaxUnpool2D
    >>> positions = np.random.default_rng(0).integers(4, size=(256, 8, 8, 1))
    >>> unpool = lambda maps: MaxUnpool2D()(maps, positions)
    >>> power = measured_power_response(unpool, 8)
    >>> round(float(power.mean()), 1)   # that of zero insertion
    1.0
    """
    noise = np.random.default_rng(seed).normal(size=(num, size, size, 1))
    noise = noise.astype(np.float32)
    output = _doubled(upsample, noise)
    power, reference = (
        np.mean(np.abs(np.fft.fft2(images, axes=(1, 2))) ** 2, axis=(0, 3))
        for images in (output, noise)
    )
    return power / replicated_spectrum(reference)


def _doubled(upsample, images):
    """The images up-sampled, in float64, if that doubles them."""
    output = np.asarray(upsample(images), dtype=np.float64)
    num, height, width, _ = images.shape
    expected = (num, 2 * height, 2 * width, 1)
    if output.shape != expected:
        raise ValueError(
            "The response cannot be measured. Expected `upsample` to return "
            f"the shape {expected} for {images.shape}. Received: "
            f"{output.shape}."
        )
    return output


def replica_attenuation(
    kernel: str | UpsamplingKernel, frequencies: ArrayLike
) -> np.ndarray:
    """How far the replica of a frequency lies below that frequency, in dB.

    Up-sampling by two turns a wave at f (in cycles per output pixel) into that
    wave and its image at 1/2 - f, along each axis.

    Formula:
    `20 log10(abs(H(f)) / abs(H(1/2 - f)))`, which is `20 n log10(cot(pi f))`
    with n = 1 for nearest, 2 for aligned bilinear, 3 for bilinear and bicubic;
    Lanczos and Kaiser have no such form.

    Args:
        kernel: Name of one of the `KERNELS`, or an `UpsamplingKernel`.
        frequencies: Array, within (0, 1/4]; a quarter is the old Nyquist
            frequency, where both coincide.

    Returns:
        Array in dB, positive where the replica is the weaker.

    Raises:
        ValueError: If no kernel has that name, or a frequency lies outside.

    Example:
    >>> round(float(replica_attenuation("nearest", 1 / 8)), 2)
    7.66
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    if not np.all((frequencies > 0) & (frequencies <= 0.25)):
        raise ValueError(
            "No such frequency before up-sampling. Expected `frequencies` "
            "above 0 and up to 0.25 cycles per output pixel. "
            f"Received: {frequencies}."
        )
    kernel = get(kernel)
    base = np.abs(kernel.response(frequencies))
    replica = np.abs(kernel.response(0.5 - frequencies))
    return 20 * np.log10(base / replica)
