// Any mask of nine numbers over the picture, as much of it as one likes, and the sum of one pixel.
const picture = DATA.picture, high = picture.length, wide = picture[0].length;
let mask = DATA.masks.sharpen.map((row) => [...row]), turned = false, [row, column] = DATA.place;

const pixel = (r, c) => picture[Math.max(0, Math.min(high - 1, r))][Math.max(0, Math.min(wide - 1, c))];
const weight = (i, j) => {
  const given = turned ? mask[2 - i][2 - j] : mask[i][j];
  return strength.value * given + (1 - strength.value) * (i === 1 && j === 1 ? 1 : 0);
};

function sum(r, c) {
  let total = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) total += weight(i, j) * pixel(r + i - 1, c + j - 1);
  return total;
}

const apply = () => picture.map((line, r) => line.map((_, c) => sum(r, c)));

// As `cnn mask` shows it: masks that add up to 0 by their size, brightened, others cut to 0 and 255.
function levels(values) {
  const total = mask.flat().reduce((a, b) => a + b, 0), size = mask.flat().reduce((a, b) => a + Math.abs(b), 0);
  if (strength.value < 1 || Math.abs(total) >= 1e-6 * size) return values;
  const sizes = values.flat().map(Math.abs).sort((a, b) => a - b);
  const white = sizes[Math.floor(0.995 * (sizes.length - 1))] || sizes.at(-1) || 1;
  return values.map((line) => line.map((value) => (Math.abs(value) * 255) / white));
}

function show() {
  const result = apply(), pick = (r, c) => { row = r; column = c; show(); };
  const around = [Math.max(0, row - 1), Math.max(0, column - 1), Math.min(high - 1, row + 1), Math.min(wide - 1, column + 1)];
  const inputs = grid("The mask", mask.map((line) => line.map(() => "")));
  inputs.querySelectorAll("td").forEach((cell, k) => {
    const [r, c] = [Math.floor(k / 3), k % 3];
    const input = make("input", { value: Math.round(mask[r][c] * 1000) / 1000, inputmode: "decimal", "aria-label": `mask, row ${r}, column ${c}` });
    input.addEventListener("change", () => { mask[r][c] = Number(input.value) || 0; setTimeout(show); });
    cell.replaceChildren(input);
  });
  const terms = [];
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) {
    if (Math.abs(weight(i, j)) > 1e-9) terms.push(`${Number(weight(i, j).toFixed(3))}·${pixel(row + i - 1, column + j - 1)}`);
  }
  say(
    views(view(picture, { side: 384, scale: { grey: true }, name: "the picture", marks: [around], pick, at: [row, column] }),
      view(levels(result), { side: 384, scale: { grey: true }, name: "what the mask makes of it", marks: [[row, column, row, column]], pick, at: [row, column] })),
    make("p", {}, "the mask, whose numbers can be changed"), inputs,
    make("p", {}, `row ${row}, column ${column}: ${terms.join(" + ") || "0"} = ${Number(sum(row, column).toFixed(2))}. Choose another pixel by a click, or with the arrow keys.`),
  );
}

const strength = slider("strength", 0, 2, 0.05, 1, show);
for (const name of Object.keys(DATA.masks)) {
  button(name, () => { mask = DATA.masks[name].map((line) => [...line]); show(); }).title = DATA.told[name];
}
const turn = button("Turn the mask", () => {
  turned = !turned;
  turn.textContent = turned ? "Turn it back" : "Turn the mask";
  show();
});
window.lesson = { apply, sum, set: (given, way) => { mask = given; turned = way; show(); }, state: () => ({ mask, turned, row, column }) };
show();
