// Batches of chosen mean and deviation through a layer whose running values follow.
const shares = plot("figure-1"), running = plot("figure-2");
let seed = DATA.seed, batch = [...DATA.batch], kept, history, count;

function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

// Box & Muller.
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values) => { const m = mean(values); return mean(values.map((value) => (value - m) ** 2)); };
const EPS = 1e-5;

function normalize(values, training) {
  const [m, v] = training ? [mean(values), variance(values)] : [kept.mean, kept.variance];
  return values.map((value) => (w.value * (value - m)) / Math.sqrt(v + EPS) + b.value);
}

// Running values take the variance that divides by m - 1, as the layer does.
function follow(values) {
  const more = values.length / Math.max(1, values.length - 1);
  kept.mean += momentum.value * (mean(values) - kept.mean);
  kept.variance += momentum.value * (variance(values) * more - kept.variance);
  count += 1;
  history.push([count, kept.mean, kept.variance]);
}

function begin() {
  kept = { mean: 0, variance: 1 };
  history = [[0, 0, 1]];
  count = 0;
  batch = [...DATA.batch];
  follow(batch);
}

function outline(values) {
  const [low, high] = shares.x, bins = 28, width = (high - low) / bins, counts = Array(bins).fill(0), points = [[low, 0]];
  for (const value of values) if (value >= low && value < high) counts[Math.floor((value - low) / width)] += 1 / values.length;
  counts.forEach((share, k) => points.push([low + k * width, share], [low + (k + 1) * width, share]));
  return [...points, [high, 0]];
}

function show() {
  const training = normalize(batch, true), evaluation = normalize(batch, false);
  shares.clear();
  shares.line(outline(batch), "soft");
  shares.line(outline(training), "first");
  shares.line(outline(evaluation), "second");
  running.clear();
  running.line(history.map(([at, m]) => [at, m]), "first");
  running.line(history.map(([at, , v]) => [at, v]), "second");
  const row = (name, values) => [name, mean(values).toFixed(3), Math.sqrt(variance(values)).toFixed(3)];
  say(grid("Mean and deviation of each batch", [["batch " + count, "mean", "deviation"], row("before", batch), row("behind, in training", training), row("behind, in evaluation", evaluation)], (r) => (r === 0 ? "on" : "")),
    make("p", {}, `running mean ${kept.mean.toFixed(3)}, running variance ${kept.variance.toFixed(3)}`));
}

const centre = slider("mean", -5, 10, 0.5, DATA.mean, () => {});
const deviation = slider("deviation", 0.5, 5, 0.5, DATA.deviation, () => {});
const momentum = slider("momentum", 0.01, 1, 0.01, 0.1, () => {});
const w = slider("w", -3, 3, 0.1, 1, show);
const b = slider("b", -5, 10, 0.1, 0, show);
function step() {
  batch = Array.from({ length: DATA.size }, () => centre.value + deviation.value * normal());
  follow(batch);
  show();
  return count < DATA.batches;
}
player(step, () => { begin(); show(); }, 200);
shares.legend([["soft", "before"], ["first", "behind, in training"], ["second", "behind, in evaluation"]]);
running.legend([["first", "running mean"], ["second", "running variance"]]);
window.lesson = { step, normalize, state: () => ({ count, kept, batch }) };
begin();
show();
