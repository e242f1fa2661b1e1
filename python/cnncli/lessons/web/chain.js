// The unit's numbers are moved: values, factors and the slope follow.
const chain = plot("figure-1"), curve = plot("figure-2");
curve.legend([["soft", "E"], ["second", "its slope at w"], ["mark", "steps downhill"]]);
let trail = [];

function compute(w, x, b, t) {
  const z = w * x + b, o = Math.tanh(z);
  const factors = { "dE/do": o - t, "do/dz": 1 - o * o, "dz/dw": x };
  return { z, o, error: 0.5 * (o - t) ** 2, factors, gradient: Object.values(factors).reduce((a, c) => a * c, 1) };
}

function show() {
  const now = sliders.map((one) => one.value), [w, x, b, t] = now, found = compute(...now);
  chain.clear();
  [["w", w], ["z", found.z], ["o", found.o], ["E", found.error]].forEach(([name, value], k) => {
    chain.dots([[k, 1]], "first");
    chain.label([k - 0.1, 1.1], `${name} = ${value.toFixed(3)}`, "first");
  });
  Object.entries(found.factors).reverse().forEach(([name, value], k) => {
    chain.line([[k + 0.12, 1], [k + 0.88, 1]], "soft");
    chain.line([[k + 0.88, 0.75], [k + 0.12, 0.75]], "second");
    chain.label([k + 0.15, 0.6], `${name} = ${value.toFixed(3)}`, "second");
  });
  curve.clear();
  const [low, high] = curve.x;
  curve.line(Array.from({ length: 161 }, (_, i) => low + ((high - low) * i) / 160).map((one) => [one, compute(one, x, b, t).error]), "soft");
  curve.line([-0.8, 0.8].map((d) => [w + d, found.error + found.gradient * d]), "second");
  curve.dots(trail.map((one) => [one, compute(one, x, b, t).error]), "mark");
  curve.dots([[w, found.error]], "second");
  const parts = Object.values(found.factors).map((one) => text(one)).join(" × ");
  say(make("p", {}, `dE/dw = ${parts} = ${text(found.gradient)}`),
    make("p", {}, found.gradient > 0 ? "E grows with w, so a step makes w smaller." : found.gradient < 0 ? "E falls with w, so a step makes w larger." : "E is level here: a step changes nothing."));
}

const limits = { w: [curve.x[0], curve.x[1]], x: [-3, 3], b: [-3, 3], t: [-1, 1] };
const sliders = Object.entries(limits).map(([name, [low, high]], k) => {
  const value = DATA.values[k];
  return slider(name, Math.min(low, value), Math.max(high, value), "any", value, () => { trail = []; show(); });
});
const rate = slider("rate", 0.05, 3, 0.05, 0.5, () => {});
function step() {
  const [w, x, b, t] = sliders.map((one) => one.value);
  trail.push(w);
  sliders[0].value = w - rate.value * compute(w, x, b, t).gradient;
  show();
  return trail.length < 40;
}
player(step, () => { trail = []; sliders.forEach((one, k) => { one.value = DATA.values[k]; }); show(); }, 200);
window.lesson = { step, compute, state: () => ({ w: sliders[0].value, trail }) };
show();
