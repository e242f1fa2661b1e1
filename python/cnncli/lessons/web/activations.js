// One activation with its tangent at a, and its derivative there.
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const functions = {
  step: [(a) => (a >= 0 ? 1 : 0), () => 0],
  sigmoid: [sigmoid, (a) => sigmoid(a) * (1 - sigmoid(a))],
  tanh: [Math.tanh, (a) => 1 - Math.tanh(a) ** 2],
  "scaled tanh": [(a) => 1.7159 * Math.tanh((2 * a) / 3), (a) => ((1.7159 * 2) / 3) * (1 - Math.tanh((2 * a) / 3) ** 2)],
  ReLU: [(a) => Math.max(a, 0), (a) => (a > 0 ? 1 : 0)],
  "leaky ReLU": [(a) => (a > 0 ? a : slope.value * a), (a) => (a > 0 ? 1 : slope.value)],
  PReLU: [(a) => (a > 0 ? a : slope.value * a), (a) => (a > 0 ? 1 : slope.value)],
};
const curve = plot("figure-1"), below = plot("figure-2");
curve.legend([["second", "f"], ["mark", "its tangent at a"]]);
below.legend([["first", "f'"]]);
let name = "tanh", ahead = true;

function show() {
  const [f, df] = functions[name], a = at.value, grid = Array.from({ length: 401 }, (_, i) => -4 + i / 50);
  slope.hide(!["leaky ReLU", "PReLU"].includes(name));
  curve.clear();
  curve.line(grid.map((one) => [one, f(one)]), "second");
  curve.line([[a - 1.5, f(a) - 1.5 * df(a)], [a + 1.5, f(a) + 1.5 * df(a)]], "mark");
  curve.dots([[a, f(a)]], "second");
  below.clear();
  below.line(grid.map((one) => [one, df(one)]), "first");
  below.dots([[a, df(a)]], "first");
  curve.title(`${name}, and its tangent at a`);
  below.title(`the derivative of ${name}`);
  say(make("p", {}, `${name}: f(${a.toFixed(2)}) = ${text(f(a))}, f' = ${text(df(a))}`),
    make("p", {}, `a gradient of 1 becomes ${text(df(a))} behind one such unit, ${text(df(a) ** 10)} behind ten`));
}

select("activation", Object.keys(functions).map((one) => [one, one]), name, (value) => { name = value; show(); });
const at = slider("a", -4, 4, 0.05, Math.max(-4, Math.min(4, DATA.at)), show);
const slope = slider("slope below 0", -0.5, 1, 0.05, DATA.slope, show);
function step() {
  ahead = at.value >= 4 ? false : at.value <= -4 ? true : ahead;
  at.value = Math.round((at.value + (ahead ? 0.1 : -0.1)) * 100) / 100;
  show();
  return at.value < 4;
}
player(step, () => { at.value = -4; ahead = true; show(); }, 60);
window.lesson = {
  step,
  compute: (given, a) => functions[given].map((one) => one(a)),
  state: () => ({ name, a: at.value }),
};
show();
