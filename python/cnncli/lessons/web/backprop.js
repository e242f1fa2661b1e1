// The same network for any sample: every factor and every gradient anew, and steps that move the weights.
const s = (a) => 1 / (1 + Math.exp(-a));
const network = plot("figure-1"), curve = plot("figure-2");
let weights, errors;

function compute(x1, x2, t, net = weights) {
  const [w11, w12, w21, w22] = net.w, [v1, v2] = net.v;
  const h = [s(w11 * x1 + w12 * x2 + net.b[0]), s(w21 * x1 + w22 * x2 + net.b[1])];
  const o = s(v1 * h[0] + v2 * h[1] + net.c);
  const top = [o - t, o * (1 - o)], rows = h.map((value, k) => ["v" + (k + 1), [...top, value]]);
  const down = h.map((value, k) => [...top, net.v[k], value * (1 - value)]);
  down.forEach((through, k) => [x1, x2].forEach((x, j) => rows.push([`w${k + 1}${j + 1}`, [...through, x]])));
  const product = (parts) => parts.reduce((a, b) => a * b, 1);
  const gradients = Object.fromEntries(rows.map(([name, parts]) => [name, product(parts)]));
  return { h, o, error: 0.5 * (o - t) ** 2, rows, gradients, biases: [...down.map(product), product(top)] };
}

function draw_network(x1, x2, { h, o }) {
  const places = { x1: [0, 1], x2: [0, 0], h1: [1, 1], h2: [1, 0], o: [2, 0.5] };
  network.clear();
  for (const k of [0, 1]) {
    for (const j of [0, 1]) {
      const one = places["x" + (j + 1)], two = places["h" + (k + 1)], share = j === k ? 0.28 : 0.68;
      network.line([one, two], "soft");
      network.label([one[0] + share, one[1] + share * (two[1] - one[1])], weights.w[2 * k + j].toFixed(2), "first");
    }
    network.line([places["h" + (k + 1)], places.o], "soft");
    network.label([1.5, k ? 0.25 : 0.75], weights.v[k].toFixed(2), "first");
  }
  for (const [name, value] of Object.entries({ x1, x2, h1: h[0], h2: h[1], o })) {
    const [across, up] = places[name];
    network.label([across - 0.06, up + (up > 0 ? 0.06 : -0.14)], `${name} = ${Number(value.toPrecision(3))}`, "second");
  }
}

function show() {
  const sample = [first.value, second.value, target.value], found = compute(...sample);
  draw_network(sample[0], sample[1], found);
  curve.clear();
  curve.line(errors.map((one, k) => [k, one]), "second");
  curve.dots([[errors.length - 1, errors.at(-1)]], "second");
  const table = grid("The paths of the gradient", [["weight", "product of factors", "gradient"],
    ...found.rows.map(([name, parts]) => [name, parts.map((part) => part.toFixed(3)).join(" × "), text(found.gradients[name], 5)])],
    (r) => (r === 0 ? "on" : ""));
  say(make("p", {}, `o = ${text(found.o)}, E = ${text(found.error, 6)} after ${errors.length - 1} steps`),
    scrolling("gradients", table));
}

function reset() {
  weights = { w: [...DATA.w], v: [...DATA.v], b: [...DATA.b], c: DATA.c };
  errors = [compute(first.value, second.value, target.value).error];
  show();
}
function step() {
  const sample = [first.value, second.value, target.value], { gradients, biases } = compute(...sample);
  const move = (names, values) => values.map((one, k) => one - rate.value * gradients[names[k]]);
  weights = {
    w: move(["w11", "w12", "w21", "w22"], weights.w),
    v: move(["v1", "v2"], weights.v),
    b: weights.b.map((one, k) => one - rate.value * biases[k]),
    c: weights.c - rate.value * biases[2],
  };
  errors.push(compute(...sample).error);
  show();
  return errors.length <= 40;
}

const within = (value, least, most) => [Math.min(least, value), Math.max(most, value)];
const first = slider("x1", ...within(DATA.x[0], -2, 2), 0.05, DATA.x[0], reset);
const second = slider("x2", ...within(DATA.x[1], -2, 2), 0.05, DATA.x[1], reset);
const target = slider("t", ...within(DATA.target, 0, 1), 0.05, DATA.target, reset);
const rate = slider("rate", 0.1, Math.max(20, DATA.rate), 0.1, DATA.rate, () => {});
player(step, reset, 200);
window.lesson = { compute, step, state: () => ({ weights, errors }) };
reset();
