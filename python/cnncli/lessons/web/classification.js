// The border is moved by hand, or descends step by step.
const plane = plot("figure-1"), points = DATA.points, labels = DATA.labels, count = points.length;
plane.legend([["first", DATA.names[2]], ["second", DATA.names[3]], ["third", "the border"], ["soft", "o = -0.5 and 0.5"], ["mark", "on the wrong side"]]);
let w = [0, 0, 0], steps = 0;

const sum = ([x, y], v = w) => v[0] * x + v[1] * y + v[2];
function compute(v) {
  let error = 0, right = 0;
  const gradient = [0, 0, 0];
  points.forEach((point, n) => {
    const z = sum(point, v), o = Math.tanh(z), e = o - labels[n];
    error += (e * e) / count;
    right += Math.sign(z) === labels[n] ? 1 : 0;
    const d = ((2 * e) / count) * (1 - o * o);
    gradient[0] += d * point[0];
    gradient[1] += d * point[1];
    gradient[2] += d;
  });
  return { error, right, gradient };
}

function show() {
  plane.clear();
  const edge = Math.atanh(0.5);
  plane.segments(contour((x, y) => sum([x, y]), plane.x, plane.y, [-edge, edge], 2), "soft");
  for (const [a, b, c, d] of contour((x, y) => sum([x, y]), plane.x, plane.y, [0], 2)) plane.line([[a, b], [c, d]], "third");
  plane.dots(points.filter((_, n) => labels[n] < 0), "first");
  plane.dots(points.filter((_, n) => labels[n] > 0), "second");
  points.forEach((point, n) => { if (Math.sign(sum(point)) !== labels[n]) plane.ring(point, "mark"); });
  const { error, right } = compute(w);
  plane.title(`the border after ${steps} steps; rings are on the wrong side`);
  say(make("p", {}, `E = ${text(error)} after ${steps} steps; ${right} of ${count} right`));
}

const sliders = ["w1", "w2", "b"].map((name, k) => slider(name, -5, 5, 0.05, 0, (value) => { w = [...w]; w[k] = value; show(); }));
const rate = slider("rate", 0.02, 3, 0.02, DATA.rate, () => {});
function put(given) { w = given; sliders.forEach((one, k) => { one.value = w[k]; }); show(); }
function step() {
  steps += 1;
  const { gradient } = compute(w);
  put(w.map((one, k) => one - rate.value * gradient[k]));
  return steps < 200;
}
player(step, () => { steps = 0; put([0, 0, 0]); }, 100);
window.lesson = { step, put, compute, state: () => ({ w, steps }) };
put([0, 0, 0]);
