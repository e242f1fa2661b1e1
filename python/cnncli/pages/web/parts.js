// Pictures cut to the ink, frames and rings, dirt, glyphs side by side: segmentation/cutout.py, frame.py, parts.py.

const EDGE = 0.25; // share of full ink from which a pixel belongs to the glyph

function partOf(labels, number, p) {
    const out = taken(Uint8Array, labels.length);
    for (let i = 0; i < out.length; i++) out[i] = labels[i] === number ? 1 : 0;
    return plane(p.height, p.width, out);
}

const overEdge = (ink) => over(ink, EDGE);

// The parts of ink that hang together; three ask for those of the same ink.
let lastParts = {};
function partsOf(ink) {
    if (lastParts.ink !== ink) lastParts = { ink, ...labelParts(overEdge(ink)) };
    return lastParts;
}

// { ink, dark } if a stroke touches all four sides of the picture; else null. Ink hangs together, paper is cut by it.
function inkOfCutout(grey, darkInk) {
    const [threshold, separated] = twoLevels(grey);
    if (separated < 0.6) return null;
    const { height, width } = grey, ratio = 2 + 2 * Math.max(1, Math.max(height, width) / 96);
    let best = null;
    for (const dark of [true, false]) {
        if (darkInk !== null && darkInk !== dark) continue;
        const mask = maskOf(grey, (v) => (dark ? v < threshold : v >= threshold)), d = mask.data;
        const corners = d[0] + d[width - 1] + d[(height - 1) * width] + d[d.length - 1];
        if (corners > 2 || shareOfBorder(mask) > 0.6) continue;
        const around = boxOf(mask);
        if (!around || around.top > ratio || around.left > ratio || around.bottom < height - ratio || around.right < width - ratio) continue;
        const parts = mainParts(mask);
        if (!parts.length || !touchesAllSides(parts[0]) || !isStroke(mask, parts[0])) continue;
        const choice = [parts.length - mainParts(mapped(mask, (v) => 1 - v)).length, corners, share(mask), dark ? 1 : 0];
        const differing = best ? choice.findIndex((value, i) => value !== best[i]) : 0;
        if (differing >= 0 && (!best || choice[differing] < best[differing])) best = choice;
    }
    if (!best) return null;
    const low = quantile(grey.data, 0.03), high = quantile(grey.data, 0.97);
    const dark = best[3] === 1, range = fround(high - low), from = fround(dark ? high : low);
    const ink = mapped(grey, (v) => {
        const part = fround(fround(dark ? from - v : v - from) / range);
        return clamp(fround(fround(part - 0.25) / fround(0.6)), 0, 1);
    });
    return { ink, dark };
}

// [the threshold that tells two levels apart best, the share of the variance that they explain] (Otsu 1979)
function twoLevels(grey) {
    const counts = new Float64Array(256), { data } = grey, n = data.length;
    for (let i = 0; i < n; i++) counts[clamp(data[i], 0, 255) | 0]++;
    const mean = counts.reduce((sum, c, i) => sum + c * i, 0) / n;
    const total = counts.reduce((sum, c, i) => sum + c * (i - mean) ** 2, 0) / n;
    if (total < 25) return [0, 0];
    let below = 0, first = 0, best = 0, most = -1;
    for (let i = 0; i < 255; i++) {
        below += counts[i], first += counts[i] * i;
        const s = below / n, between = (mean * s - first / n) ** 2 / Math.max(s * (1 - s), 1e-9);
        if (between > most) most = between, best = i;
    }
    return [best + 1, most / total];
}

// The connected parts that are worth counting, the largest first.
function mainParts(mask) {
    const side = Math.max(mask.height, mask.width);
    if (side > 96) {
        const w = Math.max(1, roundEven((mask.width * 96) / side)), h = Math.max(1, roundEven((mask.height * 96) / side));
        const small = resized({ ...mask, data: mask.data.map((v) => v * 255), channels: 1 }, w, h, "box");
        mask = maskOf(small, (v) => v > 127);
    }
    const { labels, parts } = labelParts(mask), sizes = sizesOf(labels, parts);
    const order = Array.from({ length: parts }, (_, i) => i + 1).sort((a, b) => sizes[b] - sizes[a]);
    return order.filter((i) => sizes[i] >= 0.01 * labels.length).map((i) => partOf(labels, i, mask));
}

