// Samples are cut into batches; one step after the other goes through the epoch.
const epoch = plot("figure-2");
let at = 0;

function batches() {
  const found = [];
  for (let start = 0; start < samples.value; start += batch.value) found.push(Math.min(batch.value, samples.value - start));
  return found;
}

function show() {
  const sizes = batches(), drawn = sizes.slice(0, 60);
  at = Math.min(at, sizes.length);
  // The axes are those of the lesson's numbers, so that other ones are drawn in proportion.
  const wide = (epoch.x[1] - epoch.x[0]) / drawn.length, high = (epoch.y[1] / 1.1) / Math.max(...sizes);
  epoch.clear();
  drawn.forEach((size, k) => {
    const kind = k === at - 1 ? "mark" : size === batch.value ? "first" : "second";
    epoch.bars([[epoch.x[0] + wide * (k + 0.5), size * high]], kind, wide * 0.8);
  });
  epoch.legend([["first", "a batch"], ["second", "the rest"], ["mark", "the step now"]]);
  epoch.title(`the steps of an epoch: ${sizes.length}${sizes.length > 60 ? ", of which 60 are drawn" : ""}`);
  const first = sizes.slice(0, at - 1).reduce((a, b) => a + b, 0) + 1;
  say(make("p", {}, `${samples.value} samples in batches of ${batch.value}: ${sizes.length} steps an epoch, the last with ${sizes.at(-1)}`),
    make("p", {}, at === 0 ? "One step takes the next batch." : `step ${at} of ${sizes.length}: samples ${first} to ${first + sizes[at - 1] - 1}${at === sizes.length ? ". The epoch is over." : ""}`));
}

const moved = () => { at = 0; show(); };
const samples = slider("samples", 1, Math.max(1000, DATA.samples), 1, DATA.samples, moved);
const batch = slider("batch size", 1, Math.max(200, DATA.batch), 1, DATA.batch, moved);
function step() {
  at = at >= batches().length ? 1 : at + 1;
  show();
  return at < batches().length;
}
player(step, moved, 300);
window.lesson = { step, batches, state: () => ({ at }) };
show();
