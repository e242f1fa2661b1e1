// The page itself: what is drawn or opened goes through the preparation and the network, and what comes of it is shown.

const net = new Network(JSON.parse(document.getElementById("network").textContent), floatsOf(document.getElementById("weights").textContent));
const byId = (id) => document.getElementById(id);
const isGlyph = net.recipe.kind === "glyph", MOST_BARS = 12, FRAME = 2, frames = [], answers = [];
let picture = null, sees = null, chosen = null, asked = 0, waiting = false, owing = false, later = null;

const pad = new Pad(byId("pad"), byId("spot"), () => Number(byId("pen").value) / 100, () => {
    picture = null;
    soon();
});
const views = net.nodes.map((node, k) => new LayerView(net, k, choose));
const isFixed = net.nodes.every((node) => node.kind !== "max_unpooling"); // which values a unit reads

function soon() {
    asked = asked || performance.now();
    nextFrame();
}

function nextFrame() {
    if (!waiting) requestAnimationFrame(frame);
    waiting = true;
}

// The answer first, then what it changed on the screen, a step after the other while there is time; the rest is owed to the
// next frame. Where the answer alone takes all of a frame, every other one is for the rest.
function frame() {
    const begin = performance.now(), isOver = () => performance.now() - begin > FRAME;
    waiting = false;
    if (asked && !owing) {
        think();
        note(answers, performance.now() - asked);
        asked = 0;
        for (const view of views) view.isOld = true;
    }
    owing = false;
    for (let step = nextStep(); step; step = nextStep()) {
        if ((owing = isOver())) break;
        step();
    }
    if (asked || owing) nextFrame();
    note(frames, performance.now() - begin);
}

function note(times, time) {
    times.push(time);
    if (times.length > 4000) times.splice(0, 1000);
}

// What is still to be shown, of layers those on the screen alone; the others when they come there.
function nextStep() {
    if (later) return () => (showStages(later), (later = null));
    if (chosen && chosen.isOld && sees) return showChosen;
    const view = views.find((one) => one.isOld && one.isSeen);
    return view && (() => view.draw());
}

function think() {
    const now = picture || (pad.strokes.length ? pad.picture() : null);
    byId("undo").disabled = byId("clear").disabled = !now;
    if (!now) return empty(isGlyph ? "Draw one, or open a picture." : "Open a picture: choose, drop or paste it.");
    let prepared;
    try {
        prepared = prepare(now, net.recipe);
    } catch (error) {
        return empty(`${error.message}.`);
    }
    net.run(prepared.pixels);
    sees = prepared.stages[prepared.stages.length - 1];
    say(byId("said"), prepared.notes.length ? `Prepared: ${prepared.notes.join(", ")}.` : "");
    showAnswer(net.probabilities());
    later = prepared.stages;
    if (chosen) chosen.isOld = true;
}

// Words in an element, which is left alone where it has them: what is written anew is laid out anew.
function say(element, words) {
    if (element.textContent !== words) element.textContent = words;
}

// No answer, and the reason.
function empty(reason) {
    say(byId("said"), reason);
    byId("label").textContent = "\u2013";
    byId("label").className = "none";
    bars.forEach((bar, i) => bar.set(net.classes[i], 0, false, true));
    byId("stages").replaceChildren(element("p", { class: "soft" }, "Nothing yet."));
    stageOf.clear();
    later = null;
    byId("maps").className = "idle";
    if (!isGlyph && !picture) invite();
}

const stageOf = new Map(); // canvases by the titles of the stages
const percent = (p) => `${(100 * p).toFixed(2)} %`;
const bars = net.classes.slice(0, MOST_BARS).map(() => {
    const name = element("b"), bar = element("i", {}, element("i")), share = element("span"), row = element("li", {}, name, bar, share);
    byId("bars").append(row);
    return {
        set(label, p, isBest, isNone) {
            const length = `scaleX(${p.toFixed(3)})`, kind = isBest ? "best" : "";
            if (bar.firstChild.style.transform !== length) bar.firstChild.style.transform = length;
            if (row.className !== kind) row.className = kind;
            if (name.title !== label) name.textContent = name.title = label;
            say(share, isNone ? "" : percent(p));
        },
    };
});

