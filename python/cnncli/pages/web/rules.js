// Lines of ruled and squared paper, found by projection, taken away, strokes over them mended: segmentation/rules.py.

// { ink, lines }: without thin straight lines through the whole picture; floor: ink that stands out of the paper.
function withoutRules(ink, floor) {
    if (Math.min(ink.height, ink.width) < 48) return { ink, lines: 0 };
    const standsOut = over(ink, 0.6 * floor);
    const lengthwise = findLines(standsOut), upright = findLines(transposedPlane(standsOut));
    const lines = lengthwise.bands.length + upright.bands.length;
    if (!lines) return { ink, lines };
    const inkT = transposedPlane(ink), uprightMarks = transposedPlane(markedLines(upright, inkT)), marks = markedLines(lengthwise, ink);
    const strokesUpright = mapped(ink, (v, i) => (uprightMarks.data[i] ? 0 : v));
    const strokesLengthwise = mapped(ink, (v, i) => (marks.data[i] ? 0 : v));
    if (lengthwise.bands.length) ink = removedLines(ink, strokesUpright, lengthwise);
    if (upright.bands.length) {
        ink = transposedPlane(removedLines(transposedPlane(ink), transposedPlane(strokesLengthwise), upright));
    }
    return { ink, lines };
}

const shiftOf = (rise, column, width) => roundEven(rise * (column / width - 0.5));

function findLines(mask) {
    mask = withRowsBelow(mask);
    const most = roundEven(0.07 * mask.width), step = Math.max(1, Math.floor(mask.width / 80));
    let best = null, sharpest = 0;
    if (!mayHaveLines(mask, most, step)) return { rise: 0, bands: [] };
    const rises = [];
    for (let rise = -most; rise <= most; rise += 2) rises.push(rise);
    for (const rise of rises.sort((a, b) => Math.abs(a) - Math.abs(b))) {
        const profile = profileOf(mask, rise, step);
        if (!profile.some((part) => part >= 0.7)) continue;
        let sharpness = 0;
        for (let i = 1; i < profile.length; i++) sharpness += (profile[i] - profile[i - 1]) ** 2;
        if (sharpness > sharpest) best = rise, sharpest = sharpness;
    }
    return best === null ? { rise: 0, bands: [] } : { rise: best, bands: bandsOf(profileOf(mask, best, 1)) };
}

// Whether so many columns have ink near some row that one of the slanted rows may be a line: most pictures have none, and
// need not be looked at along every slant.
function mayHaveLines({ data, height, width }, most, step) {
    const reach = Math.ceil(most / 2) + 1, change = taken(Int32Array, height + 1);
    let columns = 0;
    for (let j = 0; j < width; j += step, columns++) {
        for (let i = 0, until = 0; i < height; i++) {
            if (!data[i * width + j]) continue;
            const begin = Math.max(until, i - reach), end = Math.min(height, i + reach + 1);
            change[begin]++, change[end]--, (until = end);
        }
    }
    for (let i = 0, near = 0; i < height; i++) {
        near += change[i];
        const isWhole = i >= reach && i < height - reach; // of the others a half may be outside of the picture
        if (near >= (isWhole ? 0.7 : 0.35) * columns) return true;
    }
    return false;
}

// A line that rises between two of the slants, or was drawn without soft edges, goes over from one row to the next: with
// the row below, all of it is in one.
function withRowsBelow({ data, height, width }) {
    const out = taken(Uint8Array, data.length), last = data.length - width;
    for (let i = 0; i < out.length; i++) out[i] = data[i] || (i < last && data[i + width]) ? 1 : 0;
    return { data: out, height, width };
}

