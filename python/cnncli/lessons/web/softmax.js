// Scores are moved, or learned step by step: the probabilities and the loss follow.
const count = DATA.scores.length;
let scores = [...DATA.scores], target = DATA.target, steps = 0;
const bars = plot("figure-1");
const curve = plot("figure-2");
bars.legend([["second", "the right class"], ["first", "the others"]]);
curve.legend([["soft", "-log p"], ["first", "if another class were right"], ["second", "the right class"]]);

function compute(z, t) {
  const most = Math.max(...z), sum = z.reduce((total, one) => total + Math.exp(one - most), 0);
  const logs = z.map((one) => one - most - Math.log(sum)), p = logs.map(Math.exp);
  return { p, logs, loss: -logs[t - 1], gradient: p.map((one, k) => one - (k === t - 1 ? 1 : 0)) };
}

function show() {
  const { p, logs, loss } = compute(scores, target);
  bars.clear();
  p.forEach((one, k) => {
    bars.bars([[k + 1, one]], k === target - 1 ? "second" : "first");
    if (count <= 5 || one >= 0.01) bars.label([k + 0.75, Math.min(one + 0.01, 1.04)], one.toFixed(3));
  });
  curve.clear();
  curve.line(Array.from({ length: 241 }, (_, i) => Math.exp(-12 + i / 20)).map((one) => [one, -Math.log(one)]), "soft");
  curve.dots(p.map((one, k) => [one, -logs[k]]).filter((_, k) => k !== target - 1), "first");
  curve.dots([[p[target - 1], loss]], "second");
  say(make("p", {}, `p = ${p.map((one) => text(one)).join(", ")}; together ${text(p.reduce((a, b) => a + b, 0))}`),
    make("p", {}, `E = -log ${text(p[target - 1])} = ${text(loss)}${steps ? `, after ${steps} steps` : ""}`));
}

const sliders = scores.map((score, k) => slider(`z ${DATA.names[k]}`, Math.min(-10, score - 10), Math.max(20, score + 10), 0.1, score,
  (value) => { scores[k] = value; steps = 0; show(); }));
select("right class", scores.map((_, k) => [k + 1, `class ${DATA.names[k]}`]), target, (value) => { target = Number(value); steps = 0; show(); });
const rate = slider("rate", 0.1, 5, 0.1, DATA.rate, () => {});
function put(given) { scores = given; sliders.forEach((one, k) => { one.value = given[k]; }); show(); }
function step() {
  steps += 1;
  const { gradient } = compute(scores, target);
  put(scores.map((one, k) => one - rate.value * gradient[k]));
  return steps < 100;
}
player(step, () => { steps = 0; put([...DATA.scores]); }, 120);
button("Add 3 to every score", () => put(scores.map((one) => one + 3)));
window.lesson = { step, compute, state: () => ({ scores, target, steps }) };
show();
