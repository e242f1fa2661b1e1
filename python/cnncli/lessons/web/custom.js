// The layer y = x + w x^2: its slope by its method and by a difference, at a place and with a step that are chosen.
const curve = plot("figure-1"), errors = plot("figure-2");
const y = (x) => x + w.value * x * x, slope = (x) => 1 + 2 * w.value * x, forgot = (x) => 1 + w.value * x;
const difference = (x, h) => (y(x + h) - y(x - h)) / (2 * h);
const objective = (x) => Math.exp(y(x));
const error = (x, h) => Math.abs((objective(x + h) - objective(x - h)) / (2 * h) - objective(x) * slope(x));

function show() {
  const all = Array.from({ length: 81 }, (_, k) => -2 + k / 20), h = 10 ** power.value, at = x.value;
  curve.clear();
  curve.line(all.map((one) => [one, y(one)]), "soft");
  curve.line(all.map((one) => [one, forgot(one)]), "second");
  curve.line(all.map((one) => [one, slope(one)]), "first");
  curve.line([[at - h, y(at - h)], [at + h, y(at + h)]], "mark");
  curve.dots([[at, difference(at, h)]], "mark");
  errors.clear();
  const steps = Array.from({ length: 45 }, (_, k) => -1 - k / 4);
  errors.line(steps.map((one) => [one, Math.log10(Math.max(error(at, 10 ** one), 1e-16))]), "first");
  errors.dots([[power.value, Math.log10(Math.max(error(at, h), 1e-16))]], "mark");
  say(grid("The slope, computed twice", [["x = " + at.toFixed(2), "dy/dx"], ["by update_grad_input", slope(at).toFixed(8)], ["by a difference", difference(at, h).toFixed(8)],
    ["without the 2", forgot(at).toFixed(8)]], (r) => (r === 0 ? "on" : "")),
    make("p", {}, `h = 1e${power.value}: of E = exp(y) the difference is off by ${error(at, h).toExponential(1)}`));
}

const w = slider("w", -1, 1, 0.05, DATA.w, show);
const x = slider("x", -2, 2, 0.1, 0.7, show);
const power = slider("power of h", -12, -0.5, 0.5, -4, show);
function step() {
  x.value = x.value >= 2 ? -2 : Math.round((x.value + 0.1) * 10) / 10;
  show();
  return x.value < 2;
}
player(step, () => { x.value = -2; show(); }, 120);
curve.legend([["soft", "y"], ["first", "dy/dx by the method"], ["second", "without the 2"], ["mark", "the difference at x"]]);
window.lesson = { step, slope, difference, error };
show();
