// A unit is chosen by its layer, row and column; its window is marked on the input.
const layers = DATA.layers;
let at = 0, row = 0, column = 0;

const seenBy = (layer, r, c) => {
  const rows = layer.rows[r], columns = layer.columns[c];
  return rows && columns ? [rows[0], columns[0], rows[1], columns[1]] : null;
};

function show() {
  const layer = layers[at], window_ = seenBy(layer, row, column), pick = (r, c) => { place(r, c); show(); };
  const map = layer.rows.map((_, r) => layer.columns.map((__, c) => (r === row && c === column ? 1 : 0.25)));
  const size = window_ ? `${window_[2] - window_[0] + 1} x ${window_[3] - window_[1] + 1}` : "no";
  const cut = window_ && layer.field && (window_[2] - window_[0] + 1 < layer.field[0] || window_[3] - window_[1] + 1 < layer.field[1]);
  say(
    make("p", {}, make("b", {}, layer.name), ` ${layer.title}`),
    views(view(DATA.image, { side: 308, name: "the input", marks: window_ ? [window_] : [], pick: (r, c) => pick(...unitAt(layer, r, c)) }),
      view(map, { side: 200, scale: { low: 0, high: 1, signed: false }, name: `a map of ${layer.name}: choose a unit`, pick, at: [row, column] })),
    make("p", {}, `${layer.name}[${row},${column}] sees ${size} pixels${cut ? `; the rest of its ${layer.field.join(" x ")} is padding` : ""}.`),
  );
}

// The unit whose window has its middle nearest to a pixel.
function unitAt(layer, r, c) {
  const near = (intervals, at_) => intervals.reduce((best, one, k) => {
    const far = one ? Math.abs((one[0] + one[1]) / 2 - at_) : Infinity;
    return far < best[0] ? [far, k] : best;
  }, [Infinity, 0])[1];
  return [near(layer.rows, r), near(layer.columns, c)];
}

function place(r, c) {
  row = Math.max(0, Math.min(layers[at].rows.length - 1, r));
  column = Math.max(0, Math.min(layers[at].columns.length - 1, c));
  for (const [control, value, size] of [[rows, row, layers[at].rows.length], [columns, column, layers[at].columns.length]]) {
    document.getElementById("control-" + (control === rows ? "row" : "column")).max = size - 1;
    control.value = value;
  }
}

const middle = () => place(Math.floor(layers[at].rows.length / 2), Math.floor(layers[at].columns.length / 2));
const chosen = slider("layer", 0, layers.length - 1, 1, 0, (value) => { at = value; middle(); show(); });
const rows = slider("row", 0, layers[0].rows.length - 1, 1, 0, (value) => { row = value; show(); });
const columns = slider("column", 0, layers[0].columns.length - 1, 1, 0, (value) => { column = value; show(); });
function step() {
  at = (at + 1) % layers.length;
  chosen.value = at;
  middle();
  show();
  return at < layers.length - 1;
}
player(step, () => { at = 0; chosen.value = 0; middle(); show(); }, 900);
window.lesson = { step, seenBy: (index, r, c) => seenBy(layers[index], r, c), state: () => ({ at, row, column }) };
middle();
show();
