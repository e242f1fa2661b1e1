// What one unit is made of: which values it reads, with which weights. reads(node, xs, y, at) is a list of
// { of: number of the input, at: place in it, w: weight, if there is one }; at: the place of the unit in its tensor.

const placeOf = (at, [, height, width]) => [Math.floor(at / (height * width)), Math.floor(at / width) % height, at % width];
const itself = (node, xs, y, at) => [{ of: 0, at }];
const everything = (node, [x]) => Array.from(x.data, (_, at) => ({ of: 0, at }));

function readsOfMasks(node, [x], y, at) {
    const [o, i, j] = placeOf(at, y.shape), { stride, padding, dilation } = node.settings, found = [];
    const weight = node.arrays.weight, [kh, kw] = weight.shape.slice(-2), [, height, width] = x.shape;
    for (const [c, mask] of pairsOf(node, y.shape[0])(o)) {
        for (let k = 0; k < kh; k++) {
            for (let l = 0; l < kw; l++) {
                const row = i * stride[0] + k * dilation[0] - padding[0], column = j * stride[1] + l * dilation[1] - padding[1];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                found.push({ of: 0, at: (c * height + row) * width + column, w: weight.values[(mask * kh + k) * kw + l] });
            }
        }
    }
    return found;
}

function readsOfTransposed(node, [x], y, at) {
    const [o, row, column] = placeOf(at, y.shape), { stride, padding, dilation, groups } = node.settings, found = [];
    const { shape: [, each, kh, kw], values } = node.arrays.weight, [inputs, height, width] = x.shape, perGroup = inputs / groups;
    const first = Math.floor(o / each) * perGroup;
    for (let c = first; c < first + perGroup; c++) {
        for (let k = 0; k < kh; k++) {
            for (let l = 0; l < kw; l++) {
                const i = (row + padding[0] - k * dilation[0]) / stride[0], j = (column + padding[1] - l * dilation[1]) / stride[1];
                if (i < 0 || j < 0 || i >= height || j >= width || i % 1 || j % 1) continue;
                found.push({ of: 0, at: (c * height + i) * width + j, w: values[((c * each + (o % each)) * kh + k) * kw + l] });
            }
        }
    }
    return found;
}

function readsOfWindow(node, [x], y, at) {
    const [c, i, j] = placeOf(at, y.shape), [rows, columns] = plan(node, x, y), [, height, width] = x.shape, found = [];
    for (const row of rows[i].inside) for (const column of columns[j].inside) found.push({ of: 0, at: (c * height + row) * width + column });
    const share = node.kind === "average_pooling" ? 1 / divisorOf(node, rows[i], columns[j])
        : node.kind === "sub_sampling" ? node.arrays.weight.values[c] : undefined;
    return found.map((read) => ({ ...read, w: share }));
}

function readsOfUnpooling(node, [x, pooled], y, at) {
    const plane = x.shape[1] * x.shape[2], wide = y.shape[1] * y.shape[2], first = Math.floor(at / wide) * plane;
    for (let i = first + plane - 1; i >= first; i--) if (pooled.places[i] === at % wide) return [{ of: 0, at: i }];
    return [];
}

function readsOfUpsampling(node, [x], y, at) {
    const [c, i, j] = placeOf(at, y.shape), [top, bottom, down] = node.plan[0][i], [left, right, over] = node.plan[1][j];
    const read = (row, column, w) => ({ of: 0, at: (c * x.shape[1] + row) * x.shape[2] + column, w });
    if (node.settings.mode === "nearest") return [read(top, left)];
    return [read(top, left, (1 - down) * (1 - over)), read(top, right, (1 - down) * over), read(bottom, left, down * (1 - over)),
        read(bottom, right, down * over)].filter(({ w }) => w > 0);
}

function readsOfPadding(node, [x], y, at) {
    const [c, i, j] = placeOf(at, y.shape), [left, , top] = node.settings.padding, row = i - top, column = j - left;
    const inside = row >= 0 && column >= 0 && row < x.shape[1] && column < x.shape[2];
    return inside ? [{ of: 0, at: (c * x.shape[1] + row) * x.shape[2] + column }] : [];
}

function readsOfGroup(node, [x], y, at) {
    const length = node.settings.size || x.data.length / node.settings.groups, first = Math.floor(at / length) * length;
    return Array.from({ length }, (_, i) => ({ of: 0, at: first + i }));
}

function readsOfChannels(node, [x], y, at) {
    const plane = x.shape[1] * x.shape[2], c = Math.floor(at / plane), window = node.settings.size, found = [];
    for (let d = Math.max(0, c - (window >> 1)); d <= Math.min(x.shape[0] - 1, c + ((window - 1) >> 1)); d++) found.push({ of: 0, at: at + (d - c) * plane });
    return found;
}

function readsOfSoftmax(node, [x], y, at) {
    const { axis } = node.settings, step = [x.shape[1] * x.shape[2], x.shape[2], 1][axis], n = x.shape[axis];
    const first = at - (Math.floor(at / step) % n) * step;
    return Array.from({ length: n }, (_, k) => ({ of: 0, at: first + k * step }));
}

function readsOfConcat(node, xs, y, at) {
    let of = 0;
    while (at >= xs[of].data.length) at -= xs[of++].data.length;
    return [{ of, at }];
}

