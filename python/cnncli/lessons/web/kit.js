// What the scripts of lessons share: plots, sliders, grids and a player.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 560;
const controls = document.getElementById("controls");

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function draw(parent, name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

function text(value, digits = 4) {
  if (!Number.isFinite(value)) return "diverged";
  return value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) ? value.toFixed(digits) : value.toExponential(3);
}

// A plot over the drawing of a figure that is there already: its axes stay, its marks are drawn anew.
function plot(id) {
  const svg = document.getElementById(id), x = JSON.parse(svg.dataset.x), y = JSON.parse(svg.dataset.y);
  const [LEFT, RIGHT, TOP, BOTTOM] = JSON.parse(svg.dataset.room), HEIGHT = svg.viewBox.baseVal.height;
  for (const old of svg.querySelectorAll(".line, .dots, .contour, .said, .cells")) old.remove();
  const layer = draw(svg, "g", { "clip-path": `url(#${id}-inside)` });
  const figure = svg.closest("figure");
  const far = (value) => Math.max(-2000, Math.min(3000, value));
  const place = ([a, b]) => [
    far(LEFT + ((a - x[0]) / (x[1] - x[0])) * (WIDTH - LEFT - RIGHT)),
    far(HEIGHT - BOTTOM - ((b - y[0]) / (y[1] - y[0])) * (HEIGHT - TOP - BOTTOM)),
  ];
  return {
    svg, x, y,
    // The names of the kinds, [[kind, name], ...].
    legend(names) {
      figure.querySelector(".legend")?.remove();
      svg.after(make("ul", { class: "legend" }, ...names.map(([kind, name]) => make("li", { class: kind }, name))));
    },
    title(words) {
      figure.querySelector("figcaption").textContent = words;
      svg.setAttribute("aria-label", words);
    },
    clear: () => layer.replaceChildren(),
    line(points, kind) {
      const path = points.filter((one) => one.every(Number.isFinite)).map((one) => place(one).join(",")).join("L");
      if (path) draw(layer, "path", { d: "M" + path, class: "line " + kind });
    },
    segments(pairs, kind) {
      const path = pairs.map(([a, b, c, d]) => place([a, b]).join(",") + "L" + place([c, d]).join(",")).join("M");
      if (path) draw(layer, "path", { d: "M" + path, class: "contour " + kind });
    },
    dots(points, kind) {
      const group = draw(layer, "g", { class: "dots " + kind });
      for (const point of points.filter((one) => one.every(Number.isFinite))) {
        const [cx, cy] = place(point);
        draw(group, "circle", { cx, cy, r: 5 });
      }
    },
    // A circle around a point.
    ring(point, kind) {
      const [cx, cy] = place(point);
      draw(layer, "circle", { cx, cy, r: 11, class: "line " + kind });
    },
    bars(points, kind, width = 0.6) {
      const group = draw(layer, "g", { class: "dots " + kind });
      for (const [x, height] of points.filter((one) => one.every(Number.isFinite))) {
        const [[left, base], [right, top]] = [place([x - width / 2, 0]), place([x + width / 2, height])];
        draw(group, "path", { d: `M${left},${base}V${top}H${right}V${base}Z` });
      }
    },
    // A matrix as squares of a side, from its upper left corner; shades from -1 to 1.
    cells(corner, texts, shades, kind = "first", side = 1) {
      const group = draw(layer, "g", { class: "cells" }), below = kind === "second" ? "first" : "second";
      texts.forEach((line, r) => line.forEach((words, c) => {
        const [[left, top], [right, low]] = [place([corner[0] + c * side, corner[1] - r * side]), place([corner[0] + (c + 1) * side, corner[1] - (r + 1) * side])];
        const shade = shades ? Math.max(-1, Math.min(1, shades[r][c])) : 0;
        draw(group, "rect", { x: left, y: top, width: right - left, height: low - top, class: shade < 0 ? below : kind, "fill-opacity": 0.6 * Math.abs(shade) });
        draw(group, "text", { x: (left + right) / 2, y: (top + low) / 2 + 5 }).textContent = words;
      }));
    },
    box([left, top], wide, high, kind) {
      this.line([[left, top], [left + wide, top], [left + wide, top - high], [left, top - high], [left, top]], kind);
    },
    label(point, words, kind = "soft") {
      const [left, low] = place(point);
      draw(layer, "text", { x: left + 4, y: low - 4, class: "said " + kind }).textContent = words;
    },
    // Where a pointer is, in the numbers of the axes.
    at(event) {
      const box = svg.getBoundingClientRect();
      const px = ((event.clientX - box.left) / box.width) * WIDTH, py = ((event.clientY - box.top) / box.height) * HEIGHT;
      return [
        x[0] + ((px - LEFT) / (WIDTH - LEFT - RIGHT)) * (x[1] - x[0]),
        y[0] + ((HEIGHT - BOTTOM - py) / (HEIGHT - TOP - BOTTOM)) * (y[1] - y[0]),
      ];
    },
  };
}

