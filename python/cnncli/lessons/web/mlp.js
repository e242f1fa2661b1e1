// The training again, snapshot by snapshot: how the border bends, and where the hidden units put the points.
const plane = plot("figure-1"), inside = plot("figure-2");
const names = [["first", "wanted 0"], ["second", "wanted 1"], ["third", "output 0"]];
plane.legend([...names, ["soft", "output -0.5 and 0.5"], ["mark", "your x"]]);
inside.legend([...names, ["mark", "your x"]]);
let at = DATA.weights.length - 1;

function forward(x1, x2, w = DATA.weights[at]) {
  const a = [0, 1].map((k) => w[2 * k] * x1 + w[2 * k + 1] * x2 + w[4 + k]), h = a.map(Math.tanh);
  const z = w[6] * h[0] + w[7] * h[1] + w[8];
  return { a, h, z, o: Math.tanh(z) };
}

function show() {
  const w = DATA.weights[at]; // and forward() without its arrays: it is asked at two thousand places
  const output = (x, y) => Math.tanh(w[6] * Math.tanh(w[0] * x + w[1] * y + w[4]) + w[7] * Math.tanh(w[2] * x + w[3] * y + w[5]) + w[8]);
  plane.clear();
  plane.segments(contour(output, plane.x, plane.y, [-0.5, 0.5], 24), "soft");
  plane.segments(contour(output, plane.x, plane.y, [0], 36), "third");
  inside.clear();
  inside.segments(contour((h1, h2) => w[6] * h1 + w[7] * h2 + w[8], inside.x, inside.y, [0], 8), "third");
  DATA.inputs.forEach(([x, y], k) => {
    const kind = DATA.wanted[k] ? "second" : "first", { h } = forward(x, y);
    plane.dots([[x, y]], kind);
    plane.label([x + 0.02, y + 0.03], DATA.wanted[k], kind);
    inside.dots([h], kind);
    inside.label([h[0] + 0.02, h[1] + 0.03], DATA.wanted[k], kind);
  });
  const x = [first.value, second.value], { a, h, z, o } = forward(...x);
  plane.ring(x, "mark");
  inside.ring(h, "mark");
  plane.title(`after ${at * DATA.every} steps: where the output is above 0, and below`);
  const right = DATA.inputs.filter(([p, q], k) => (forward(p, q).o > 0 ? 1 : 0) === DATA.wanted[k]).length;
  const pair = (values) => `(${values.map((one) => one.toFixed(3)).join(", ")})`;
  say(make("p", {}, `after ${at * DATA.every} steps E = ${text(DATA.losses[at])}, ${right} of 4 right`),
    make("p", {}, `x = ${pair(x)}, W1 x + b1 = ${pair(a)}, h = ${pair(h)}, W2 h + b2 = ${z.toFixed(3)}, o = ${o.toFixed(3)}`));
}

const steps = slider("steps", 0, at * DATA.every, DATA.every, at * DATA.every, (value) => { at = Math.round(value / DATA.every); show(); });
const first = slider("x1", -0.5, 1.5, 0.05, 1, show), second = slider("x2", -0.5, 1.5, 0.05, 0, show);
function put(given) { at = given; steps.value = at * DATA.every; show(); }
function step() {
  put(at >= DATA.weights.length - 1 ? 0 : at + 1);
  return at < DATA.weights.length - 1;
}
player(step, () => put(0), 100);
window.lesson = { step, put, forward, state: () => ({ at }) };
show();
