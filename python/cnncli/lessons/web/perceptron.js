// The rule, one sample at a time, for a table that is chosen; or the line moved by hand.
const plane = plot("figure-1");
plane.legend([["first", "wanted 0"], ["second", "wanted 1"], ["third", "the line"], ["soft", "before"], ["mark", "the sample"]]);
let wanted = [...DATA.wanted], w = [0, 0, 0], before = [], at = -1, epoch = 1, mistakes = 0, said = "", begun = ["0,0,0"];

function ends([w1, w2, b]) {
  const [low, high] = plane.x, found = [];
  for (const side of [low, high]) {
    if (w2 !== 0) found.push([side, -(b + w1 * side) / w2]);
    if (w1 !== 0) found.push([-(b + w2 * side) / w1, side]);
  }
  const inside = found.filter((point) => point.every((one) => one >= low - 1e-9 && one <= high + 1e-9));
  inside.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  return inside.length > 1 ? [inside[0], inside.at(-1)] : [];
}

const answer = ([x1, x2]) => (w[0] * x1 + w[1] * x2 + w[2] >= 0 ? 1 : 0);

function show() {
  plane.clear();
  const table = Object.entries(DATA.tables).find(([, one]) => one.join() === wanted.join());
  plane.title(`${table ? table[0] : "your table"}: the line as it moves`);
  plane.segments(before.map(ends).filter((one) => one.length).map(([a, b]) => [...a, ...b]), "soft");
  const line = ends(w), length = Math.hypot(w[0], w[1]);
  if (line.length) {
    plane.line(line, "third");
    const share = (w[0] * 0.5 + w[1] * 0.5 + w[2]) / length ** 2, foot = [0.5 - share * w[0], 0.5 - share * w[1]];
    const tip = [foot[0] + (0.35 * w[0]) / length, foot[1] + (0.35 * w[1]) / length];
    plane.line([foot, tip], "third");
    plane.label(tip, "here 1", "third");
  } else plane.label([0.3, 0.45], "everywhere " + answer([0.5, 0.5]), "third");
  for (const value of [0, 1]) plane.dots(DATA.inputs.filter((_, k) => wanted[k] === value), value ? "second" : "first");
  DATA.inputs.forEach(([x, y], k) => plane.label([x + 0.02, y + 0.03], wanted[k], wanted[k] ? "second" : "first"));
  if (at >= 0) plane.ring(DATA.inputs[at], "mark");
  const right = DATA.inputs.filter((x, k) => answer(x) === wanted[k]).length;
  say(make("p", {}, said || "One step shows one sample."),
    make("p", {}, `w1 = ${w[0]}, w2 = ${w[1]}, b = ${w[2]}: ${right} of 4 right`));
}

const sliders = ["w1", "w2", "b"].map((name, k) => slider(name, -5, 5, 0.5, 0, (value) => { w[k] = value; before = []; said = "By hand."; at = -1; show(); }));
function put(given) { w = given; sliders.forEach((one, k) => { one.value = given[k]; }); }

function step() {
  if (at === 3) { at = -1; epoch += 1; mistakes = 0; begun.push(w.join()); }
  at += 1;
  const x = DATA.inputs[at], o = answer(x), error = wanted[at] - o;
  said = `Epoch ${epoch}, x = (${x}): answer ${o}, wanted ${wanted[at]}. ` + (error ? `t - o = ${error}: the weights move.` : "Right: nothing moves.");
  if (error) { mistakes += 1; before.push(w); put([w[0] + error * x[0], w[1] + error * x[1], w[2] + error]); }
  const is_done = at === 3 && mistakes === 0;
  const again = at === 3 ? begun.indexOf(w.join()) + 1 : 0;
  if (is_done) said += " The whole epoch was right: learned.";
  else if (again) said += ` These are the weights that epoch ${again} began with: it goes in a circle and never ends.`;
  show();
  return !is_done && !again;
}

function reset() { put([0, 0, 0]); before = []; at = -1; epoch = 1; mistakes = 0; said = ""; begun = ["0,0,0"]; show(); }
player(step, reset, 500);
for (const [name, table] of Object.entries(DATA.tables)) button(name, () => take(table));
const boxes = DATA.inputs.map((x, k) => tick(`1 for ${x.join("")}`, wanted[k] === 1, (is_on) => { wanted[k] = is_on ? 1 : 0; reset(); }));
function take(table) { wanted = [...table]; boxes.forEach((box, k) => { box.checked = table[k] === 1; }); reset(); }
window.lesson = { step, take, state: () => ({ w, wanted, epoch, at, mistakes, said }) };
show();
