// The mask slides; its numbers, padding and stride can be changed, and it can be turned.
const source = DATA.picture, drawing = plot("figure-1");
let mask = DATA.mask.map((row) => [...row]), at = 0, isTrue = false;

const weight = (i, j) => (isTrue ? mask[2 - i][2 - j] : mask[i][j]);
const pixel = (r, c) => source[r]?.[c] ?? 0;
const short = (value) => String(Number(value.toPrecision(4)));
const size = (side) => Math.floor((side + 2 * padding.value - 3) / stride.value) + 1;

function sum(r, c) {
  let total = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) {
    total += weight(i, j) * pixel(r * stride.value + i - padding.value, c * stride.value + j - padding.value);
  }
  return total;
}

const all = () => Array.from({ length: size(source.length) }, (_, r) => Array.from({ length: size(source[0].length) }, (__, c) => sum(r, c)));

function shades(rows) {
  const most = Math.max(...rows.flat().map(Math.abs)) || 1;
  return rows.map((row) => row.map((value) => (0.8 * value) / most));
}

function show() {
  const result = all(), columns = result[0].length;
  place.limit(result.length * columns - 1);
  at = place.value;
  const row = Math.floor(at / columns), column = at % columns, pad = padding.value;
  const padded = Array.from({ length: source.length + 2 * pad }, (_, r) => Array.from({ length: source[0].length + 2 * pad }, (__, c) => pixel(r - pad, c - pad)));
  const high = padded.length, wide = padded[0].length, left = wide + 1.4, across = left + columns, middle = (high + result.length) / 2;
  // The figure's axes fit the widest case: a scale keeps squares square.
  const scale = Math.min((drawing.x[1] - drawing.x[0]) / (across + 0.6), (drawing.y[1] - drawing.y[0]) / (high + 0.6));
  const x0 = drawing.x[0] + 0.3 * scale, y0 = drawing.y[0] + 0.3 * scale;
  const to = (x, y) => [x0 + x * scale, y0 + y * scale];
  drawing.clear();
  drawing.cells(to(0, high), padded.map((line) => line.map(short)), shades(padded), "soft", scale);
  const known = result.map((line, r) => line.map((value, c) => (r * columns + c <= at ? short(value) : "")));
  drawing.cells(to(left, middle), known, shades(result).map((line, r) => line.map((value, c) => (r * columns + c <= at ? value : 0))), "first", scale);
  drawing.box(to(column * stride.value, high - row * stride.value), 3 * scale, 3 * scale, "mark");
  drawing.box(to(left + column, middle - row), scale, scale, "first");
  const terms = [];
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) {
    const below = pixel(row * stride.value + i - pad, column * stride.value + j - pad);
    if (weight(i, j) !== 0) terms.push(`${short(weight(i, j))}·${short(below)}`);
  }
  const inputs = grid("The mask", mask.map((line) => line.map(() => "")));
  inputs.querySelectorAll("td").forEach((cell, k) => {
    const [r, c] = [Math.floor(k / 3), k % 3];
    const input = make("input", { value: mask[r][c], inputmode: "decimal", "aria-label": `mask, row ${r}, column ${c}` });
    input.addEventListener("change", () => { mask[r][c] = Number(input.value) || 0; setTimeout(show); });
    cell.replaceChildren(input);
  });
  const caption = drawing.svg.closest("figure").querySelector("figcaption");
  caption.textContent = `the mask at row ${row}, column ${column} of the result`;
  drawing.svg.closest("figure").querySelectorAll("p").forEach((one) => one.remove());
  say(make("p", {}, `row ${row}, column ${column}: ${terms.join(" + ") || "0"} = ${short(sum(row, column))}; the result is ${result.length} x ${columns}`),
    make("p", {}, isTrue ? "the mask, which is turned before it is used" : "the mask, whose numbers can be changed"), inputs);
}

const place = slider("place", 0, 8, 1, 0, () => show());
const padding = slider("padding", 0, 2, 1, 0, () => { place.value = 0; show(); });
const stride = slider("stride", 1, 3, 1, 1, () => { place.value = 0; show(); });
function step() {
  const count = size(source.length) * size(source[0].length);
  place.value = (place.value + 1) % count;
  show();
  return place.value < count - 1;
}
player(step, () => { place.value = 0; show(); }, 500);
const turn = button("Turn the mask", () => {
  isTrue = !isTrue;
  turn.textContent = isTrue ? "Do not turn it" : "Turn the mask";
  show();
});
drawing.legend([["mark", "the mask"], ["first", "its sum"]]);
window.lesson = { step, sum, all, set: (given, turned) => { mask = given.map((row) => [...row]); isTrue = turned; show(); } };
show();
