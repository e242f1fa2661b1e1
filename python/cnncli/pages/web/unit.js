// The panel of one unit: its sum term by term, its window on the layer before and on the input.

const MOST_MAPS = 16, MOST_TERMS = 600;

// unit: { k, at, reads, fields } of the network; isMoving: whether a stroke goes on, in which long tables wait
function showUnit(panel, net, unit, sees, isMoving) {
    const { k, at, reads } = unit, node = net.nodes[k], y = net.tensors[k + 1], xs = node.inputs.map((index) => net.tensors[index]), [c, i, j] = placeOf(at, y.shape);
    const values = reads.map((read) => xs[read.of].data[read.at]), before = panel.querySelector("details");
    const isVector = y.shape[1] * y.shape[2] === 1, isScore = k + 1 === net.result && net.classes.length === y.data.length;
    const where = isScore ? `output ${c}, ${net.classes[c]}` : isVector ? `value ${c}` : `map ${c}, row ${i}, column ${j}`;
    const content = [];
    panel.previousElementSibling.textContent = `${node.name} ${node.type}: ${where} = ${number(y.data[at])}`;
    if (SUMS.includes(node.kind)) {
        const products = reads.map((read, t) => read.w * values[t]);
        content.push(...sumOfTerms(node, xs[0], y, at, reads, values, products));
        content.push(before && before.open && isMoving ? before : termsFolded(before && before.open, xs[0], reads, values, products));
    } else content.push(element("p", {}, formulaOf(node, values, y, at)));
    const field = unit.fields[0];
    if (field) {
        const canvas = element("canvas", { role: "img", "aria-label": "its window on the input" });
        paintPicture(canvas, sees);
        const tall = field.bottom - field.top, wide = field.right - field.left;
        content.push(element("div", { class: "row" }, figure(framedCanvas(canvas, field), `Field of view: ${tall}\u00d7${wide} of the ${sees.height}\u00d7${sees.width} input.`)));
    }
    panel.replaceChildren(...content);
}

// A picture larger, so that a frame around pixels is thin.
function framedCanvas(canvas, field) {
    const zoom = Math.max(1, Math.round(220 / canvas.height)), large = element("canvas", { width: canvas.width * zoom, height: canvas.height * zoom });
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, 0, 0, large.width, large.height);
    Object.assign(context, { strokeStyle: LINE, lineWidth: 3 });
    context.strokeRect(field.left * zoom, field.top * zoom, (field.right - field.left) * zoom, (field.bottom - field.top) * zoom);
    return large;
}

function sumOfTerms(node, x, y, at, reads, values, products) {
    const plane = x.shape[1] * x.shape[2], bias = biasOf(node, y, at), weights = reads.map((read) => read.w);
    const total = products.reduce((a, b) => a + b, 0), content = [];
    content.push(element("p", {}, `${reads.length} products add up to ${number(total)}; with the bias ${number(bias)} that is ${number(y.data[at])}.`));
    if (plane > 1) {
        const maps = [...new Set(reads.map((read) => Math.floor(read.at / plane)))], w = x.shape[2];
        const colours = [values, weights, products].map(scaleOf);
        for (const map of maps.slice(0, MOST_MAPS)) {
            const own = reads.map((_, t) => t).filter((t) => Math.floor(reads[t].at / plane) === map);
            const columns = new Set(own.map((t) => reads[t].at % w)).size, rows = own.length / columns;
            const draw = (list, which, label) => valuesCanvas(own.map((t) => list[t]), rows, columns, colours[which], label);
            content.push(element("div", { class: "row" }, figure(draw(values, 0, "window"), `window, map ${map}`),
                figure(draw(weights, 1, "weights"), "\u00d7 weights"),
                figure(draw(products, 2, "products"), `= ${number(own.reduce((sum, t) => sum + products[t], 0))}`)));
        }
        if (maps.length > MOST_MAPS) content.push(element("p", { class: "soft" }, `and ${maps.length - MOST_MAPS} more maps`));
    }
    return content;
}

// The list of all terms, which is made when it is unfolded.
function termsFolded(isOpen, x, reads, values, products) {
    const words = reads.length > MOST_TERMS ? `The largest ${MOST_TERMS} of ${reads.length} terms` : "All terms, the largest first";
    const folded = element("details", {}, element("summary", {}, words));
    const fill = () => folded.open && folded.children.length === 1 && folded.append(termsTable(x, reads, values, products));
    folded.open = Boolean(isOpen);
    folded.addEventListener("toggle", fill);
    fill();
    return folded;
}

function termsTable(x, reads, values, products) {
    const plane = x.shape[1] * x.shape[2], order = reads.map((_, t) => t).sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
    const rows = order.slice(0, MOST_TERMS).map((t) => {
        const [c, i, j] = placeOf(reads[t].at, x.shape), cells = [number(values[t]), number(reads[t].w), number(products[t])];
        return element("tr", {}, element("th", { scope: "row" }, plane > 1 ? `${c}, ${i}, ${j}` : `${c}`), ...cells.map((cell) => element("td", {}, cell)));
    });
    const head = element("thead", {}, element("tr", {}, ...["of", "value", "\u00d7 weight", "= product"].map((word) => element("th", { scope: "col" }, word))));
    return element("div", { class: "scroll" }, element("table", { "aria-label": "The terms of the sum" }, head, element("tbody", {}, ...rows)));
}