const READS = {
    convolution: readsOfMasks,
    mapped_convolution: readsOfMasks,
    transposed_convolution: readsOfTransposed,
    linear: (node, [x], y, at) => Array.from(x.data, (_, i) => ({ of: 0, at: i, w: node.arrays.weight.values[at * x.data.length + i] })),
    max_pooling: readsOfWindow,
    average_pooling: readsOfWindow,
    sub_sampling: readsOfWindow,
    power_pooling: readsOfWindow,
    stochastic_pooling: readsOfWindow,
    max_unpooling: readsOfUnpooling,
    upsampling: readsOfUpsampling,
    zero_padding: readsOfPadding,
    group_normalization: readsOfGroup,
    response_normalization: readsOfChannels,
    softmax: readsOfSoftmax,
    log_softmax: everything,
    concat: readsOfConcat,
    add: (node, xs, y, at) => xs.map((_, of) => ({ of, at })),
    slice: (node, [x], y, at) => [{ of: 0, at: at + node.settings.first * x.shape[1] * x.shape[2] }],
};
const readsOf = (node) => READS[node.kind] || itself;

const biasOf = (node, y, at) => (node.arrays.bias ? node.arrays.bias.values[placeOf(at, y.shape)[0]] : 0);
const SUMS = ["convolution", "mapped_convolution", "transposed_convolution", "linear"];

// How the value comes of what it reads, in words and numbers. values: what is read, in order.
function formulaOf(node, values, y, at) {
    const value = number(y.data[at]), c = placeOf(at, y.shape)[0], s = node.settings, x = values.length ? number(values[0]) : "0";
    const list = values.length <= 9 ? values.map(number).join(", ") : `${values.length} values`;
    const learned = (name, otherwise) => number(node.arrays[name] ? node.arrays[name].values[c] : otherwise);
    switch (node.kind) {
        case "max_pooling": return `the largest of ${list} is ${value}`;
        case "average_pooling": return `the sum of ${list}, shared out: ${value}`;
        case "sub_sampling": return `${learned("weight")} \u00d7 the sum of ${list} + ${learned("bias")} = ${value}`;
        case "power_pooling": return `(sum of ${list}, each to the power ${s.norm})^(1/${s.norm}) = ${value}`;
        case "stochastic_pooling": return `the mean of ${list}, weighted by themselves: ${value}`;
        case "activation": return `${node.type}(${x}) = ${value}`;
        case "random_slope": return `${x} above 0, else its share ${number((s.lower + s.upper) / 2)}: ${value}`;
        case "batch_normalization": return `${learned("weight", 1)} \u00d7 (${x} \u2212 ${learned("running_mean")}) / \u221a(${learned("running_variance")} + ${s.epsilon}) + ${learned("bias", 0)} = ${value}`;
        case "gain": return { offset: `${x} + a learned number`, factor: `${x} \u00d7 a learned number`, slope: `${x} above 0, else its learned share` }[s.function] + ` = ${value}`;
        case "group_normalization": return `brought to mean 0 and variance 1 with ${values.length} values: ${value}`;
        case "response_normalization": return `divided by what the squares of ${values.length} channels say: ${value}`;
        case "softmax": return `exp of its own over the sum of exp of ${list}: ${value}`;
        case "log_softmax": return `its own less the log of the sum of exp of ${list}: ${value}`;
        case "add": return `${values.map(number).join(" + ")} = ${value}`;
        case "dropout": return `${x}, times ${s.scales_in_evaluation ? number(1 - s.rate) : 1}: dropout is off when a network answers`;
        case "upsampling": return `from ${list}: ${value}`;
        default: return values.length ? `${value}, as it was` : `0: nothing stands here`;
    }
}

// Of each tensor up to this unit's the window that it depends on, { top, bottom, left, right }, ends exclusive. Windows
// grow from their corners.
function fieldsOf(net, k, at) {
    const fields = [], join = (index, places, shape) => {
        for (const place of places) {
            const [, i, j] = placeOf(place, shape), f = (fields[index] = fields[index] || { top: i, bottom: i + 1, left: j, right: j + 1, ends: [place, place] });
            f.top = Math.min(f.top, i), f.bottom = Math.max(f.bottom, i + 1), f.left = Math.min(f.left, j), f.right = Math.max(f.right, j + 1);
            f.ends = [Math.min(f.ends[0], place), Math.max(f.ends[1], place)];
        }
    };
    join(k + 1, [at], net.nodes[k].shape);
    for (let n = k; n >= 0; n--) {
        const field = fields[n + 1], node = net.nodes[n];
        if (!field) continue;
        const y = net.tensors[n + 1], xs = node.inputs.map((index) => net.tensors[index]), w = y.shape[2], all = y.shape[1] * w;
        const corners = new Set([...field.ends, ...field.ends.flatMap((end) => {
            const channel = Math.floor(end / all) * all;
            return [channel + field.top * w + field.left, channel + (field.bottom - 1) * w + field.right - 1];
        })]);
        for (const corner of corners) {
            const reads = readsOf(node)(node, xs, y, corner);
            node.inputs.forEach((index, of) => join(index, reads.filter((read) => read.of === of).map((read) => read.at), net.tensors[index].shape));
        }
    }
    return fields;
}
