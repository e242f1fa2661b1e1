// The unit's numbers are moved: values, factors and the slope follow.
const chain = plot("figure-1"), curve = plot("figure-2");
curve.legend([["soft", "E"], ["second", "its slope at w"], ["mark", "steps downhill"]]);
let trail = [];

function compute(w, x, b, t) {
  const z = w * x + b, o = Math.tanh(z);
  const factors = { "dE/do": o - t, "do/dz": 1 - o * o, "dz/dw": x };
  return { z, o, error: 0.5 * (o - t) ** 2, factors, gradient: Object.values(factors).reduce((a, c) => a * c, 1) };
}

function arrow(place, height, way, kind) {
  const [start, end] = way > 0 ? [0.12, 0.88] : [0.88, 0.12], head = place + end - 0.07 * way, tip = [place + end, height];
  chain.line([[place + start, height], tip, [head, height + 0.04], tip, [head, height - 0.04]], kind);
}

function show() {
  const now = sliders.map((one) => one.value), [w, x, b, t] = now, found = compute(...now);
  chain.clear();
  [["w", w], ["z", found.z], ["o", found.o], ["E", found.error]].forEach(([name, value], k) => {
    chain.dots([[k, 1]], "first");
    chain.label([k - 0.12, 1.2], `${name} = ${Number(value.toPrecision(3))}`, "first");
  });
  ["w x + b", "tanh", "1/2 (o - t)²"].forEach((said, k) => {
    arrow(k, 1, 1, "soft");
    chain.label([k + 0.2, 1.06], said);
  });
  Object.entries(found.factors).reverse().forEach(([name, value], k) => {
    arrow(k, 0.62, -1, "second");
    chain.label([k + 0.3, 0.68], name, "second");
    chain.label([k + 0.3, 0.42], Number(value.toPrecision(3)), "second");
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
