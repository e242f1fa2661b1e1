// The mask slides; its numbers can be changed, and it can be turned.
let mask = DATA.mask.map((row) => [...row]), at = 0, isTrue = false;
const size = DATA.picture.length - mask.length + 1;

function sum(r, c) {
  let total = 0;
  mask.forEach((row, i) => row.forEach((_, j) => {
    const weight = isTrue ? mask[2 - i][2 - j] : mask[i][j];
    total += weight * DATA.picture[r + i][c + j];
  }));
  return total;
}

function show() {
  const row = Math.floor(at / size), column = at % size;
  const picture = grid(DATA.picture.map((line) => line.map(String)),
    (r, c) => (r >= row && r < row + 3 && c >= column && c < column + 3 ? "on" : ""));
  const result = grid(Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c) => (r * size + c <= at ? String(sum(r, c)) : " "))),
    (r, c) => (r === row && c === column ? "now" : ""));
  const terms = [];
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) {
    const weight = isTrue ? mask[2 - i][2 - j] : mask[i][j];
    if (weight !== 0) terms.push(`${weight}·${DATA.picture[row + i][column + j]}`);
  }
  const inputs = grid(mask.map((line) => line.map(() => "")));
  inputs.querySelectorAll("td").forEach((cell, k) => {
    const [r, c] = [Math.floor(k / 3), k % 3];
    const input = make("input", { value: mask[r][c], inputmode: "numeric", "aria-label": `mask, row ${r}, column ${c}` });
    input.addEventListener("change", () => { mask[r][c] = Number(input.value) || 0; show(); });
    cell.replaceChildren(input);
  });
  say(make("div", { class: "grids" }, make("div", {}, "picture", picture), make("div", {}, "mask", inputs), make("div", {}, "result", result)),
    make("p", {}, `row ${row}, column ${column}: ${terms.join(" + ") || "0"} = ${sum(row, column)}`));
}

const place = slider("place", 0, size * size - 1, 1, 0, (value) => { at = value; show(); });
function step() {
  at = (at + 1) % (size * size);
  place.value = at;
  show();
  return at < size * size - 1;
}
player(step, () => { at = 0; place.value = 0; show(); }, 500);
const turn = button("Turn the mask (true convolution)", () => {
  isTrue = !isTrue;
  turn.textContent = isTrue ? "Do not turn it (correlation)" : "Turn the mask (true convolution)";
  show();
});
window.lesson = { step, sum, set: (given, turned) => { mask = given; isTrue = turned; show(); } };
show();