// Short lines along which f(x, y) has one of these values, [[x, y, x, y], ...], by marching squares.
function contour(f, [left, right], [low, high], levels, cells) {
  const at = (from, to, i) => from + ((to - from) * i) / cells, found = [];
  const values = Array.from({ length: cells + 1 }, (_, r) => Array.from({ length: cells + 1 }, (_, c) => f(at(left, right, c), at(low, high, r))));
  for (const level of levels) for (let r = 0; r < cells; r++) for (let c = 0; c < cells; c++) {
    const corners = [[r, c], [r, c + 1], [r + 1, c + 1], [r + 1, c]], crossed = [];
    corners.forEach((one, k) => {
      const other = corners[(k + 1) % 4], [a, b] = [values[one[0]][one[1]], values[other[0]][other[1]]];
      if (a > level === b > level) return;
      const share = (level - a) / (b - a);
      crossed.push(at(left, right, one[1] + share * (other[1] - one[1])), at(low, high, one[0] + share * (other[0] - one[0])));
    });
    for (let k = 0; k + 3 < crossed.length; k += 4) found.push(crossed.slice(k, k + 4));
  }
  return found;
}

const identity = (name) => "control-" + name.replaceAll(" ", "-");

function slider(name, least, most, step, value, changed) {
  const input = make("input", { type: "range", min: least, max: most, step, value, id: identity(name) });
  const shown = make("output", { for: identity(name) }, String(value));
  input.addEventListener("input", () => {
    shown.textContent = input.value;
    changed(Number(input.value));
  });
  const line = make("label", {}, name, input, shown);
  controls.querySelector(".sliders").append(line);
  return {
    hide(is_hidden) { line.hidden = is_hidden; },
    get value() { return Number(input.value); },
    set value(given) { input.value = given; shown.textContent = Number(given).toFixed(step >= 1 ? 0 : 2); },
    // Another upper end; a value beyond it becomes it.
    limit(end) { input.max = end; shown.textContent = input.value; },
  };
}

function button(name, pressed) {
  const node = make("button", { type: "button" }, name);
  node.addEventListener("click", pressed);
  controls.querySelector(".row").append(node);
  return node;
}

// One of some words, [[value, word], ...].
function select(name, options, value, changed) {
  const list = make("select", { id: identity(name) }, ...options.map(([one, word]) => make("option", { value: one }, word)));
  list.value = value;
  list.addEventListener("change", () => changed(list.value));
  controls.querySelector(".sliders").append(make("label", {}, name, list));
  return list;
}

function tick(name, is_on, changed) {
  const box = make("input", { type: "checkbox" });
  box.checked = is_on;
  box.addEventListener("change", () => changed(box.checked));
  controls.querySelector(".row").append(make("label", { class: "tick" }, box, name));
  return box;
}

// Play, one step, back to the start. `step` returns false at the end. While it plays nothing is read out.
function player(step, reset, milliseconds = 120) {
  let timer = null;
  const play = button("Play", () => (timer === null ? start() : stop()));
  const quiet = (is_quiet) => controls.querySelector(".said").setAttribute("aria-live", is_quiet ? "off" : "polite");
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; quiet(false); };
  const start = () => {
    play.textContent = "Pause";
    quiet(true);
    timer = setInterval(() => { if (!step()) stop(); }, milliseconds);
  };
  button("One step", () => { stop(); step(); });
  button("From the start", () => { stop(); reset(); });
  return { stop };
}

// What may be wider than the screen scrolls by itself, with the keyboard too.
const scrolling = (label, node) => make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, node);

function grid(name, rows, marked = () => "") {
  const body = make("tbody");
  rows.forEach((row, r) => body.append(make("tr", {}, ...row.map((cell, c) => make("td", { class: marked(r, c) }, cell)))));
  return make("table", { class: "grid", "aria-label": name }, body);
}

controls.className = "controls";
controls.append(make("div", { class: "sliders" }), make("div", { class: "row" }), make("div", { class: "said", "aria-live": "polite" }));

// What the controls say; an input that is drawn anew keeps the keyboard, and is known by its label.
function say(...parts) {
  const said = controls.querySelector(".said"), held = document.activeElement;
  const label = said.contains(held) ? held.getAttribute("aria-label") : null;
  said.replaceChildren(...parts);
  if (label) [...said.querySelectorAll("input, canvas, [tabindex]")].find((one) => one.getAttribute("aria-label") === label)?.focus();
}
