// Layer by layer: the maps of the one that is chosen, and which pixels one of its units sees.
const layers = DATA.layers;
let at = 0, unit = null;

function middle(layer) {
  return [0, Math.floor(layer.rows.length / 2), Math.floor(layer.columns.length / 2)];
}

function seenBy(layer, row, column) {
  const isVector = layer.shape.length !== 3;
  const rows = layer.rows[isVector ? 0 : row], columns = layer.columns[isVector ? 0 : column];
  return rows && columns ? [rows[0], columns[0], rows[1], columns[1]] : null;
}

function show() {
  const layer = layers[at], scale = scaleOf(layer.maps), [map, row, column] = unit || middle(layer);
  const isVector = layer.shape.length !== 3, window_ = seenBy(layer, row, column);
  const input = view(DATA.image, { side: 196, name: "the input", marks: window_ ? [window_] : [] });
  const drawn = layer.maps.map((values, index) => view(values, {
    side: isVector ? 480 : 96, scale, name: isVector ? "its values" : "map " + index,
    marks: index === map && (!isVector || unit) ? [[row, column, row, column]] : [],
    pick: (r, c) => { unit = [index, r, c]; show(); }, at: index === map ? [row, column] : [0, 0],
  }));
  const place = isVector ? (unit ? `[${column}]` : "") : `[${map},${row},${column}]`;
  const value = place ? ` = ${text(layer.maps[map][row][column])}` : "";
  const size = window_ ? `${window_[2] - window_[0] + 1} x ${window_[3] - window_[1] + 1} pixels` : "padding alone";
  say(
    make("p", {}, make("b", {}, layer.name), ` ${layer.title}: gives ${layer.shape.join(" x ")}, ${layer.learns ? `learns ${layer.learns.toLocaleString("en")} numbers, ${layer.work.toLocaleString("en")} multiply-adds` : "learns nothing"}`),
    views(input, views(...drawn)),
    make("p", {}, `${layer.name}${place}${value} sees ${size} of the input. Choose a unit by a click, or with the arrow keys.`),
  );
}

const chosen = slider("layer", 0, layers.length - 1, 1, 0, (value) => { at = value; unit = null; show(); });
function step() {
  at = (at + 1) % layers.length;
  chosen.value = at;
  unit = null;
  show();
  return at < layers.length - 1;
}
player(step, () => { at = 0; chosen.value = 0; unit = null; show(); }, 1200);
window.lesson = { step, seenBy: (index, row, column) => seenBy(layers[index], row, column), state: () => ({ at, unit }), choose: (given) => { unit = given; show(); } };
show();
