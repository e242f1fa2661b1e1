// Windows of another size and stride, and another way to make one number of each.
const image = DATA.image, side = image.length;
const kinds = {
  max: (values) => Math.max(...values),
  average: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  sum: (values) => values.reduce((a, b) => a + b, 0),
  stochastic: (values) => {
    const total = values.reduce((a, b) => a + Math.max(b, 0), 0);
    return total > 0 ? values.reduce((a, b) => a + Math.max(b, 0) * b, 0) / total : 0;
  },
};
let kind = "max", chosen = 0;

function pool(size, stride) {
  const count = Math.floor((side - size) / stride) + 1;
  return Array.from({ length: count }, (_, r) => Array.from({ length: count }, (_, c) => {
    const values = [];
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) values.push(image[r * stride + i][c * stride + j]);
    return kinds[kind](values);
  }));
}

function show() {
  const size = window_.value, step = stride.value, result = pool(size, step);
  chosen = Math.min(chosen, result.length ** 2 - 1);
  const row = Math.floor(chosen / result.length), column = chosen % result.length;
  const inside = (r, c) => r >= row * step && r < row * step + size && c >= column * step && c < column * step + size;
  const map = grid(image.map((line) => line.map(String)), (r, c) => (inside(r, c) ? "on" : ""));
  const pooled = grid(result.map((line) => line.map((value) => String(Math.round(value * 100) / 100))),
    (r, c) => (r === row && c === column ? "now" : ""));
  pooled.querySelectorAll("td").forEach((cell, k) => {
    cell.tabIndex = 0;
    const choose = () => { chosen = k; show(); };
    cell.addEventListener("click", choose);
    cell.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(); });
  });
  say(make("div", { class: "grids" }, make("div", {}, "map", map), make("div", {}, kind, pooled)));
}

const window_ = slider("window", 1, side, 1, 2, show);
const stride = slider("stride", 1, side, 1, 2, show);
for (const name of Object.keys(kinds)) button(name, () => { kind = name; show(); });
window.lesson = { pool: (name, size, step) => { kind = name; return pool(size, step); } };
show();
