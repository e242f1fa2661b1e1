// The inputs are moved; the product is made term by term.
const matrix = plot("figure-1"), lines = plot("figure-2");
const W = DATA.weight, b = DATA.bias;
lines.legend([["first", `o1, slope ${W[0][0]}`], ["second", `o2, slope ${W[1][0]}`]]);
let x = [...DATA.x], at = 8; // 4 terms of each output: three products and the bias

const output = (k) => W[k].reduce((sum, weight, j) => sum + weight * x[j], b[k]);
const short = (value) => String(Number(value.toPrecision(3)));
const shades = (rows) => { const most = Math.max(1e-9, ...rows.flat().map(Math.abs)); return rows.map((row) => row.map((one) => (one / most) * 0.6)); };

function show() {
  const whole = Math.floor(at / 4), part = at % 4;
  const o = [0, 1].map((k) => output(k));
  matrix.clear();
  const squares = (place, name, rows, kind, shown = () => true) => {
    const words = rows.map((row, r) => row.map((one) => (shown(r) ? short(one) : "")));
    matrix.cells(place, words, shades(rows).map((row, r) => row.map((one) => (shown(r) ? one : 0))), kind);
    matrix.label([place[0], place[1] + 0.15], name, kind);
  };
  squares([0, 2.5], "W", W, "first");
  squares([3.7, 3], "x", x.map((one) => [one]), "second");
  squares([5.4, 2.5], "b", b.map((one) => [one]), "first");
  squares([7.1, 2.5], "o", o.map((one) => [one]), "third", (r) => r < whole);
  matrix.label([4.95, 1.4], "+");
  matrix.label([6.65, 1.4], "=");
  const frame = ([left, top]) => matrix.line([[left, top], [left + 1, top], [left + 1, top - 1], [left, top - 1], [left, top]], "mark");
  if (whole < 2 && part > 0) {
    if (part < 4) frame(part <= 3 ? [part - 1, 2.5 - whole] : [5.4, 2.5 - whole]);
    if (part <= 3) frame([3.7, 4 - part]);
  }
  lines.clear();
  const [low, high] = lines.x;
  [0, 1].forEach((k) => {
    const kind = k ? "second" : "first", rest = o[k] - W[k][0] * x[0];
    lines.line([low, high].map((one) => [one, rest + W[k][0] * one]), kind);
    lines.dots([[x[0], o[k]]], kind);
  });
  const told = [0, 1].filter((k) => k < whole || (k === whole && part > 0)).map((k) => {
    const terms = W[k].map((weight, j) => `${weight} × ${short(x[j])}`).slice(0, k < whole ? 3 : part);
    const sum = W[k].slice(0, terms.length).reduce((total, weight, j) => total + weight * x[j], 0);
    return make("p", {}, `o${k + 1} = ${terms.join(" + ")}${k < whole ? ` + ${b[k]} = ${text(o[k])}` : ` = ${text(sum)} so far`}`);
  });
  say(...(told.length ? told : [make("p", {}, "One step adds one product.")]));
}

const sliders = x.map((value, j) => slider(`x${j + 1}`, Math.min(-3, value), Math.max(3, value), 0.1, value, (given) => { x[j] = given; show(); }));
function step() {
  at = at >= 8 ? 1 : at + 1;
  show();
  return at < 8;
}
player(step, () => { x = [...DATA.x]; at = 0; sliders.forEach((one, j) => { one.value = x[j]; }); show(); }, 700);
window.lesson = { step, output, state: () => ({ x, at }) };
show();
