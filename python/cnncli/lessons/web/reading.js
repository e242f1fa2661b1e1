// The list by topic, and words to look for in it.
const reads = DATA.reads;
let topic = "all", words = "";

const chosen = () => reads.filter((one) => (topic === "all" || one.topic === topic)
  && words.split(/\s+/).every((word) => `${one.what} ${one.teaches} ${one.run} ${one.year ?? "page"}`.toLowerCase().includes(word)));

function show() {
  const found = chosen();
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
