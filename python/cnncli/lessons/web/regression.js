// The line through the points: dragged by its two numbers, or walking down the surface.
const points = DATA.points, count = points.length;
const line = plot("figure-1");
const surface = plot("figure-2");
line.legend([["second", "the line"], ["first", "points"], ["soft", "distances"]]);
surface.legend([["second", "where the line is, and its way"], ["mark", "the lowest point"], ["soft", "lines of equal E"]]);
const reach = [[...DATA.path, DATA.best].map((one) => one[0]), [...DATA.path, DATA.best].map((one) => one[1])];
let w = [0, 0], walked = [[0, 0]];

const error = ([w0, w1]) => points.reduce((sum, [x, y]) => sum + (w0 + w1 * x - y) ** 2, 0) / count;
const gradient = ([w0, w1]) => points.reduce(([a, b], [x, y]) => {
  const e = (2 * (w0 + w1 * x - y)) / count;
  return [a + e, b + e * x];
}, [0, 0]);

function show() {
  line.clear();
  line.dots(points, "first");
  line.line(line.x.map((x) => [x, w[0] + w[1] * x]), "second");
  line.segments(points.map(([x, y]) => [x, y, x, w[0] + w[1] * x]), "soft");
  line.title("the points and the line");
  surface.clear();
  surface.segments(DATA.contours, "soft");
  surface.line(walked, "second");
  surface.dots([w], "second");
  surface.dots([DATA.best], "mark");
  say(`E = ${text(error(w))} after ${walked.length - 1} steps; the lowest is ${text(DATA.least)}`);
}

const most = Math.ceil(Math.max(2, ...reach[0].concat(reach[1]).filter(Number.isFinite).map(Math.abs).filter((v) => v < 20)) * 1.5);
const moved = () => { w = [first.value, second.value]; walked = [w]; show(); };
const first = slider("w0", -most, most, 0.01, 0, moved);
const second = slider("w1", -most, most, 0.01, 0, moved);
const rate = slider("rate", 0.01, 2, 0.01, DATA.rate, () => {});
function step() {
  const [a, b] = gradient(w);
  w = [w[0] - rate.value * a, w[1] - rate.value * b];
  walked.push(w);
  [first.value, second.value] = w;
  show();
  return walked.length < 200 && w.every((one) => Math.abs(one) < 1e6);
}
const playing = player(step, () => { w = [0, 0]; walked = [w]; [first.value, second.value] = w; show(); });
// The surface can be dragged on: each place is a line.
const drag = (event) => {
  if (event.buttons !== 1 && event.type !== "click") return;
  w = surface.at(event);
  walked = [w];
  [first.value, second.value] = w;
  show();
};
surface.svg.style.cursor = "crosshair";
surface.svg.style.touchAction = "none";
for (const kind of ["pointerdown", "pointermove", "click"]) surface.svg.addEventListener(kind, drag);
window.lesson = { step, error, state: () => ({ w, steps: walked.length - 1 }) };
show();
