// Layers whose outputs see a window of their input: convolutions, sums of all inputs, pooling. Sums are in float64.

// y[o, i, j] += w x[i * stride + k * dilation - padding, likewise j, l], for one pair of maps
function slide(sums, x, from, size, w, at, kernel, out, s) {
    const [height, width] = size, [kh, kw] = kernel, [rows, columns] = out;
    const [stride, strideX] = s.stride, [padding, paddingX] = s.padding, [dilation, dilationX] = s.dilation;
    for (let k = 0; k < kh; k++) {
        for (let l = 0; l < kw; l++) {
            const weight = w[at + k * kw + l], left = l * dilationX - paddingX;
            const first = left < 0 ? Math.ceil(-left / strideX) : 0;
            const end = Math.min(columns, Math.floor((width - 1 - left) / strideX) + 1);
            for (let i = 0; i < rows; i++) {
                const row = i * stride + k * dilation - padding;
                if (row < 0 || row >= height) continue;
                const begin = from + row * width + left, to = i * columns;
                for (let j = first; j < end; j++) sums[to + j] += weight * x[begin + j * strideX];
            }
        }
    }
}

function correlate(node, x, y, pairsOf) {
    if (node.settings.stride.every((step) => step === 1)) return correlateAlong(node, x, y, pairsOf);
    const weight = node.arrays.weight, bias = node.arrays.bias;
    const [, height, width] = x.shape, [outputs, rows, columns] = y.shape, plane = rows * columns;
    const kernel = weight.shape.slice(-2), area = kernel[0] * kernel[1], sums = new Float64Array(plane);
    for (let o = 0; o < outputs; o++) {
        sums.fill(bias ? bias.values[o] : 0);
        for (const [channel, at] of pairsOf(o)) {
            slide(sums, x.data, channel * height * width, [height, width], weight.values, at * area, kernel, [rows, columns],
                node.settings);
        }
        y.data.set(sums, o * plane);
    }
}

// Stride 1: the input with its padding is one line of numbers, in which each weight belongs to one offset, whatever the
// place of the output; what the sums have between two rows is left out.
function correlateAlong(node, x, y, pairsOf) {
    const { bias } = node.arrays, [, height, width] = x.shape, [outputs, rows, columns] = y.shape;
    const [top, left] = node.settings.padding, wide = width + 2 * left, tall = height + 2 * top, n = (rows - 1) * wide + columns;
    const made = (node.made = node.made || {
        sums: new Float64Array(n), taps: [], line: top || left ? new Float32Array(x.shape[0] * tall * wide) : null,
    });
    if (made.line) {
        for (let from = 0, row = 0; from < x.data.length; from += width, row++) {
            const at = (Math.floor(row / height) * tall + top + (row % height)) * wide + left;
            for (let j = 0; j < width; j++) made.line[at + j] = x.data[from + j];
        }
    }
    for (let o = 0, at = 0; o < outputs; o++) {
        const { offsets, weights } = (made.taps[o] = made.taps[o] || tapsOf(node, pairsOf(o), tall, wide));
        addTaps(made.sums.fill(bias ? bias.values[o] : 0), made.line || x.data, offsets, weights);
        for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) y.data[at++] = made.sums[i * wide + j];
    }
}

// Of one output map the offset of each weight, and the weights.
function tapsOf(node, pairs, tall, wide) {
    const { shape, values } = node.arrays.weight, [kh, kw] = shape.slice(-2), area = kh * kw, [down, across] = node.settings.dilation;
    const offsets = new Int32Array(pairs.length * area), isRow = pairs.every(([, mask], p) => mask === pairs[0][1] + p);
    const weights = isRow && pairs.length ? values.subarray(pairs[0][1] * area, (pairs[0][1] + pairs.length) * area) : new Float32Array(offsets.length);
    pairs.forEach(([channel, mask], p) => {
        if (!isRow) weights.set(values.subarray(mask * area, (mask + 1) * area), p * area);
        for (let t = 0; t < area; t++) offsets[p * area + t] = (channel * tall + Math.floor(t / kw) * down) * wide + (t % kw) * across;
    });
    return { offsets, weights };
}

// sums[i] += w x[i + offset] for each weight, five at a time, so that sums are read and written less often
function addTaps(sums, x, offsets, weights) {
    const n = sums.length, last = weights.length;
    let t = 0;
    for (; t + 5 <= last; t += 5) {
        const a = weights[t], b = weights[t + 1], c = weights[t + 2], d = weights[t + 3], e = weights[t + 4];
        const p = offsets[t], q = offsets[t + 1], r = offsets[t + 2], s = offsets[t + 3], u = offsets[t + 4];
        for (let i = 0; i < n; i++) sums[i] += a * x[p + i] + b * x[q + i] + c * x[r + i] + d * x[s + i] + e * x[u + i];
    }
    for (; t < last; t++) {
        const w = weights[t], from = offsets[t];
        for (let i = 0; i < n; i++) sums[i] += w * x[from + i];
    }
}

