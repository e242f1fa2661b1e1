// One walk on the surface, with as many points in a step as are chosen; the three of the lesson stand behind it, faint.
const points = DATA.points, count = points.length;
const surface = plot("figure-1"), curve = plot("figure-2");
const names = [["second", "your walk"], ["soft", "lines of equal E"], ["mark", "the lowest point"]];
surface.legend(names);
curve.legend([["second", "your walk"], ["soft", "batch, of the lesson"]]);
let w = [0, 0], walked = [w], losses = [], orders = DATA.orders.map((one) => [...one]), steps = 0;

const error = ([w0, w1]) => points.reduce((sum, [x, y]) => sum + (w0 + w1 * x - y) ** 2, 0) / count;
const perEpoch = () => Math.ceil(count / size.value);

function shuffled() {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function show() {
  surface.clear();
  surface.segments(DATA.contours, "soft");
  surface.line(walked, "second");
  surface.dots([w], "second");
  surface.dots([DATA.best], "mark");
  curve.clear();
  curve.line(DATA.losses.batch.map((one, epoch) => [epoch, one]), "soft");
  curve.line(losses.map((one, step) => [step / perEpoch(), one]), "second");
  surface.title(`batches of ${size.value} on the surface, from (0, 0)`);
  const kind = size.value === 1 ? "stochastic" : size.value === count ? "batch" : "mini-batch";
  say(make("p", {}, `${kind}: ${perEpoch()} steps an epoch. E = ${text(error(w))} after ${(steps / perEpoch()).toFixed(2)} epochs, ${steps} steps; the lowest is ${text(DATA.least)}`));
}

function reset() { w = [0, 0]; walked = [w]; losses = [error(w)]; steps = 0; show(); }
const size = slider("points in a step", 1, count, 1, DATA.size, reset);
const rate = slider("rate", 0.005, 1, 0.005, DATA.rate, () => {});
const epochs = DATA.orders.length;

function step() {
  const epoch = Math.floor(steps / perEpoch()), at = (steps % perEpoch()) * size.value;
  if (epoch >= epochs) return false;
  const chosen = orders[epoch].slice(at, at + size.value);
  let a = 0, b = 0;
  for (const one of chosen) {
    const [x, y] = points[one], e = (2 * (w[0] + w[1] * x - y)) / chosen.length;
    a += e;
    b += e * x;
  }
  w = [w[0] - rate.value * a, w[1] - rate.value * b];
  steps += 1;
  walked.push(w);
  losses.push(error(w));
  show();
  return steps < epochs * perEpoch() && w.every((one) => Math.abs(one) < 1e6);
}
player(step, reset, 100);
button("Another order", () => { orders = orders.map(shuffled); reset(); });
window.lesson = { step, state: () => ({ w, walked, steps, losses }) };
reset();
