// The same network for any input and target: every factor and every gradient anew.
const s = (a) => 1 / (1 + Math.exp(-a));
const [w11, w12, w21, w22] = DATA.w, [v1, v2] = DATA.v;

function compute(x1, x2, t) {
  const h = [s(w11 * x1 + w12 * x2 + DATA.b[0]), s(w21 * x1 + w22 * x2 + DATA.b[1])];
  const o = s(v1 * h[0] + v2 * h[1] + DATA.c);
  const top = [o - t, o * (1 - o)];
  const rows = h.map((value, k) => ["v" + (k + 1), [...top, value]]);
  for (const k of [0, 1]) {
    const through = [...top, DATA.v[k], h[k] * (1 - h[k])];
    [x1, x2].forEach((x, j) => rows.push([`w${k + 1}${j + 1}`, [...through, x]]));
  }
  const gradients = Object.fromEntries(rows.map(([name, parts]) => [name, parts.reduce((a, b) => a * b, 1)]));
  return { o, error: 0.5 * (o - t) ** 2, rows, gradients };
}

function show() {
  const found = compute(first.value, second.value, target.value);
  const table = grid([["weight", "product of factors", "gradient"],
    ...found.rows.map(([name, parts]) => [name, parts.map((part) => part.toFixed(4)).join(" × "), text(found.gradients[name], 6)])],
    (r, c) => (r === 0 ? "on" : ""));
  say(make("p", {}, `o = ${text(found.o)}, E = ${text(found.error, 6)}`), make("div", { class: "scroll", tabindex: 0 }, table));
}

const first = slider("x1", -2, 2, 0.05, DATA.x[0], show);
const second = slider("x2", -2, 2, 0.05, DATA.x[1], show);
const target = slider("t", 0, 1, 0.05, DATA.target, show);
window.lesson = { compute };
show();
