// The curves of the race up to a step; each optimizer can be left out.
const chart = plot("figure-1", DATA.x, DATA.y);
const on = new Set(DATA.runs.map((one) => one.name));
let now = DATA.steps;

function show() {
  const shown = DATA.runs.filter((one) => on.has(one.name));
  chart.clear();
  for (const one of shown) {
    const curve = one.curve.filter(([step]) => step <= Math.max(now, 1));
    chart.line(curve, one.kind);
    chart.dots(curve.slice(-1), one.kind);
  }
  const last = (one) => one.curve.filter(([step]) => step <= Math.max(now, 1)).pop()?.[1] ?? Infinity;
  const best = shown.length ? shown.reduce((a, b) => (last(b) < last(a) ? b : a)) : null;
  say(`step ${now} of ${DATA.steps}` + (best ? `; lowest: ${best.name}, ${text(10 ** last(best))}` : ""));
}

const steps = slider("step", 0, DATA.steps, 1, DATA.steps, (value) => { now = value; show(); });
function step() {
  now = now >= DATA.steps ? 0 : now + 1;
  steps.value = now;
  show();
  return now < DATA.steps;
}
player(step, () => { now = 0; steps.value = 0; show(); }, 40);
const names = make("ul", { class: "legend racers" });
for (const { name, kind } of DATA.runs) {
  const box = make("input", { type: "checkbox" });
  box.checked = true;
  box.addEventListener("change", () => { box.checked ? on.add(name) : on.delete(name); show(); });
  names.append(make("li", { class: kind }, make("label", { style: "display:inline-flex;gap:.4rem" }, box, name)));
}
controls.querySelector(".row").after(names);
window.lesson = { step, state: () => ({ now, on: [...on] }) };
show();
