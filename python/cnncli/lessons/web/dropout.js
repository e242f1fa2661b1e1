// Draws of both forms; p is chosen, and what is kept is drawn anew for each.
const values = DATA.values, means = plot("figure-1"), most = 2000;
let seed = DATA.seed, kept = [], sums, count, histories;

// Mulberry32, a small generator of its own: the library's numbers are another's.
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

function apply(given, keeps, share, form, training) {
  if (!training) return given.map((value) => (form === "first" ? value * (1 - share) : value));
  return given.map((value, k) => (keeps[k] ? (form === "first" ? value : value / (1 - share)) : 0));
}

function begin() {
  sums = { inverted: 0, first: 0 };
  histories = { inverted: [], first: [] };
  count = 0;
  draw_once();
}

function draw_once() {
  kept = values.map(() => random() >= p.value);
  count += 1;
  for (const form of ["inverted", "first"]) {
    sums[form] += apply(values, kept, p.value, form, true)[0];
    histories[form].push([Math.log10(count), sums[form] / count]);
  }
}

function show() {
  means.clear();
  const end = Math.log10(most);
  for (const [form, kind] of [["inverted", "first"], ["first", "second"]]) {
    const wanted = apply(values, kept, p.value, form, false)[0];
    means.line([[0, wanted], [end, wanted]], "soft");
    means.line(histories[form], kind);
    means.dots(histories[form].slice(-1), kind);
  }
  const line = (name, numbers, mark) => [name, ...numbers.map((value) => String(Number(value.toPrecision(3))))];
  const rows = [line("input", values)];
  for (const form of ["inverted", "first"]) for (const training of [true, false]) {
    rows.push(line(`${form}, ${training ? "training" : "evaluation"}`, apply(values, kept, p.value, form, training)));
  }
  const table = grid("Units that are kept and dropped", rows, (r, c) => (c > 0 && (r === 1 || r === 3) && !kept[c - 1] ? "on" : ""));
  const said = ["inverted", "first"].map((form) => `${form}: ${(sums[form] / count).toFixed(3)}`).join(", ");
  say(scrolling("a draw", table), make("p", {}, `${count} ${count === 1 ? "draw" : "draws"}; mean of x1 (${values[0]}), ${said}`));
}

const p = slider("p", 0, 0.95, 0.05, DATA.p, () => { begin(); show(); });
function step() {
  for (let k = 0; k < Math.max(1, Math.floor(count / 12)); k++) if (count < most) draw_once();
  show();
  return count < most;
}
player(step, () => { begin(); show(); }, 120);
means.legend([["first", "mean, inverted form"], ["second", "mean, first form"], ["soft", "in evaluation"]]);
window.lesson = { step, apply, state: () => ({ count, kept, means: { inverted: sums.inverted / count, first: sums.first / count } }) };
begin();
show();
