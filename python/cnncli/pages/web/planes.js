// What the preparation counts with: planes { data, height, width } of numbers or of 0 and 1, quantiles, masks. It follows
// cnncli/pictures number by number: where Python has float32, fround rounds to it.

const fround = Math.fround;
const plane = (height, width, data) => ({ data: data || taken(Float32Array, height * width), height, width });

// Room for the numbers of one picture, all of it taken anew with the next: garbage would be collected amid strokes. What
// outlives the preparation is not taken from here.
const ROOM = { bytes: new ArrayBuffer(1 << 23), used: 0 };

function taken(Type, length) {
    const from = ROOM.used, end = from + length * Type.BYTES_PER_ELEMENT;
    if (end > ROOM.bytes.byteLength) return new Type(length);
    ROOM.used = (end + 7) & ~7;
    return new Type(ROOM.bytes, from, length).fill(0);
}

// The same numbers in room of their own.
function copied(values) {
    const out = taken(values.constructor, values.length);
    out.set(values);
    return out;
}

// Loops by hand: a frame has 8 ms, and the methods of typed arrays take several times as long.
function mapped(p, of) {
    const { data } = p, out = taken(data.constructor, data.length);
    for (let i = 0; i < out.length; i++) out[i] = of(data[i], i);
    return plane(p.height, p.width, out);
}

function maskOf(p, of) {
    const { data } = p, out = taken(Uint8Array, data.length);
    for (let i = 0; i < out.length; i++) out[i] = of(data[i], i) ? 1 : 0;
    return plane(p.height, p.width, out);
}

// Where a plane of floats is above a limit.
function over(p, limit) {
    const { data } = p, least = fround(limit), out = taken(Uint8Array, data.length);
    for (let i = 0; i < out.length; i++) out[i] = data[i] > least ? 1 : 0;
    return plane(p.height, p.width, out);
}

function sumOver(values) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i];
    return sum;
}

const count = (mask) => sumOver(mask.data);
const share = (mask) => count(mask) / mask.data.length;

// As Python's round: halves go to the even neighbour.
function roundEven(x) {
    const low = Math.floor(x), rest = x - low;
    return rest < 0.5 ? low : rest > 0.5 ? low + 1 : low % 2 ? low + 1 : low;
}

// The value that would stand at place k if all were sorted; reorders them (Hoare 1961).
function select(a, k) {
    let low = 0, high = a.length - 1;
    while (low < high) {
        const pivot = a[(low + high) >> 1];
        let i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                const kept = a[i];
                a[i++] = a[j], a[j--] = kept;
            }
        }
        if (k <= j) high = j;
        else if (k >= i) low = i;
        else return a[k];
    }
    return a[k];
}

// What `part` of the values do not exceed, linear in between.
function quantile(values, part) {
    const a = copied(values), at = part * (a.length - 1), k = Math.floor(at), low = select(a, k);
    if (at === k) return low;
    let high = Infinity;
    for (let i = k + 1; i < a.length; i++) if (a[i] < high) high = a[i];
    return low + (high - low) * (at - k);
}

function picked(values, mask) {
    const found = taken(values.constructor, values.length);
    let n = 0;
    for (let i = 0; i < values.length; i++) if (mask[i]) found[n++] = values[i];
    return found.subarray(0, n);
}

function transposedPlane(p) {
    const out = plane(p.width, p.height, taken(p.data.constructor, p.data.length));
    for (let i = 0; i < p.height; i++) for (let j = 0; j < p.width; j++) out.data[j * p.height + i] = p.data[i * p.width + j];
    return out;
}

function cut(p, top, left, height, width) {
    const out = plane(height, width, taken(p.data.constructor, height * width));
    for (let i = 0; i < height; i++) {
        const from = (top + i) * p.width + left;
        out.data.set(p.data.subarray(from, from + width), i * width);
    }
    return out;
}

// With `by` more on each side: the value `fill`, or the edge goes on where it is undefined.
function padded(p, by, fill) {
    const tall = p.height + 2 * by, wide = p.width + 2 * by, out = plane(tall, wide, taken(p.data.constructor, tall * wide));
    for (let i = 0; i < out.height; i++) {
        for (let j = 0; j < out.width; j++) {
            const y = Math.min(Math.max(i - by, 0), p.height - 1), x = Math.min(Math.max(j - by, 0), p.width - 1);
            const inside = fill === undefined || (y === i - by && x === j - by);
            out.data[i * out.width + j] = inside ? p.data[y * p.width + x] : fill;
        }
    }
    return out;
}

