// Windows of another size and stride, and another way to make one number of each; arrows lead from the maxima.
const image = DATA.image, side = image.length, drawing = plot("figure-1");
const kinds = {
  max: (values) => Math.max(...values),
  average: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  sum: (values) => values.reduce((a, b) => a + b, 0),
  stochastic: (values) => {
    const total = values.reduce((a, b) => a + Math.max(b, 0), 0);
    return total > 0 ? values.reduce((a, b) => a + Math.max(b, 0) * b, 0) / total : 0;
  },
};
const told = { max: "the largest", average: "the mean", sum: "the sum", stochastic: "the mean with chances, as in evaluation" };
let kind = "max", chosen = 0;

const count = (size, step) => Math.floor((side - size) / step) + 1;

function inWindow(row, column, size, step) {
  const found = [];
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) found.push([row * step + i, column * step + j]);
  return found;
}

function pool(size, step) {
  return Array.from({ length: count(size, step) }, (_, r) => Array.from({ length: count(size, step) }, (__, c) =>
    kinds[kind](inWindow(r, c, size, step).map(([i, j]) => image[i][j]))));
}

// From where each arrow comes: of max pooling the first place of the largest, of others every place of the window.
function sources(row, column, size, step) {
  const places = inWindow(row, column, size, step);
  if (kind !== "max") return places;
  const most = Math.max(...places.map(([i, j]) => image[i][j]));
  return [places.find(([i, j]) => image[i][j] === most)];
}

function show() {
  const size = window_.value, step_ = stride.value, result = pool(size, step_), most = Math.max(...image.flat(), 1e-9);
  chosen = Math.min(chosen, result.length ** 2 - 1);
  const left = side + 1.4 + (4 - result.length) / 2, top = (side + result.length) / 2;
  const number = (value) => String(Math.round(value * 100) / 100), peak = Math.max(...result.flat(), 1e-9);
  drawing.clear();
  drawing.cells([0, side], image.map((line) => line.map(number)), image.map((line) => line.map((value) => (0.8 * value) / most)), "soft");
  drawing.cells([left, top], result.map((line) => line.map(number)), result.map((line) => line.map((value) => (0.8 * value) / peak)), "second");
  result.forEach((line, r) => line.forEach((_, c) => {
    const isChosen = r * result.length + c === chosen;
    if (kind !== "max" && !isChosen) return;
    for (const [i, j] of sources(r, c, size, step_)) {
      const start = [j + 0.85, side - i - 0.5], end = [left + c + 0.15, top - r - 0.5];
      const far = Math.hypot(end[0] - start[0], end[1] - start[1]), ax = (0.25 * (end[0] - start[0])) / far, ay = (0.25 * (end[1] - start[1])) / far;
      drawing.segments([[...start, ...end]], "second");
      drawing.line([[end[0] - ax - 0.6 * ay, end[1] - ay + 0.6 * ax], end, [end[0] - ax + 0.6 * ay, end[1] - ay - 0.6 * ax]], "second");
    }
  }));
  const row = Math.floor(chosen / result.length), column = chosen % result.length;
  drawing.box([column * step_, side - row * step_], size, size, "mark");
  drawing.box([left + column, top - row], 1, 1, "mark");
  const caption = drawing.svg.closest("figure").querySelector("figcaption");
  caption.textContent = `${told[kind]} of each window of ${size} x ${size}, ${step_} apart`;
  const held = inWindow(row, column, size, step_).map(([i, j]) => number(image[i][j])).join(", ");
  say(make("p", {}, `window ${chosen + 1} of ${result.length ** 2} holds ${held}: ${kind} gives ${number(result[row][column])}`));
}

const window_ = slider("window", 1, side, 1, 2, show);
const stride = slider("stride", 1, side, 1, 2, show);
function step() {
  const windows = count(window_.value, stride.value) ** 2;
  chosen = (chosen + 1) % windows;
  show();
  return chosen < windows - 1;
}
player(step, () => { chosen = 0; show(); }, 700);
for (const name of Object.keys(kinds)) button(name, () => { kind = name; show(); });
drawing.legend([["second", "from the map to the result"], ["mark", "the window"]]);
window.lesson = { step, pool: (name, size, stride_) => { kind = name; return pool(size, stride_); }, sources: (r, c) => sources(r, c, window_.value, stride.value), state: () => ({ chosen, kind }) };
show();
