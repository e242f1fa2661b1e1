// The same learning in the page: Adam on all pairs at once, step by step.
let truth = DATA.true.map((row) => [...row]), targets = [], state;

const high = DATA.before[0].length - 2, wide = DATA.before[0][0].length - 2, count = DATA.before.length * high * wide;
const masked = (mask, bias) => DATA.before.map((picture) => Array.from({ length: high }, (_, r) => Array.from({ length: wide }, (__, c) => {
  let sum = bias;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) sum += mask[i][j] * picture[r + i][c + j];
  return sum;
})));

function begin() {
  targets = masked(truth, 0);
  state = { mask: DATA.start.map((row) => [...row]), bias: DATA.bias, step: 0, mean: Array(10).fill(0), square: Array(10).fill(0), losses: [] };
  state.losses.push(gradient().loss);
}

// The mean of squared differences, and its gradient by each weight and the bias.
function gradient() {
  const outputs = masked(state.mask, state.bias), sums = Array(10).fill(0);
  let loss = 0;
  outputs.forEach((output, n) => output.forEach((line, r) => line.forEach((value, c) => {
    const difference = value - targets[n][r][c];
    loss += difference * difference;
    for (let k = 0; k < 9; k++) sums[k] += difference * DATA.before[n][r + Math.floor(k / 3)][c + (k % 3)];
    sums[9] += difference;
  })));
  return { loss: loss / count, slopes: sums.map((sum) => (2 * sum) / count) };
}

function advance() {
  const { slopes } = gradient(), t = ++state.step;
  slopes.forEach((slope, k) => {
    state.mean[k] = 0.9 * state.mean[k] + 0.1 * slope;
    state.square[k] = 0.999 * state.square[k] + 0.001 * slope * slope;
    const change = (rate.value * (state.mean[k] / (1 - 0.9 ** t))) / (Math.sqrt(state.square[k] / (1 - 0.999 ** t)) + 1e-8);
    if (k < 9) state.mask[Math.floor(k / 3)][k % 3] -= change;
    else state.bias -= change;
  });
  state.losses.push(gradient().loss);
}

const curve = plot("figure-1");

function numbers(mask, changed) {
  const table = grid("The mask so far", mask.map((line) => line.map((value) => (changed ? "" : value.toFixed(2)))));
  const most = Math.max(...truth.flat().map(Math.abs), 1e-9);
  table.querySelectorAll("td").forEach((cell, k) => {
    const [r, c] = [Math.floor(k / 3), k % 3], share = Math.min(1, Math.abs(mask[r][c]) / most);
    cell.style.background = `color-mix(in srgb, var(--${mask[r][c] < 0 ? "second" : "first"}) ${Math.round(60 * share)}%, var(--card))`;
    if (!changed) return;
    const input = make("input", { value: Number(mask[r][c].toFixed(3)), inputmode: "decimal", "aria-label": `true mask, row ${r}, column ${c}` });
    input.addEventListener("change", () => { truth[r][c] = Number(input.value) || 0; setTimeout(() => { begin(); show(); }); });
    cell.replaceChildren(input);
  });
  return table;
}

function show() {
  curve.clear();
  curve.line(state.losses.map((loss, step) => [step, Math.log10(Math.max(loss, 1e-7))]), "first");
  const pair = targets[0], scale = scaleOf([pair]);
  say(
    make("p", {}, `step ${state.step}: loss ${text(state.losses.at(-1), 6)}`),
    make("div", { class: "grids" }, make("div", {}, "learned", numbers(state.mask, false)), make("div", {}, "the true mask, to be changed", numbers(truth, true))),
    views(view(DATA.before[0], { side: 130, name: "before" }), view(pair, { side: 130, scale, name: "after the true mask" }),
      view(masked(state.mask, state.bias)[0], { side: 130, scale, name: "after the learned one" })),
  );
}

const rate = slider("rate", 0.005, 1, 0.005, DATA.rate, () => { begin(); show(); });
function step() {
  advance();
  show();
  return state.step < DATA.steps;
}
player(step, () => { begin(); show(); }, 40);
for (const name of Object.keys(DATA.masks)) button(name, () => { truth = DATA.masks[name].map((row) => [...row]); begin(); show(); });
window.lesson = { step, state: () => state, run: (steps) => { for (let k = 0; k < steps; k++) advance(); show(); } };
begin();
show();