// Share of the pixels of each slanted row that are set; 0 where less than half of the row is inside.
function profileOf(mask, rise, step) {
    const { data, height, width } = mask, seen = taken(Int32Array, height), hits = taken(Int32Array, height), profile = taken(Float64Array, height);
    let columns = 0;
    for (let j = 0; j < width; j += step, columns++) {
        const shift = shiftOf(rise, j, width), last = Math.min(height, height - shift);
        for (let i = Math.max(0, -shift), at = (i + shift) * width + j; i < last; i++, at += width) seen[i]++, (hits[i] += data[at]);
    }
    for (let i = 0; i < height; i++) profile[i] = 2 * seen[i] >= columns ? hits[i] / Math.max(seen[i], 1) : 0;
    return profile;
}

// First and last row of each peak that is high, narrow and steep, of the profile of rows with those below.
function bandsOf(profile) {
    const height = profile.length, reach = Math.max(2, roundEven(0.035 * height)) + 2, bands = [];
    for (let row = 0; row < height; row++) {
        if (profile[row] < 0.7 || (bands.length && row <= bands[bands.length - 1][1])) continue;
        const base = quantile(profile.slice(Math.max(0, row - 2 * reach), row + 2 * reach + 1), 0.3);
        const edge = base + 0.3 * (profile[row] - base);
        let first = row, last = row;
        while (first > 0 && profile[first - 1] > edge) first--;
        while (last < height - 1 && profile[last + 1] > edge) last++;
        first = Math.min(first + 1, last); // the row above the line has it from below
        if (last - first < reach && profile[row] - base >= 0.3) bands.push([first, last]);
    }
    return bands;
}

// The pixels of the lines and one more on each side.
function markedLines(lines, { height, width }) {
    const mask = plane(height, width, taken(Uint8Array, height * width));
    for (const [first, last] of lines.bands) {
        for (let j = 0; j < width; j++) {
            for (let i = Math.max(0, first - 1); i <= Math.min(height - 1, last + 1); i++) {
                const row = i + shiftOf(lines.rise, j, width);
                if (row >= 0 && row < height) mask.data[row * width + j] = 1;
            }
        }
    }
    return mask;
}

// The plane along lines that rise by so many rows over the width; 0 outside.
function sheared(p, rise) {
    const out = plane(p.height, p.width);
    for (let j = 0; j < p.width; j++) {
        const shift = shiftOf(rise, j, p.width);
        for (let i = Math.max(0, -shift); i < Math.min(p.height, p.height - shift); i++) {
            out.data[i * p.width + j] = p.data[(i + shift) * p.width + j];
        }
    }
    return out;
}

function removedLines(ink, strokes, { rise, bands }) {
    const straight = sheared(ink, rise), beside = sheared(strokes, rise), full = quantile(ink.data, 0.995), { height, width } = ink;
    const rowOf = (p, i) => (i >= 0 && i < height ? p.data.subarray(i * width, (i + 1) * width) : new Float32Array(width));
    const widened = (row, reach) => highest(plane(1, width, row), reach).data;
    for (const [first, last] of bands) {
        const reach = last - first + 2, above = widened(rowOf(beside, first - 2), reach), below = widened(rowOf(beside, last + 2), reach);
        const tops = new Float32Array(width).fill(-Infinity);
        for (let i = first; i <= last; i++) rowOf(straight, i).forEach((v, j) => (tops[j] = Math.max(tops[j], v)));
        const level = quantile(tops, 0.5), least = full > 1.5 * level ? fround(level + 0.4 * (full - level)) : Infinity;
        for (let i = Math.max(0, first - 1); i < Math.min(height, last + 2); i++) {
            const row = rowOf(straight, i);
            for (let j = 0; j < width; j++) if (!(row[j] > least)) row[j] = Math.min(row[j], above[j], below[j]);
        }
    }
    const result = plane(height, width, copied(ink.data));
    for (let j = 0; j < width; j++) {
        const shift = shiftOf(rise, j, width);
        for (let i = Math.max(0, -shift); i < Math.min(height, height - shift); i++) {
            result.data[(i + shift) * width + j] = straight.data[i * width + j];
        }
    }
    return result;
}
