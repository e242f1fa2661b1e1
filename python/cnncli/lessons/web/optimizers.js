// The race, replayed step by step; each optimizer can be left out.
const plots = DATA.surfaces.map((_, index) => plot("figure-" + (index + 1)));
const kinds = { SGD: "first", momentum: "second", Adam: "third", NAG: "fourth", Adagrad: "fifth", Adadelta: "sixth", RMSprop: "own" };
const on = new Set(["SGD", "momentum", "Adam"]);
let now = DATA.steps;

// The names of those that race, below each surface.
function name_them() {
  for (const one of plots) {
    one.svg.closest("figure").querySelector(".legend")?.remove();
    one.legend([...Object.keys(kinds).filter((name) => on.has(name)).map((name) => [kinds[name], name]), ["mark", "the lowest point"]]);
  }
}

function show() {
  DATA.surfaces.forEach((one, index) => {
    plots[index].clear();
    plots[index].segments(one.contours, "soft");
    if (one.lowest) plots[index].dots([one.lowest], "mark");
    for (const name of on) {
      const path = one.paths[name].slice(0, now + 1);
      plots[index].line(path, kinds[name]);
      plots[index].dots(path.slice(-1), kinds[name]);
    }
  });
  say(`step ${now} of ${DATA.steps}`);
}

const steps = slider("step", 0, DATA.steps, 1, DATA.steps, (value) => { now = value; show(); });
function step() {
  now = now >= DATA.steps ? 0 : now + 1;
  steps.value = now;
  show();
  return now < DATA.steps;
}
player(step, () => { now = 0; steps.value = 0; show(); }, 60);
for (const name of Object.keys(DATA.surfaces[0].paths)) {
  tick(name, on.has(name), (is_on) => { is_on ? on.add(name) : on.delete(name); name_them(); show(); });
}
window.lesson = { step, state: () => ({ now, on: [...on] }) };
name_them();
show();
