// A model is chosen by its degree; the parts of the samples are shown or hidden.
const plane = plot("figure-1"), errors = plot("figure-2");
const kinds = ["first", "second", "third"], names = ["training", "validation", "test"], last = DATA.curves.length - 1;
plane.legend([...kinds.map((kind, k) => [kind, names[k]]), ["mark", "the curve"]]);
const shown = [true, true, false];

function show() {
  const at = degree.value, found = DATA.errors[at];
  plane.clear();
  plane.line(DATA.curves[at], "mark");
  DATA.parts.forEach((part, k) => { if (shown[k]) plane.dots(part.map((n) => DATA.points[n]), kinds[k]); });
  plane.title(`degree ${at}: a curve with ${at + 1} weights`);
  errors.clear();
  errors.legend(names.map((name, k) => [kinds[k], name]).filter((_, k) => shown[k]));
  DATA.parts.forEach((_, k) => {
    if (!shown[k]) return;
    errors.line(DATA.errors.map((one, d) => [d, one[k]]), kinds[k]);
    errors.dots([[at, found[k]]], kinds[k]);
  });
  const told = names.map((name, k) => (shown[k] ? `${name} ${text(found[k])}` : "")).filter(Boolean).join(", ");
  say(make("p", {}, `degree ${at}: mean squared error ${told}`),
    make("p", {}, at === DATA.chosen ? "Its error in validation is the smallest: this one is taken." : `Validation prefers degree ${DATA.chosen}.`));
}

const degree = slider("degree", 0, last, 1, DATA.degree, show);
function step() {
  degree.value = degree.value >= last ? 0 : degree.value + 1;
  show();
  return degree.value < last;
}
player(step, () => { degree.value = 0; show(); }, 900);
names.forEach((name, k) => tick(name, shown[k], (is_on) => { shown[k] = is_on; show(); }));
window.lesson = { step, state: () => ({ degree: degree.value, shown }) };
show();