function shareOfBorder({ data, height, width }) {
    let set = 0, all = 0;
    for (let i = 0; i < height; i++) {
        const step = i === 0 || i === height - 1 ? 1 : Math.max(1, width - 1);
        for (let j = 0; j < width; j += step) set += data[i * width + j], all++;
    }
    return set / all;
}

function touchesAllSides(mask) {
    const box = boxOf(mask);
    return Boolean(box) && box.top < 2 && box.left < 2 && box.bottom > mask.height - 2 && box.right > mask.width - 2;
}

function isStroke(mask, part) {
    const wide = strokeWidth(mask) / Math.max(mask.height, mask.width);
    if (wide < 0.05 || wide > 0.33) return false;
    if (share(part) <= 0.6) return true;
    const reach = Math.max(1, roundEven((0.36 / 2) * Math.sqrt(part.data.length)));
    return highest(mapped(part, (v) => 1 - v), reach).data.indexOf(0) < 0;
}

// { top, left, paper } where all four sides of the picture show a frame; else null.
function insideOfFrame(grey) {
    const { height, width } = grey;
    if (Math.min(height, width) < 12) return null;
    const h = Math.floor(height / 8), w = Math.floor(width / 8);
    const middle = fround(quantile(cut(grey, h, w, height - 2 * h, width - 2 * w).data, 0.5));
    const edge = quantile(Float32Array.from(edgeOf(grey), (v) => v - middle), 0.5);
    if (Math.abs(edge) < 25) return null;
    const away = mapped(grey, (v) => v - middle), least = Math.max(25, 0.35 * Math.abs(edge)), far = maskOf(away, (v) => v * Math.sign(edge) > least);
    const turned = transposedPlane(far), back = (p) => plane(p.height, p.width, p.data.slice().reverse());
    const [top, bottom, left, right] = [far, back(far), turned, back(turned)].map(rowsOfFrame);
    if (!(top && bottom && left && right)) return null;
    const tall = height - top - bottom, wide = width - left - right;
    if (Math.min(tall, wide) < 8) return null;
    const rim = edgeOf(cut(far, top, left, tall, wide));
    return rim.reduce((a, b) => a + b, 0) / rim.length <= 0.03 ? { top, left, paper: cut(grey, top, left, tall, wide) } : null;
}

// How many of the first rows belong to a frame that ends abruptly, with its soft edge; 0: there is none.
function rowsOfFrame({ data, height, width }) {
    const shares = Array.from({ length: height }, (_, i) => data.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0) / width);
    const found = shares.findIndex((s) => s < 0.9), rows = found < 0 ? height : found;
    if (rows <= 0 || rows > 0.25 * height) return 0;
    const clear = shares.slice(rows, rows + 3).findIndex((s) => s <= 0.65);
    return clear < 0 ? 0 : rows + clear;
}

// { ink, changed }: without a closed thin circle or box that is drawn around a glyph.
function withoutRing(ink) {
    const same = { ink, changed: false }, { labels, parts } = partsOf(ink);
    if (parts < 2) return same;
    const sizes = sizesOf(labels, parts), order = sizes.map((_, i) => i).slice(1).sort((a, b) => sizes[b] - sizes[a]).slice(0, 12);
    let number = 0, box, most = -1;
    for (const part of order) {
        const found = boxOf(partOf(labels, part, ink)), area = (found.bottom - found.top) * (found.right - found.left);
        if (area > most) most = area, box = found, number = part;
    }
    const ring = partOf(labels, number, ink), tall = box.bottom - box.top, wide = box.right - box.left, w = ink.width;
    const within = (i) => {
        const row = Math.floor(i / w), column = i % w;
        return row >= box.top && row < box.bottom && column >= box.left && column < box.right;
    };
    const inside = mapped(ring, (v, i) => (labels[i] && !v && within(i) ? 1 : 0)), inner = boxOf(inside);
    if (!inner || strokeWidth(ring) > 0.12 * Math.max(tall, wide)) return same;
    const gap = Math.min(inner.top - box.top, box.bottom - inner.bottom, inner.left - box.left, box.right - inner.right);
    const innerTall = inner.bottom - inner.top, innerWide = inner.right - inner.left, shape = wide / tall;
    if (gap < 0.05 * Math.min(tall, wide) || innerTall < 0.3 * tall) return same;
    if (Math.min(shape, 1 / shape) < 0.78 && innerWide < 1.1 * innerTall) return same;
    const wall = mapped(ring, (v, i) => (v || (i % w && ring.data[i - 1]) ? 1 : 0));
    const around = labelParts(padded(mapped(wall, (v) => 1 - v), 1, 1)).labels;
    const isOpen = inside.data.some((v, i) => v && around[(Math.floor(i / w) + 1) * (w + 2) + (i % w) + 1] === around[0]);
    if (isOpen) return same;
    const kept = mapped(ink, (v, i) => {
        const row = Math.floor(i / w), column = i % w;
        const near = row >= inner.top - 1 && row <= inner.bottom && column >= inner.left - 1 && column <= inner.right;
        return near && !ring.data[i] ? v : 0;
    });
    return { ink: kept, changed: true };
}