// [input map, number of the mask] of an output map
function pairsOfGroups(node, outputs) {
    const each = node.arrays.weight.shape[1], perGroup = outputs / node.settings.groups;
    return (o) => Array.from({ length: each }, (_, c) => [Math.floor(o / perGroup) * each + c, o * each + c]);
}

function pairsOfTable(node) {
    const found = [], numbers = node.settings.connections;
    for (let p = 0; p < numbers.length; p += 2) (found[numbers[p]] = found[numbers[p]] || []).push([numbers[p + 1], p / 2]);
    return (o) => found[o] || [];
}

const pairsOf = (node, outputs) => (node.kind === "convolution" ? pairsOfGroups(node, outputs) : pairsOfTable(node));

function transposed(node, [x], y) {
    const { stride, padding, dilation, groups } = node.settings, { weight, bias } = node.arrays;
    const [inputs, height, width] = x.shape, [outputs, rows, columns] = y.shape, plane = rows * columns;
    const [, each, kh, kw] = weight.shape, sums = new Float64Array(outputs * plane);
    if (bias) for (let o = 0; o < outputs; o++) sums.fill(bias.values[o], o * plane, (o + 1) * plane);
    for (let c = 0; c < inputs; c++) {
        const firstOutput = Math.floor(c / (inputs / groups)) * each;
        for (let m = 0; m < each; m++) {
            for (let i = 0; i < height; i++) {
                for (let j = 0; j < width; j++) {
                    const value = x.data[(c * height + i) * width + j];
                    for (let k = 0; k < kh; k++) {
                        const row = i * stride[0] + k * dilation[0] - padding[0];
                        if (row < 0 || row >= rows) continue;
                        for (let l = 0; l < kw; l++) {
                            const column = j * stride[1] + l * dilation[1] - padding[1];
                            if (column < 0 || column >= columns) continue;
                            sums[(firstOutput + m) * plane + row * columns + column] +=
                                value * weight.values[((c * each + m) * kh + k) * kw + l];
                        }
                    }
                }
            }
        }
    }
    y.data.set(sums);
}

function linear(node, [x], y) {
    const weight = node.arrays.weight.values, bias = node.arrays.bias, count = x.data.length;
    for (let o = 0; o < y.data.length; o++) {
        let sum = bias ? bias.values[o] : 0;
        for (let i = 0, at = o * count; i < count; i++) sum += weight[at + i] * x.data[i];
        y.data[o] = sum;
    }
}

// For each output place along a side: the input places of its window, and how many it has with those in the padding.
function placesAlong(settings, side, length, count) {
    return Array.from({ length: count }, (_, i) => {
        if (settings.output) {
            const begin = Math.floor((i * length) / count), end = Math.ceil(((i + 1) * length) / count);
            return { inside: Array.from({ length: end - begin }, (_, k) => begin + k), withPadding: end - begin };
        }
        const kernel = settings.kernel[side], dilation = (settings.dilation || [1, 1])[side];
        const padding = settings.padding[side], begin = i * settings.stride[side] - padding;
        const inside = Array.from({ length: kernel }, (_, k) => begin + k * dilation).filter((p) => p >= 0 && p < length);
        return { inside, withPadding: Math.min(begin + kernel, length + padding) - begin };
    });
}

function plan(node, x, y) {
    node.plan = node.plan || [1, 2].map((side) => placesAlong(node.settings, side - 1, x.shape[side], y.shape[side]));
    return node.plan;
}

// The value of each window: of(values, places, rows, columns, channel)
function pool(node, x, y, of) {
    const [rows, columns] = plan(node, x, y), [channels, height, width] = x.shape;
    let at = 0;
    const places = [];
    for (let c = 0; c < channels; c++) {
        for (const row of rows) {
            for (const column of columns) {
                places.length = 0;
                for (const i of row.inside) for (const j of column.inside) places.push((c * height + i) * width + j);
                y.data[at] = of(x.data, places, row, column, c, at);
                at++;
            }
        }
    }
}

