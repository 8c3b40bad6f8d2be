// A generator as an ONNX file, and walks through its latent space.

import * as ort from "./ort.wasm.bundle.min.mjs";

// One thread: more of them need headers that plain file servers do not send.
ort.env.wasm.numThreads = 1;

/** The model of `page`, the content of page.json. */
export async function loadGenerator(page) {
  const session = await ort.InferenceSession.create("generator.onnx", {
    executionProviders: ["wasm"],
  });
  return new Generator(session, page);
}

class Generator {
  constructor(session, { latent_dim, num_classes, image_shape }) {
    this.session = session;
    this.latentDim = latent_dim;
    this.numClasses = num_classes;
    this.imageSize = image_shape.reduce((product, side) => product * side);
    this.last = Promise.resolve();
  }

  /**
   * Images of latents, each a Float32Array in [-1, 1], row by row, channels
   * last. `label` is the class of all, where there are classes.
   */
  images(latents, label = 0) {
    // A session runs one batch at a time.
    this.last = this.last.then(() => this.run(latents, label));
    return this.last;
  }

  async run(latents, label) {
    const count = latents.length;
    const inputs = { latents: tensor(latents, this.latentDim) };
    if (this.numClasses) {
      const oneHot = new Float32Array(this.numClasses);
      oneHot[label] = 1;
      inputs.labels = tensor(Array(count).fill(oneHot), this.numClasses);
    }
    const { images } = await this.session.run(inputs);
    return Array.from({ length: count }, (_, i) =>
      images.data.slice(i * this.imageSize, (i + 1) * this.imageSize));
  }
}

function tensor(rows, width) {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(row, i * width));
  return new ort.Tensor("float32", values, [rows.length, width]);
}

/** Values in [-1, 1] as 0 ... 255; 127.5 steps a unit, rounded. */
export function toBytes(image) {
  // A Uint8ClampedArray rounds, half to even, and clips.
  return Uint8ClampedArray.from(image, (value) => (value + 1) * 127.5);
}

/**
 * A map of latents: a function of x and y in [0, 1].
 *
 * (cos(2 pi x) a + sin(2 pi x) b + cos(2 pi y) c + sin(2 pi y) d) / sqrt(2)
 * of four standard normal vectors. The squares of the factors sum to 1, so
 * that each place has the distribution that the generator was trained with;
 * and the map goes on at its other side when it is left.
 */
export function latentMap(latentDim, seed) {
  const random = standardNormal(seed);
  const [a, b, c, d] = Array.from({ length: 4 }, () =>
    Array.from({ length: latentDim }, random));
  return (x, y) => {
    const factors = [x, y].flatMap((part) => [
      Math.cos(2 * Math.PI * part) / Math.SQRT2,
      Math.sin(2 * Math.PI * part) / Math.SQRT2,
    ]);
    return Float32Array.from({ length: latentDim }, (_, i) =>
      factors[0] * a[i] + factors[1] * b[i] +
      factors[2] * c[i] + factors[3] * d[i]);
  };
}

/** Standard normal numbers of a seed: a function that gives the next one. */
export function standardNormal(seed) {
  const uniform = xorshift(seed);
  return () => // Box and Muller.
    Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Uniform numbers in (0, 1), by Marsaglia's 32-bit xorshift. */
function xorshift(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1; // Never 0.
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next(); // The first of small seeds are alike.
  return next;
}