function showAnswer(probabilities) {
    const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]), best = order[0];
    const shown = net.classes.length <= MOST_BARS ? probabilities.map((_, i) => i) : order.slice(0, MOST_BARS);
    shown.forEach((index, row) => bars[row].set(net.classes[index], probabilities[index], index === best));
    const isSure = probabilities[best] >= net.threshold, label = byId("label"), text = isSure ? net.classes[best] : "not sure";
    const more = isSure ? `with probability ${percent(probabilities[best])}` : `most probable is ${net.classes[best]}`;
    byId("maps").className = "";
    if (label.textContent === text + more) return;
    label.className = text.length > 3 ? "long" : "";
    label.replaceChildren(text, element("small", {}, more));
}

function showStages(stages) {
    const titles = stages.map((stage) => stage.title);
    if (titles.join() !== [...stageOf.keys()].join()) {
        stageOf.clear();
        for (const title of titles) stageOf.set(title, element("canvas", { role: "img", "aria-label": title }));
        byId("stages").replaceChildren(...titles.map((title) => figure(stageOf.get(title), title)));
    }
    for (const stage of stages) {
        const canvas = stageOf.get(stage.title), step = paintPicture(canvas, stage);
        if (!stage.box) continue;
        const context = canvas.getContext("2d"), line = Math.max(1, canvas.height / 100), [x, y, w, h] = stage.box.map((side) => side / step);
        Object.assign(context, { strokeStyle: LINE, lineWidth: line });
        context.strokeRect(x - line, y - line, w + 2 * line, h + 2 * line);
    }
}

// A unit: its panel, itself on its layer, its window on the layers that it reads.
function choose(k, at) {
    chosen = k === null ? null : { k, at, isOld: true, isNew: true };
    for (const view of views) delete view.chosen, delete view.window, (view.isOld = true);
    byId("unit").hidden = chosen === null;
    if (chosen) views[k].chosen = at;
    nextFrame();
}

function showChosen() {
    const { k, at } = chosen, node = net.nodes[k], xs = node.inputs.map((index) => net.tensors[index]);
    if (chosen.isNew || !isFixed) {
        const reads = readsOf(node)(node, xs, net.tensors[k + 1], at), fields = fieldsOf(net, k, at);
        Object.assign(chosen, { reads, fields, isNew: false });
        node.inputs.forEach((index, of) => {
            const { shape } = net.tensors[index], maps = new Set(reads.filter((read) => read.of === of).map((read) => placeOf(read.at, shape)[0]));
            if (index && fields[index]) views[index - 1].window = { ...fields[index], maps: [...maps] };
        });
        byId("unit").className = views[k].middleOf(at) > document.documentElement.clientWidth / 2 ? "left" : "";
    }
    chosen.isOld = false;
    showUnit(byId("sum"), net, chosen, sees, pad.stroke !== null);
}

// A picture from a file, a drop or the clipboard. Its orientation is the browser's to turn; its colours stay as they are.
async function open(file) {
    if (!file) return;
    try {
        const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
        let { width, height } = bitmap;
        while (width * height > 12e6 && Math.min(width, height) > 1300) width >>= 1, height >>= 1; // as large as phones allow
        const context = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
        context.drawImage(bitmap, 0, 0, width, height);
        picture = opaque(context.getImageData(0, 0, width, height).data, width, height);
        showPicture(bitmap);
        soon();
    } catch (error) {
        empty(`${file.name || "this"}: no picture that this browser reads.`);
    }
}

function showPicture(bitmap) {
    pad.strokes = [];
    pad.redraw();
    const { width, height } = pad.canvas, ratio = Math.min(width / bitmap.width, height / bitmap.height);
    const w = bitmap.width * ratio, h = bitmap.height * ratio;
    pad.contexts[0].imageSmoothingQuality = "high";
    pad.contexts[0].drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);
}

