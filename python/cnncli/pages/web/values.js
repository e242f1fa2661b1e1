// Layers that see each value by itself, or all of a group at once: activations, learned factors, normalizations, softmax;
// and what only moves values. Dropout is off, a random slope is its mean, batch normalization takes its running values.

// The normal distribution function, by the continued Chebyshev form of erfc (Press et al., "Numerical Recipes", 6.2).
function normalShare(x) {
    const z = Math.abs(x) / Math.SQRT2, t = 1 / (1 + z / 2);
    const terms = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368];
    const sum = terms.reduce((total, term) => total * t + term, 0);
    const tail = (t * Math.exp(-z * z - 1.26551223 + t * sum)) / 2;
    return x < 0 ? tail : 1 - tail;
}

const softplus = (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const clamp = (x, low, high) => (x < low ? low : x > high ? high : x);

// As cpp/kernels/activation/activation_functions.h, a row each: y from x with two settings. NaN stays NaN.
const ACTIVATIONS = {
    relu: (x) => (x < 0 ? 0 : x),
    tanh: (x) => Math.tanh(x),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    scaled_tanh: (x, alpha, beta) => alpha * Math.tanh(beta * x),
    step: (x, alpha) => (x >= alpha ? 1 : x < alpha ? 0 : x),
    threshold: (x, alpha, beta) => (x <= alpha ? beta : x),
    leaky_relu: (x, alpha) => (x > 0 ? x : alpha * x),
    elu: (x, alpha, beta) => (x > 0 ? beta * x : alpha * Math.expm1(x)),
    celu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    gelu: (x) => Math.max(x, -15) * normalShare(Math.max(x, -15)),
    gelu_tanh: (x) => (x < -15 ? 0 : (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))) / 2),
    silu: (x) => Math.max(x, -128) / (1 + Math.exp(-Math.max(x, -128))),
    mish: (x) => Math.max(x, -128) * Math.tanh(softplus(Math.max(x, -128))),
    softplus: (x, alpha, beta) => (alpha * x > beta ? x : softplus(alpha * x) / alpha),
    softsign: (x) => (Math.abs(x) > 1e10 ? Math.sign(x) : x / (1 + Math.abs(x))),
    hardtanh: (x, alpha, beta) => clamp(x, alpha, beta),
    softshrink: (x, alpha) => (x > alpha ? x - alpha : x < -alpha ? x + alpha : x === x ? 0 : x),
    hardsigmoid: (x) => clamp((x + 3) / 6, 0, 1),
    hardswish: (x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
    log_sigmoid: (x) => -softplus(-x),
};

function each(x, y, of) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = of(x.data[i], i);
}

function activation(node, [x], y) {
    const { function: name, alpha, beta } = node.settings, of = ACTIVATIONS[name];
    each(x, y, (value) => of(value, alpha, beta));
}

// The learned number of each value: sizes are those of a sample, or 1 where all along an axis share it.
function numberOf(node, shape) {
    const [channels, rows, columns] = node.settings.sizes, [, height, width] = shape;
    return (i) => {
        const c = channels === 1 ? 0 : Math.floor(i / (height * width));
        const row = rows === 1 ? 0 : Math.floor(i / width) % height;
        return (c * rows + row) * columns + (columns === 1 ? 0 : i % width);
    };
}

function gain(node, [x], y) {
    const weight = node.arrays.weight.values, number = numberOf(node, x.shape), kind = node.settings.function;
    if (kind === "offset") each(x, y, (value, i) => value + weight[number(i)]);
    if (kind === "factor") each(x, y, (value, i) => value * weight[number(i)]);
    if (kind === "slope") each(x, y, (value, i) => (value > 0 ? value : weight[number(i)] * value));
}

function batchNormalization(node, [x], y) {
    const { running_mean: mean, running_variance: variance, weight, bias } = node.arrays, plane = x.shape[1] * x.shape[2];
    each(x, y, (value, i) => {
        const c = Math.floor(i / plane), normal = (value - mean.values[c]) / Math.sqrt(variance.values[c] + node.settings.epsilon);
        return (weight ? weight.values[c] : 1) * normal + (bias ? bias.values[c] : 0);
    });
}

// Groups of channels with a weight a channel, or groups of the last `size` values with a weight each.
function groupNormalization(node, [x], y) {
    const { groups, size: last, epsilon } = node.settings, { weight, bias } = node.arrays;
    const length = last || x.data.length / groups, plane = x.shape[1] * x.shape[2];
    for (let begin = 0; begin < x.data.length; begin += length) {
        const part = x.data.subarray(begin, begin + length), mean = part.reduce((a, b) => a + b, 0) / length;
        const variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
        const factor = 1 / Math.sqrt(variance + epsilon);
        for (let i = 0; i < length; i++) {
            const number = last ? i : Math.floor((begin + i) / plane);
            y.data[begin + i] = (weight ? weight.values[number] : 1) * (part[i] - mean) * factor + (bias ? bias.values[number] : 0);
        }
    }
}

function responseNormalization(node, [x], y) {
    const { size: window, alpha, beta, k } = node.settings, [channels, height, width] = x.shape, plane = height * width;
    each(x, y, (value, i) => {
        const c = Math.floor(i / plane), last = Math.min(channels - 1, c + ((window - 1) >> 1));
        let squares = 0;
        for (let d = Math.max(0, c - (window >> 1)); d <= last; d++) squares += x.data[i + (d - c) * plane] ** 2;
        return value * Math.pow(k + (alpha / window) * squares, -beta);
    });
}

// Along axis 0 (classes, channels), 1 (rows) or 2 (columns).
function softmax(node, [x], y) {
    const axis = node.settings.axis, count = x.shape[axis], step = [x.shape[1] * x.shape[2], x.shape[2], 1][axis];
    for (let i = 0; i < x.data.length; i++) {
        if (Math.floor(i / step) % count) continue; // only the first of each row
        let most = -Infinity, sum = 0;
        for (let k = 0; k < count; k++) most = Math.max(most, x.data[i + k * step]);
        for (let k = 0; k < count; k++) sum += Math.exp(x.data[i + k * step] - most);
        for (let k = 0; k < count; k++) y.data[i + k * step] = Math.exp(x.data[i + k * step] - most) / sum;
    }
}

function randomSlope(node, [x], y) {
    const slope = (node.settings.lower + node.settings.upper) / 2;
    each(x, y, (value) => (value > 0 ? value : slope * value));
}

function dropout(node, [x], y) {
    const factor = node.settings.scales_in_evaluation ? 1 - node.settings.rate : 1;
    each(x, y, (value) => value * factor);
}

function add(node, xs, y) {
    y.data.set(xs[0].data);
    for (const x of xs.slice(1)) for (let i = 0; i < x.data.length; i++) y.data[i] += x.data[i];
}

function concat(node, xs, y) {
    let at = 0;
    for (const x of xs) y.data.set(x.data, at), (at += x.data.length);
}

function slice(node, [x], y) {
    const plane = x.shape[1] * x.shape[2], first = node.settings.first * plane;
    y.data.set(x.data.subarray(first, first + y.data.length));
}

const copy = (node, [x], y) => y.data.set(x.data);
