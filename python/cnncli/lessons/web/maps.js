// Pictures and maps of numbers on canvases, in the colours of the library's scales.
const rgb = (code) => [0, 2, 4].map((place) => parseInt(code.slice(place, place + 2), 16));
const MAGNITUDES = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725".split(" ").map(rgb);
const SIGNED = "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f".split(" ").map(rgb);

// The scale that just holds rows of numbers: signed if one is below 0.
function scaleOf(maps) {
  let low = 0, high = -Infinity;
  for (const rows of maps) for (const row of rows) for (const value of row) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const most = Math.max(-low, high);
  return low < 0 ? { low: -most, high: most, signed: true } : { low, high, signed: false };
}

function colour(value, scale) {
  if (Array.isArray(value)) return value.length === 3 ? value : [value[0], value[0], value[0]];
  if (scale.grey) { const level = Math.max(0, Math.min(255, Math.round(value))); return [level, level, level]; }
  const anchors = scale.signed ? SIGNED : MAGNITUDES, span = scale.high - scale.low;
  const share = span > 0 ? Math.max(0, Math.min(1, (value - scale.low) / span)) : scale.signed ? 0.5 : 0;
  const known = share * (anchors.length - 1), below = Math.min(Math.floor(known), anchors.length - 2);
  return anchors[below].map((one, k) => Math.round(one + (known - below) * (anchors[below + 1][k] - one)));
}

// Rows of numbers, or of pixels [r, g, b], as a canvas whose longer side is about `side`.
//   marks : frames [top, left, bottom, right], the last cell within; pick(row, column) : a cell was chosen, by a click or from `at` on with the arrow keys
function view(rows, { side = 120, scale = null, name = "", marks = [], pick = null, at = [0, 0] } = {}) {
  const high = rows.length, wide = rows[0].length, step = Math.max(1, Math.floor(side / Math.max(high, wide)));
  const shown = scale || (Array.isArray(rows[0][0]) ? null : scaleOf([rows]));
  const canvas = make("canvas", { width: wide * step, height: high * step, class: "view", role: "img", "aria-label": name });
  const pen = canvas.getContext("2d");
  rows.forEach((row, r) => row.forEach((value, c) => {
    pen.fillStyle = `rgb(${colour(value, shown).join(",")})`;
    pen.fillRect(c * step, r * step, step, step);
  }));
  pen.strokeStyle = "#eb6e14";
  pen.lineWidth = Math.max(2, step / 4);
  for (const [top, left, bottom, right] of marks) {
    const half = pen.lineWidth / 2;
    pen.strokeRect(left * step + half, top * step + half, (right - left + 1) * step - 2 * half, (bottom - top + 1) * step - 2 * half);
  }
  if (pick) {
    canvas.style.cursor = "crosshair";
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "picture, arrow keys choose a place");
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      pick(Math.max(0, Math.min(high - 1, at[0] + move[0])), Math.max(0, Math.min(wide - 1, at[1] + move[1])));
      // What was picked may have drawn a new canvas in this one's place.
      [...document.querySelectorAll("canvas")].find((one) => one.getAttribute("aria-label") === name)?.focus();
    });
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      pick(Math.min(high - 1, Math.floor(((event.clientY - box.top) / box.height) * high)),
        Math.min(wide - 1, Math.floor(((event.clientX - box.left) / box.width) * wide)));
    });
  }
  const figure = make("figure", {}, canvas);
  if (name) figure.append(make("figcaption", {}, name));
  return figure;
}

const views = (...shown) => make("div", { class: "views" }, ...shown);
