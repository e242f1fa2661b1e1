// The list by topic, and words to look for in it.
const reads = DATA.reads;
const map = plot("figure-1"), [first, last] = DATA.years;
let topic = "all", words = "";

const chosen = () => reads.filter((one) => (topic === "all" || one.topic === topic)
  && words.split(/\s+/).every((word) => `${one.what} ${one.teaches} ${one.run} ${one.year ?? "page"}`.toLowerCase().includes(word)));

// Those that are chosen keep their places in the map; the others fade.
function draw_map(found) {
  const span = last - first || 1;
  map.clear();
  for (let year = first; year <= last; year++) {
    const is_end = year === first || year === last, near = Math.min(year - first, last - year) <= 0.08 * span;
    if (!is_end && (year % (span > 40 ? 20 : 10) || near)) continue;
    map.segments([[year, 0.5, year, map.y[0]]], "soft");
    map.label([year - 0.05 * span, 0.6], String(year));
  }
  reads.filter((one) => one.year).forEach((one, row) => {
    const kind = found.includes(one) ? DATA.kinds[one.topic] : "soft";
    map.dots([[one.year, -row]], kind);
    map.label([first - 0.46 * span, -row - 0.4], one.who);
    if (found.includes(one)) map.label([one.year + 0.035 * span, -row - 0.4], one.shows, kind);
  });
}

function show() {
  const found = chosen();
  draw_map(found);
  say(make("p", {}, `${found.length} of ${reads.length}`), make("ul", {}, ...found.map((one) =>
    make("li", {}, make("b", {}, String(one.year ?? "page")), ` ${one.what}: ${one.teaches}. `, make("code", {}, one.run)))));
}

const topics = [...new Set(reads.map((one) => one.topic))].sort();
select("topic", [["all", "all topics"], ...topics.map((one) => [one, one])], "all", (value) => { topic = value; show(); });
const search = make("input", { type: "search", id: "control-words", style: "font:inherit;min-width:0;width:100%" });
search.addEventListener("input", () => { words = search.value.toLowerCase().trim(); show(); });
controls.querySelector(".sliders").append(make("label", {}, "words", search, make("span", {})));
window.lesson = { chosen };
show();
// The same in tables is for pages whose scripts do not run.
for (const table of document.querySelectorAll("main > .scroll")) table.hidden = true;
