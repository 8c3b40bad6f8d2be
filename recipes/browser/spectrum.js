// The 1-D power spectrum of an image, computed as specgan.signal.ring_levels
// does: Hann window, orthonormal Fourier transform, mean power of each ring of
// frequencies, in decibels. Frequencies are in cycles per pixel.

const LUMINANCE_WEIGHTS = [0.299, 0.587, 0.114]; // Rec. 601.
const FLOOR = (2 / 255) ** 2 / 12; // Power of rounding to 8 bits: -53 dB.

/** Frequencies of the rings 1 ... M // 2, M the smaller side. */
export function ringFrequencies(height, width) {
  const size = Math.min(height, width);
  return Array.from({ length: size >> 1 }, (_, k) => (k + 1) / size);
}

/**
 * Power of an image's rings in dB, at `ringFrequencies`.
 *
 * `pixels` are 0 ... 255, row by row, channels last; shape is
 * [height, width, channels].
 */
export function ringLevels(pixels, [height, width, channels]) {
  const image = windowed(luminance(pixels, channels), height, width);
  const power = powerSpectrum(image, height, width);
  const size = Math.min(height, width);
  const sums = new Float64Array((size >> 1) + 2); // The last: the corners.
  const counts = new Float64Array(sums.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const vertical = signedFrequency(row, height);
      const horizontal = signedFrequency(column, width);
      const radius = Math.hypot(vertical, horizontal) * size;
      const ring = Math.min(Math.floor(radius + 0.5), sums.length - 1);
      sums[ring] += power[row * width + column];
      counts[ring] += 1;
    }
  }
  return Array.from({ length: size >> 1 }, (_, k) =>
    10 * Math.log10(sums[k + 1] / counts[k + 1] + FLOOR));
}

function luminance(pixels, channels) {
  const weights = channels === 1 ? [1] : LUMINANCE_WEIGHTS;
  const grey = new Float64Array(pixels.length / channels);
  for (let i = 0; i < grey.length; i++) {
    weights.forEach((weight, channel) => {
      grey[i] += weight * (pixels[i * channels + channel] / 127.5 - 1);
    });
  }
  return grey;
}

/** Without its mean, and under a Hann window of mean square 1. */
function windowed(grey, height, width) {
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const rows = hann(height);
  const columns = hann(width);
  return grey.map((value, i) =>
    (value - mean) * rows[Math.floor(i / width)] * columns[i % width]);
}

function hann(size) {
  const window = Array.from({ length: size }, (_, i) =>
    0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const square = window.reduce((sum, value) => sum + value ** 2, 0) / size;
  return window.map((value) => value / Math.sqrt(square));
}

/** |F|^2 / (height width). Images are small: no fast transform is needed. */
function powerSpectrum(image, height, width) {
  const rows = transform({ real: image, imaginary: null }, height, width);
  const both = transform(transposed(rows, height, width), width, height);
  const power = new Float64Array(image.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const i = column * height + row; // `both` is transposed.
      const energy = both.real[i] ** 2 + both.imaginary[i] ** 2;
      power[row * width + column] = energy / (height * width);
    }
  }
  return power;
}

/** The discrete Fourier transform of each of `count` rows of `size` values. */
function transform({ real, imaginary }, count, size) {
  const cosines = Array.from({ length: size }, (_, i) =>
    Math.cos((2 * Math.PI * i) / size));
  const sines = Array.from({ length: size }, (_, i) =>
    Math.sin((2 * Math.PI * i) / size));
  const out = {
    real: new Float64Array(count * size),
    imaginary: new Float64Array(count * size),
  };
  for (let start = 0; start < count * size; start += size) {
    for (let k = 0; k < size; k++) {
      for (let n = 0; n < size; n++) {
        const a = real[start + n];
        const b = imaginary ? imaginary[start + n] : 0;
        const cosine = cosines[(k * n) % size];
        const sine = sines[(k * n) % size];
        out.real[start + k] += a * cosine + b * sine;
        out.imaginary[start + k] += b * cosine - a * sine;
      }
    }
  }
  return out;
}

function transposed(values, height, width) {
  const turned = {};
  for (const part of ["real", "imaginary"]) {
    turned[part] = new Float64Array(height * width);
    for (let i = 0; i < height * width; i++) {
      turned[part][(i % width) * height + Math.floor(i / width)] =
        values[part][i];
    }
  }
  return turned;
}

function signedFrequency(index, size) {
  return (index < size / 2 ? index : index - size) / size;
}