// { ink, changed }: without specks, and without frames that run along the picture's border beside the glyph.
function withoutDirt(ink) {
    const { labels, parts } = partsOf(ink), { height, width } = ink;
    if (parts <= 1) return { ink, changed: false };
    const mass = new Float64Array(parts + 1), longest = new Float64Array(parts + 1);
    labels.forEach((label, i) => (mass[label] += ink.data[i]));
    mass[0] = 0;
    const sides = edgeOf({ data: labels, height, width });
    for (const [first, length] of [[0, width], [width, width], [2 * width, height], [2 * width + height, height]]) {
        const touched = new Float64Array(parts + 1);
        for (let i = first; i < first + length; i++) touched[sides[i]]++;
        touched.forEach((n, label) => (longest[label] = Math.max(longest[label], n / length)));
    }
    const inside = longest.map((s, label) => (label && s < 0.3 ? 1 : 0)), sum = (a) => a.reduce((x, y) => x + y, 0);
    const ofInside = mass.filter((_, i) => inside[i]);
    let keep = Array.from(mass, (m) => m > 0);
    if (sum(ofInside) > 0.05 * sum(mass) && Math.max(...ofInside) > 0.0005 * height * width) keep = keep.map((k, i) => k && inside[i] === 1);
    const largest = Math.max(...mass.filter((_, i) => keep[i]));
    keep = keep.map((k, i) => k && mass[i] >= 0.04 * largest);
    if (keep.slice(1).every(Boolean)) return { ink, changed: false };
    const around = highest(maskOf({ data: labels, height, width }, (label) => keep[label]), 1);
    return { ink: mapped(ink, (v, i) => (around.data[i] && (labels[i] === 0 || keep[labels[i]]) ? v : 0)), changed: true };
}

// How many glyphs of like height stand beside each other in one line.
function glyphCount(ink) {
    const { labels, parts } = partsOf(ink), boxes = [];
    for (let part = 1; part <= parts; part++) boxes.push({ top: Infinity, bottom: 0, left: Infinity, right: 0 });
    labels.forEach((label, i) => {
        if (!label) return;
        const box = boxes[label - 1], row = Math.floor(i / ink.width), column = i % ink.width;
        box.top = Math.min(box.top, row), box.bottom = Math.max(box.bottom, row + 1);
        box.left = Math.min(box.left, column), box.right = Math.max(box.right, column + 1);
    });
    const around = (a, b) => ({
        top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom), left: Math.min(a.left, b.left), right: Math.max(a.right, b.right),
    });
    const all = boxes.reduce(around), height = (box) => box.bottom - box.top, groups = [];
    const isWide = all.right - all.left >= 1.1 * height(all), gap = (isWide ? 0.02 : 0.05) * height(all);
    for (const box of boxes.sort((a, b) => a.left - b.left)) {
        const last = groups.length - 1;
        if (last >= 0 && box.left < groups[last].right + gap) groups[last] = around(groups[last], box);
        else groups.push(box);
    }
    const tallest = Math.max(...groups.map(height));
    if (groups.length < 2 || tallest < 8 || (tallest < 24 && !isWide)) return 1;
    const lines = groups.filter((group) => height(group) >= 0.62 * tallest);
    const inLine = lines.slice(1).every((box, i) =>
        Math.min(lines[i].bottom, box.bottom) - Math.max(lines[i].top, box.top) >= 0.5 * Math.min(height(lines[i]), height(box)));
    return lines.length < 2 || !inLine ? 1 : lines.length;
}