// The largest (or, with lowest, the smallest) value within `reach` rows and columns: a window that doubles, then is laid
// twice, so that its width costs nothing (van Herk 1992 does it in three passes).
function highest(p, reach, lowest) {
    const { height, width } = p;
    let a = p.data;
    for (const [step, length, other, next] of [[width, height, width, 1], [1, width, height, width]]) {
        const r = Math.min(reach, length - 1), n = length + 2 * r, window = 2 * r + 1, out = taken(a.constructor, a.length);
        const line = taken(Float64Array, n), none = lowest ? Infinity : -Infinity;
        for (let o = 0; o < other; o++) {
            line.fill(none);
            for (let i = 0, at = o * next; i < length; i++, at += step) line[r + i] = a[at];
            let span = 1;
            for (; 2 * span <= window; span *= 2) widen(line, n - span, span, lowest);
            widen(line, length, window - span, lowest);
            for (let i = 0, at = o * next; i < length; i++, at += step) out[at] = line[i];
        }
        a = out;
    }
    return plane(height, width, a);
}

// Each of the first n values becomes the larger one of itself and the one `by` further on.
function widen(line, n, by, lowest) {
    for (let i = 0; i < n; i++) {
        const other = line[i + by];
        if (lowest ? other < line[i] : other > line[i]) line[i] = other;
    }
}

// The outermost 4 % on each side, at least one pixel.
function rimMask(height, width) {
    const thick = Math.max(1, roundEven(0.04 * Math.min(height, width))), data = taken(Uint8Array, height * width).fill(1);
    for (let i = thick; i < height - thick; i++) if (width > 2 * thick) data.fill(0, i * width + thick, (i + 1) * width - thick);
    return plane(height, width, data);
}

// The values of the outermost rows and columns; corners twice.
function edgeOf({ data, height, width }) {
    const found = taken(data.constructor, 2 * (height + width)), last = (height - 1) * width;
    for (let j = 0; j < width; j++) found[j] = data[j], found[width + j] = data[last + j];
    for (let i = 0, at = 2 * width; i < height; i++, at++) found[at] = data[i * width], found[at + height] = data[i * width + width - 1];
    return found;
}

// Twice the area over the outline's length, pixels; the picture's edge is outline too.
function strokeWidth(mask) {
    const { data, height, width } = mask;
    let area = 0, outline = 0;
    for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
            const at = i * width + j, here = data[at];
            if (here !== (j ? data[at - 1] : 0)) outline++;
            if (here !== (i ? data[at - width] : 0)) outline++;
            if (here && j === width - 1) outline++;
            if (here && i === height - 1) outline++;
            area += here;
        }
    }
    return (2 * area) / Math.max(outline, 1);
}

// { top, bottom, left, right } around what is set, ends exclusive; undefined if nothing is.
function boxOf(mask) {
    const { data, height, width } = mask, box = { top: height, bottom: 0, left: width, right: 0 };
    for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
            if (!data[i * width + j]) continue;
            box.top = Math.min(box.top, i), box.bottom = i + 1;
            box.left = Math.min(box.left, j), box.right = Math.max(box.right, j + 1);
        }
    }
    return box.bottom ? box : undefined;
}

// Numbers the parts of a mask whose pixels touch by a side or a corner, 1 and on in the order of their first pixel.
function labelParts({ data, height, width }) {
    const labels = taken(Int32Array, data.length), stack = taken(Int32Array, data.length);
    let parts = 0;
    for (let start = 0; start < data.length; start++) {
        if (!data[start] || labels[start]) continue;
        labels[start] = ++parts;
        stack[0] = start;
        for (let top = 1; top > 0; ) {
            const at = stack[--top], row = (at / width) | 0, column = at - row * width;
            const last = Math.min(height - 1, row + 1), right = Math.min(width - 1, column + 1), left = Math.max(0, column - 1);
            for (let i = Math.max(0, row - 1); i <= last; i++) {
                for (let next = i * width + left; next <= i * width + right; next++) {
                    if (data[next] && !labels[next]) labels[next] = parts, (stack[top++] = next);
                }
            }
        }
    }
    return { labels, parts };
}

// How many pixels each part has, from part 0, which is what is not set.
function sizesOf(labels, parts) {
    const sizes = new Array(parts + 1).fill(0);
    for (let i = 0; i < labels.length; i++) sizes[labels[i]]++;
    return sizes;
}
