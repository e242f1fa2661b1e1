// The same network and batch: steps are taken, and lines can be left out.
const count = DATA.inputs.length;
const along = plot("figure-1"), walk = plot("figure-2");
along.legend([["first", "E after one step"], ["mark", "with your rate"], ["second", "now"]]);
walk.legend([["first", "your steps"]]);
let w, gradient, losses;

function forward(weights) {
  let total = 0;
  const kept = DATA.inputs.map(([x1, x2], n) => {
    const h = [0, 1, 2].map((k) => Math.tanh(weights[2 * k] * x1 + weights[2 * k + 1] * x2 + weights[6 + k]));
    const z = [0, 1].map((c) => h.reduce((sum, one, k) => sum + weights[9 + 3 * c + k] * one, weights[15 + c]));
    const most = Math.max(...z), log = most + Math.log(z.reduce((sum, one) => sum + Math.exp(one - most), 0));
    total -= z[DATA.targets[n]] - log;
    return { h, p: z.map((one) => Math.exp(one - log)) };
  });
  return { loss: total / count, kept };
}

function backward(weights, kept) {
  const found = new Array(weights.length).fill(0);
  kept.forEach(({ h, p }, n) => {
    const d = p.map((one, c) => (one - (c === DATA.targets[n] ? 1 : 0)) / count), [x1, x2] = DATA.inputs[n];
    d.forEach((one, c) => { h.forEach((value, k) => { found[9 + 3 * c + k] += one * value; }); found[15 + c] += one; });
    h.forEach((value, k) => {
      const a = (d[0] * weights[9 + k] + d[1] * weights[12 + k]) * (1 - value * value);
      found[2 * k] += a * x1;
      found[2 * k + 1] += a * x2;
      found[6 + k] += a;
    });
  });
  return found;
}

const length = (vector) => Math.hypot(...vector);

function show() {
  const now = forward(w), slope = backward(w, now.kept);
  const after = (one) => forward(w.map((value, k) => value - one * slope[k])).loss;
  const [low, high] = along.x;
  along.clear();
  along.line(Array.from({ length: 61 }, (_, i) => low + ((high - low) * i) / 60).map((one) => [one, after(one)]), "first");
  along.dots([[0, now.loss]], "second");
  along.dots([[rate.value, after(rate.value)]], "mark");
  walk.clear();
  walk.line(losses.map((one, k) => [k, one]), "first");
  walk.dots([[losses.length - 1, now.loss]], "first");
  say(make("p", {}, `E = ${text(now.loss)} after ${losses.length - 1} steps; with one more of this rate ${text(after(rate.value))}`),
    make("p", {}, `the gradients held have the length ${text(length(gradient))}; that of this place has ${text(length(slope))}`));
}

const rate = slider("rate", 0.05, Math.max(8, DATA.rate), 0.05, DATA.rate, show);
function reset() { w = [...DATA.weights]; gradient = w.map(() => 0); losses = [forward(w).loss]; show(); }
function step() {
  if (zero.checked) gradient = gradient.map(() => 0);
  if (back.checked) { const now = forward(w); backward(w, now.kept).forEach((one, k) => { gradient[k] += one; }); }
  if (update.checked) w = w.map((one, k) => one - rate.value * gradient[k]);
  losses.push(forward(w).loss);
  show();
  return losses.length < 61;
}
player(step, reset, 200);
const zero = tick("line 4, zero", true, show), back = tick("line 5, backward", true, show), update = tick("line 6, update", true, show);
window.lesson = { step, state: () => ({ w, gradient, losses }) };
reset();
