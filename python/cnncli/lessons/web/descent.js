// One walk down the valley, with a rate that is chosen.
const E = (w) => 0.5 * DATA.curvature * (w - DATA.lowest) ** 2;
const valley = plot("figure-1");
valley.legend([["soft", "E(w)"], ["first", "the walk"]]);
let walked = [DATA.start];

function show() {
  valley.clear();
  valley.line(Array.from({ length: 111 }, (_, i) => -4.5 + i / 10).map((w) => [w, E(w)]), "soft");
  valley.line(walked.map((w) => [w, E(w)]), "first");
  valley.dots(walked.map((w) => [w, E(w)]), "first");
  const factor = 1 - rate.value * DATA.curvature;
  const kind = Math.abs(factor) > 1 ? "it diverges" : Math.abs(factor) === 1 ? "it jumps for ever"
    : factor < 0 ? "it jumps from side to side, and arrives" : factor === 0 ? "one step is enough" : "it arrives from one side";
  valley.title(`the walk with the rate ${rate.value}, ${walked.length - 1} steps`);
  say(`w = ${text(walked.at(-1))} after ${walked.length - 1} steps; each multiplies the distance by ${factor.toFixed(2)}: ${kind}`);
}

const rate = slider("rate", 0.01, 1.2, 0.01, DATA.rate, () => { walked = [DATA.start]; show(); });
function step() {
  const w = walked.at(-1);
  walked.push(w - rate.value * DATA.curvature * (w - DATA.lowest));
  show();
  return walked.length < 60 && Math.abs(walked.at(-1)) < 1e6;
}
player(step, () => { walked = [DATA.start]; show(); }, 250);
window.lesson = { step, state: () => ({ walked }) };
show();
