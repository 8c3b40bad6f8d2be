// Spectra as lines in an SVG: decibels over cycles per pixel.

const WIDTH = 460;
const HEIGHT = 320;
const EDGE = { left: 52, right: 12, top: 12, bottom: 46 };
const STEP = 10; // dB between lines of the grid.

/**
 * Draw the spectra of an image that was generated and of a real one.
 *
 * `band` has `frequencies`, and between `low` and `high`, in dB, nine tenths
 * of real images are. Either spectrum may be missing.
 */
export function drawSpectra(svg, band, generated, real) {
  const scale = scales(band);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.replaceChildren(
    ...axes(scale),
    shape("polygon", "band", [
      ...places(scale, band.frequencies, band.low),
      ...places(scale, band.frequencies, band.high).reverse(),
    ]),
    ...[["real", real], ["generated", generated]]
      .filter(([, levels]) => levels)
      .map(([name, levels]) => {
        const points = places(scale, band.frequencies, levels);
        return shape("polyline", name, points);
      }),
  );
}

function scales({ low, high }) {
  const bottom = STEP * Math.floor((Math.min(...low) - STEP) / STEP);
  const top = STEP * Math.ceil((Math.max(...high) + STEP / 2) / STEP);
  const inner = HEIGHT - EDGE.top - EDGE.bottom;
  const clipped = (level) => Math.max(bottom, Math.min(top, level));
  return {
    bottom,
    top,
    x: (frequency) =>
      EDGE.left + (frequency / 0.5) * (WIDTH - EDGE.left - EDGE.right),
    y: (level) =>
      EDGE.top + ((top - clipped(level)) / (top - bottom)) * inner,
  };
}

function places(scale, frequencies, levels) {
  return frequencies.map((frequency, k) =>
    [scale.x(frequency).toFixed(1), scale.y(levels[k]).toFixed(1)]);
}

function axes(scale) {
  const parts = [];
  for (let level = scale.bottom; level <= scale.top; level += STEP) {
    const y = scale.y(level);
    parts.push(
      shape("polyline", "grid", [[EDGE.left, y], [WIDTH - EDGE.right, y]]),
      text(EDGE.left - 6, y + 4, level, "end"),
    );
  }
  const bottom = HEIGHT - EDGE.bottom;
  for (const frequency of [0, 0.1, 0.2, 0.3, 0.4, 0.5]) {
    parts.push(text(scale.x(frequency), bottom + 18, frequency, "middle"));
  }
  const middle = (EDGE.left + WIDTH - EDGE.right) / 2;
  parts.push(
    text(middle, HEIGHT - 8, "frequency (cycles per pixel)", "middle"));
  const title = text(0, 0, "power (dB)", "middle");
  title.setAttribute("transform", `translate(14 ${bottom / 2}) rotate(-90)`);
  return [...parts, title];
}

function shape(kind, style, points) {
  return element(kind, { class: style, points: points.join(" ") });
}

function text(x, y, content, anchor) {
  const made = element("text", { x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}

function element(kind, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}
