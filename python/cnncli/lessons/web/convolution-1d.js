// Two boxes of any width, one of which slides; and a mask of any numbers along a signal of any numbers.
const area = plot("figure-1"), along = plot("figure-2");
let signal = [...DATA.signal], mask = [...DATA.mask], turned = false;

const overlap = (t) => Math.max(0, Math.min(1, t) - Math.max(0, t - width.value));

// The same as a sum over points h apart: how many points of f and of the turned g lie over each other, times h.
function inSteps(t, h) {
  const count = Math.round(1 / h), other = Math.round(width.value / h), shift = Math.round(t / h);
  let sum = 0;
  for (let i = 0; i < count; i++) if (shift - i >= 0 && shift - i < other) sum += h;
  return sum;
}

const slid = () => {
  const used = turned ? [...mask].reverse() : mask;
  return Array.from({ length: Math.max(0, signal.length - mask.length + 1) }, (_, p) => used.reduce((sum, weight, i) => sum + weight * signal[p + i], 0));
};

function cells(values, name, changed, marked) {
  const table = grid(name, [values.map(() => "")], (_, c) => (marked(c) ? "on" : ""));
  table.querySelectorAll("td").forEach((cell, k) => {
    const input = make("input", { value: Number(values[k].toPrecision(6)), inputmode: "decimal", "aria-label": `${name} ${k}` });
    input.addEventListener("change", () => { changed(k, Number(input.value) || 0); setTimeout(show); });
    cell.replaceChildren(input);
  });
  return scrolling(name, table);
}

function show() {
  const t = at.value, w = width.value, low = Math.max(0, t - w), high = Math.min(1, t);
  area.clear();
  if (high > low) area.bars([[(low + high) / 2, 0.97]], "third", high - low);
  area.line([[0, 0], [0, 1], [1, 1], [1, 0]], "first");
  area.line([[t - w, 0], [t - w, 1.03], [t, 1.03], [t, 0]], "second");
  const steps = Array.from({ length: 121 }, (_, k) => -0.5 + (k * (t + 0.5)) / 120);
  area.line(steps.map((one) => [one, overlap(one)]), "mark");
  area.dots([[t, overlap(t)]], "mark");
  const result = slid(), p = Math.min(place.value, Math.max(0, result.length - 1)), middle = (mask.length - 1) / 2;
  area.svg.closest("figure").querySelector("figcaption").textContent = `t = ${t.toFixed(2)}: the boxes overlap by ${overlap(t).toFixed(2)}`;
  along.clear();
  along.bars(signal.map((value, k) => [k, value]), "soft");
  along.line(result.map((value, k) => [k + middle, value]), turned ? "second" : "first");
  along.dots([[p + middle, result[p] ?? 0]], "mark");
  const used = turned ? [...mask].reverse() : mask;
  const terms = used.map((weight, i) => `${weight}·${Number((signal[p + i] ?? 0).toPrecision(6))}`).join(" + ");
  say(
    make("p", {}, `t = ${t.toFixed(2)}: the integral is ${overlap(t).toFixed(3)}; as a sum in steps of ${h.value} it is ${inSteps(t, Number(h.value)).toFixed(3)}`),
    make("p", {}, "signal"), cells(signal, "signal", (k, value) => { signal[k] = value; }, (c) => c >= p && c < p + mask.length),
    make("p", {}, turned ? "mask (it is turned before it is used)" : "mask"), cells(mask, "mask", (k, value) => { mask[k] = value; }, () => false),
    make("p", {}, `${turned ? "true convolution" : "correlation"} at place ${p}: ${terms} = ${Number((result[p] ?? 0).toPrecision(6))}`),
  );
}

const at = slider("t", -0.5, 2.5, 0.05, 0.6, show);
const width = slider("width of g", 0.25, 1.5, 0.25, 1, show);
const h = select("step h", [[0.5, "0.5"], [0.25, "0.25"], [0.05, "0.05"], [0.01, "0.01"]], 0.25, show);
const place = slider("place", 0, signal.length - mask.length, 1, 0, show);
function step() {
  at.value = Math.min(2.5, at.value + 0.05);
  place.value = Math.round(((at.value + 0.5) / 3) * (signal.length - mask.length));
  show();
  return at.value < 2.5;
}
player(step, () => { at.value = -0.5; place.value = 0; show(); }, 90);
const turn = button("Turn the mask", () => {
  turned = !turned;
  turn.textContent = turned ? "Do not turn the mask" : "Turn the mask";
  show();
});
area.legend([["first", "f stands"], ["second", "g slides"], ["third", "their overlap"], ["mark", "f * g to t"]]);
along.legend([["soft", "the signal"], ["first", "correlation"], ["second", "true convolution"], ["mark", "the place"]]);
window.lesson = { step, slid, overlap, inSteps, set: (given, way) => { mask = given; turned = way; show(); }, state: () => ({ signal, mask, turned }) };
show();
