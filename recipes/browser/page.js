// What index.html does: a map of the latent space, the image under the
// pointer, a real one, and the spectra of both.

import { latentMap, loadGenerator, toBytes } from "./generator.js";
import { drawSpectra } from "./chart.js";
import { ringLevels } from "./spectrum.js";

const TILES = 10; // A row and a column of the map.

const find = (id) => document.getElementById(id);
const page = await (await fetch("page.json")).json();
const [height, width] = page.image_shape;
const middle = (TILES / 2 + 0.5) / TILES; // Of a tile, not between two.
const state = {
  seed: 1, label: 0, real: 0, x: middle, y: middle, asked: 0, running: false,
};
let generator;
let latentsAt;

/** Draw an image of bytes at a place of a canvas, in its own pixels. */
function draw(canvas, bytes, left = 0, top = 0) {
  const channels = page.image_shape[2];
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const source = channels === 1 ? i : i * 3 + channel;
      pixels.data[i * 4 + channel] = bytes[source];
    }
    pixels.data[i * 4 + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, left, top);
}

/** Fill the map, a row of tiles after another. */
async function showMap() {
  const call = ++showMap.calls; // A later call ends this one.
  for (let row = 0; row < TILES && call === showMap.calls; row++) {
    const y = (row + 0.5) / TILES;
    const latents = Array.from({ length: TILES }, (_, column) =>
      latentsAt((column + 0.5) / TILES, y));
    const images = await generator.images(latents, state.label);
    if (call !== showMap.calls) return;
    images.forEach((image, column) =>
      draw(find("map"), toBytes(image), column * width, row * height));
  }
}
showMap.calls = 0;

/** The image of the place (x, y), and its spectrum. */
async function showGenerated() {
  const marker = find("marker");
  marker.style.left = `${100 * state.x}%`;
  marker.style.top = `${100 * state.y}%`;
  state.asked++;
  if (state.running) return; // That call will see that more is asked for.
  state.running = true;
  for (let shown = 0; shown !== state.asked; ) {
    shown = state.asked;
    const latents = latentsAt(state.x, state.y);
    const [image] = await generator.images([latents], state.label);
    const bytes = toBytes(image);
    draw(find("generated"), bytes);
    state.generated = ringLevels(bytes, page.image_shape);
    showSpectra();
  }
  state.running = false;
}

function showReal() {
  const bytes = page.real[state.real];
  draw(find("real"), bytes);
  state.realLevels = ringLevels(bytes, page.image_shape);
  showSpectra();
}

function showSpectra() {
  drawSpectra(find("chart"), page.band, state.generated, state.realLevels);
}

/** Another map: four new latent vectors, or another class. */
async function restart() {
  latentsAt = latentMap(page.latent_dim, state.seed);
  await showGenerated();
  await showMap();
}

function moveTo(x, y) {
  state.x = x - Math.floor(x); // Leaving at a side is coming in at the other.
  state.y = y - Math.floor(y);
  return showGenerated();
}

function listen() {
  const area = find("area");
  area.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect();
    moveTo((event.clientX - box.left) / box.width,
      (event.clientY - box.top) / box.height);
  });
  const steps = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };
  area.addEventListener("keydown", (event) => {
    if (!steps[event.key]) return;
    event.preventDefault();
    const [right, down] = steps[event.key];
    moveTo(state.x + right / 100, state.y + down / 100);
  });
  find("another-map").addEventListener("click", () => {
    state.seed++;
    restart();
  });
  find("another-real").addEventListener("click", () => {
    state.real = (state.real + 1) % page.real.length;
    showReal();
  });
  find("class").addEventListener("change", (event) => {
    state.label = Number(event.target.value);
    restart();
  });
}

function describe() {
  document.title = `${page.name}: a walk`;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = page[element.dataset.text];
  }
  for (const id of ["map", "generated", "real"]) {
    const tiles = id === "map" ? TILES : 1;
    Object.assign(find(id), { width: tiles * width, height: tiles * height });
  }
  for (let label = 0; label < (page.num_classes ?? 0); label++) {
    find("class").add(new Option(page.class_names[label] ?? label, label));
  }
  find("classes").hidden = !page.num_classes;
}

function fail(error) {
  find("status").textContent =
    `The generator could not be loaded or run: ${error.message}`;
  document.body.dataset.state = "failed";
}

window.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
try {
  describe();
  showReal();
  generator = await loadGenerator(page);
  listen();
  await restart();
  find("status").textContent = "";
  document.body.dataset.state = "ready"; // What tests wait for.
} catch (error) {
  fail(error);
}