function maxPooling(node, [x], y) {
    const [rows, columns] = plan(node, x, y), [channels, height, width] = x.shape, { data } = x;
    y.places = y.places || new Int32Array(y.data.length); // in the plane of the input: what an unpooling asks for
    for (let c = 0, at = 0; c < channels; c++) {
        const first = c * height * width;
        for (let i = 0; i < rows.length; i++) {
            const down = rows[i].inside;
            for (let j = 0; j < columns.length; j++, at++) {
                const across = columns[j].inside;
                let best = first + down[0] * width + across[0];
                for (let k = 0; k < down.length; k++) {
                    for (let l = 0, place; l < across.length; l++) {
                        place = first + down[k] * width + across[l];
                        if (data[place] > data[best] || (data[place] !== data[place] && data[best] === data[best])) best = place;
                    }
                }
                y.places[at] = best - first;
                y.data[at] = data[best];
            }
        }
    }
}

function divisorOf(node, row, column) {
    if (node.settings.divisor) return node.settings.divisor;
    return node.settings.count_padding ? row.withPadding * column.withPadding : row.inside.length * column.inside.length;
}

const sumOf = (values, places) => places.reduce((sum, place) => sum + values[place], 0);

function averagePooling(node, [x], y) {
    pool(node, x, y, (values, places, row, column) => sumOf(values, places) / divisorOf(node, row, column));
}

function subSampling(node, [x], y) {
    const weight = node.arrays.weight.values, bias = node.arrays.bias.values;
    pool(node, x, y, (values, places, row, column, c) => weight[c] * sumOf(values, places) + bias[c]);
}

function powerPooling(node, [x], y) {
    const { kernel, norm } = node.settings;
    pool(node, x, y, (values, places) => {
        const sum = places.reduce((total, place) => total + Math.pow(values[place], norm), 0);
        return Math.pow(sum * ((kernel[0] * kernel[1]) / places.length), 1 / norm);
    });
}

// In evaluation: the mean of the values above 0, weighted by themselves.
function stochasticPooling(node, [x], y) {
    pool(node, x, y, (values, places) => {
        let total = 0, weighted = 0;
        for (const place of places) {
            if (values[place] > 0) total += values[place], weighted += values[place] * values[place];
            else if (values[place] !== values[place]) return NaN;
        }
        return total === 0 ? 0 : total === Infinity ? Infinity : weighted / total;
    });
}

// Each value goes back to where its pooling found it; of several with one place the last one stays.
function maxUnpooling(node, [x, pooled], y) {
    const plane = x.shape[1] * x.shape[2], wide = y.shape[1] * y.shape[2];
    y.data.fill(0);
    for (let at = 0; at < x.data.length; at++) y.data[Math.floor(at / plane) * wide + pooled.places[at]] = x.data[at];
}

// The two input places that an output place lies between, and the share of the second; in float32, as PyTorch's are.
function between(settings, side, length, count, place) {
    const f = Math.fround, scale = settings.size[side] > 0 || settings.recompute_scale_factor
        ? 0 : settings[side ? "scale_width" : "scale_height"];
    const step = settings.align_corners ? (count > 1 ? f((length - 1) / (count - 1)) : 0)
        : f(scale > 0 ? 1 / scale : length / count);
    if (settings.mode === "nearest") {
        const from = count === 2 * length ? place >> 1 : count === length ? place : Math.floor(f(place * step));
        return [Math.min(from, length - 1), Math.min(from, length - 1), 0];
    }
    if (count === length) return [place, place, 0];
    const real = settings.align_corners ? f(place * step) : Math.max(0, f(f(step * f(place + 0.5)) - 0.5));
    const low = Math.min(Math.floor(real), length - 1);
    return [low, Math.min(low + 1, length - 1), Math.min(Math.max(f(real - low), 0), 1)];
}

function upsampling(node, [x], y) {
    const [channels, height, width] = x.shape, [, rows, columns] = y.shape;
    node.plan = node.plan || [[height, rows], [width, columns]].map(([length, count], side) =>
        Array.from({ length: count }, (_, place) => between(node.settings, side, length, count, place)));
    let at = 0;
    for (let c = 0; c < channels; c++) {
        for (const [top, bottom, down] of node.plan[0]) {
            const above = (c * height + top) * width, below = (c * height + bottom) * width;
            for (const [left, right, over] of node.plan[1]) {
                const first = x.data[above + left] * (1 - over) + x.data[above + right] * over;
                const second = x.data[below + left] * (1 - over) + x.data[below + right] * over;
                y.data[at++] = first * (1 - down) + second * down;
            }
        }
    }
}

function zeroPadding(node, [x], y) {
    const [left, , top] = node.settings.padding, [channels, height, width] = x.shape, [, rows, columns] = y.shape;
    let at = 0;
    for (let c = 0; c < channels; c++) {
        for (let i = -top; i < rows - top; i++) {
            for (let j = -left; j < columns - left; j++) {
                const inside = i >= 0 && i < height && j >= 0 && j < width;
                y.data[at++] = inside ? x.data[(c * height + i) * width + j] : 0;
            }
        }
    }
}