const classes = net.classes.length <= 12 ? net.classes.join(", ") : net.classes.length + " classes";
byId("lead").textContent = `${isGlyph ? "Draw or open a picture" : "Open a picture"}: one of ${classes}. All of the network is in this page.`;
byId("clear").addEventListener("click", () => pad.clear());
byId("undo").addEventListener("click", () => pad.undo());
byId("close").addEventListener("click", () => choose(null));
byId("file").addEventListener("change", (event) => {
    open(event.target.files[0]);
    event.target.value = "";
});
document.addEventListener("paste", (event) => open([...event.clipboardData.files].find((file) => file.type.startsWith("image/"))));
for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
        event.preventDefault();
        document.body.classList.toggle("over", name === "dragover");
        if (name === "drop") open(event.dataTransfer.files[0]);
    });
}
document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen) choose(null);
    if (event.target.tagName === "INPUT") return;
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) pad.undo();
    if (event.key === "Delete" || event.key === "Backspace") pad.clear();
});
if (!isGlyph) {
    document.body.classList.add("plain");
    pad.begin = () => byId("file").click();
    pad.key = (event) => ["Enter", " "].includes(event.key) && pad.begin();
    pad.canvas.setAttribute("aria-label", "The picture; the Enter key opens another one");
    pad.canvas.setAttribute("role", "button");
}

// In place of the pad, for networks of whole pictures.
function invite() {
    const [context] = pad.contexts, middle = pad.canvas.width / 2;
    Object.assign(context, { fillStyle: "#5b6570", font: "32px system-ui, sans-serif", textAlign: "center" });
    ["Choose a picture,", "or drop or paste one here"].forEach((line, i) => context.fillText(line, middle, middle + 44 * i - 10));
}

const eyes = new IntersectionObserver((entries) => {
    for (const entry of entries) views.find((one) => one.section === entry.target).isSeen = entry.isIntersecting;
    nextFrame();
}, { rootMargin: "100px" });
for (const view of views) byId("maps").append(view.section), eyes.observe(view.section);
let wide = 0;
new ResizeObserver(() => {
    if (byId("maps").clientWidth === wide) return;
    wide = byId("maps").clientWidth;
    for (const view of views) view.layOut(wide);
    nextFrame();
}).observe(byId("maps"));
soon();

// Browsers compile what runs often. Waves that nobody drew are read while nothing is to do, so that the first stroke is as
// quick as the others.
function warmUp(left, spent) {
    if (!left || spent > 400 || picture || pad.strokes.length) return;
    const begin = performance.now(), data = new Uint8Array(TWIN * TWIN);
    for (let i = 0; i < data.length; i++) {
        const x = (i % TWIN) / TWIN, y = i / data.length, off = Math.abs(y - 0.5 - 0.3 * Math.sin(6 * x + left));
        data[i] = x < 0.2 || x > 0.4 + 0.02 * left ? 255 : clamp(9000 * (off - 0.03), 0, 255);
    }
    try {
        net.run(prepare({ data, width: TWIN, height: TWIN, channels: 1 }, net.recipe).pixels);
        net.probabilities();
    } catch (error) { /* a wave that is no glyph */ }
    for (const { data: values } of net.tensors) values.fill(0);
    setTimeout(warmUp, 20, left - 1, spent + performance.now() - begin);
}
if (isGlyph) setTimeout(warmUp, 300, 20, 0);

// For tests, and for those who try things in the browser's console.
window.cnn = {
    net,
    pad,
    think,
    frames,
    answers,
    // Another network on values, which are taken as they are; of some units of its last layer what they are made of.
    of(description, weights, values, units) {
        const other = new Network(description, floatsOf(weights)), k = other.nodes.length - 1, node = other.nodes[k];
        other.tensors[0].data.set(values);
        const y = other.runFrom(0), xs = node.inputs.map((index) => other.tensors[index]);
        const told = units.map((at) => {
            const reads = readsOf(node)(node, xs, y, at), field = fieldsOf(other, k, at)[0];
            const sum = reads.reduce((total, read) => total + read.w * xs[read.of].data[read.at], biasOf(node, y, at));
            return { sum, value: y.data[at], field: field && [field.top, field.bottom - 1, field.left, field.right - 1], kind: node.kind };
        });
        return { outputs: Array.from(y.data), units: told };
    },
    // A picture as its RGBA bytes in base64: what the preparation makes of it, and the answer.
    read(rgba, width, height) {
        const letters = atob(rgba), bytes = new Uint8Array(letters.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
        try {
            const { pixels, notes } = prepare(opaque(bytes, width, height), net.recipe);
            net.run(pixels);
            return { pixels: Array.from(pixels), notes, probabilities: net.probabilities() };
        } catch (error) {
            return { error: error.message };
        }
    },
    run(pixels) {
        net.run(Uint8Array.from(pixels));
        return { probabilities: net.probabilities(), outputs: Array.from(net.tensors[net.result].data) };
    },
};
