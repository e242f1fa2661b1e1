// Numbers as colours, and elements of the page.

// An element with attributes and children; text goes in as text.
function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) if (value !== undefined) made.setAttribute(key, value);
    made.append(...children);
    return made;
}

const rgb = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
const ramp = (from, to) => Array.from({ length: 128 }, (_, i) => rgb(...from.map((v, c) => Math.round(v + ((to[c] - v) * i) / 127))));
// From black to white where nothing is below 0; else from blue over white, which is 0, to red.
const GREYS = Uint32Array.from({ length: 256 }, (_, i) => rgb(i, i, i));
const SIGNED = Uint32Array.from([...ramp([20, 80, 170], [250, 250, 250]), ...ramp([250, 250, 250], [190, 35, 30])]);

// What turns a value into a colour, for all these values.
function scaleOf(values) {
    let low = 0, high = 0;
    for (const value of values) low = Math.min(low, value), high = Math.max(high, value);
    const most = Math.max(-low, high) || 1;
    if (low < 0) return (v) => SIGNED[Math.round(127.5 + (127.5 * v) / most)];
    return (v) => GREYS[Math.round((255 * v) / most)];
}

// A picture { data, width, height, channels } on a canvas of its size; of a large one every so many pixels. The result is how
// many.
function paintPicture(canvas, { data, width: across, height: down, channels }) {
    const step = Math.ceil(Math.max(across, down) / 640), width = Math.ceil(across / step), height = Math.ceil(down / step);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d"), image = imageOf(canvas), out = new Uint32Array(image.data.buffer);
    for (let i = 0, line = 0; line < height; line++) {
        for (let at = line * step * across * channels, end = i + width; i < end; i++, at += step * channels) {
            out[i] = channels === 1 ? GREYS[data[at]] : rgb(data[at], data[at + 1], data[at + 2]);
        }
    }
    context.putImageData(image, 0, 0);
    return step;
}

// The pixels of a canvas that is drawn again and again.
function imageOf(canvas) {
    const { width, height } = canvas, kept = canvas.image;
    return kept && kept.width === width && kept.height === height ? kept : (canvas.image = canvas.getContext("2d").createImageData(width, height));
}

// Values (height, width) on a small canvas.
function valuesCanvas(values, height, width, colour, label) {
    const canvas = element("canvas", { width, height, role: "img", "aria-label": label });
    const context = canvas.getContext("2d"), image = context.createImageData(width, height);
    new Uint32Array(image.data.buffer).set(Array.from(values, colour));
    context.putImageData(image, 0, 0);
    return canvas;
}

const figure = (content, caption) => element("figure", {}, content, element("figcaption", {}, caption));

function number(v) {
    const size = Math.abs(v), text = v === 0 || !Number.isFinite(v) ? String(v + 0) : size < 0.0001 ? v.toExponential(1) : v.toFixed(size >= 1000 ? 0 : size >= 10 ? 2 : 4);
    return text.replace("-", "\u2212");
}
