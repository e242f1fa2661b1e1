// Pillow's resampling, with its rounding: bytes by fixed point of 22 bits, floats by sums in float64.

const FILTERS = {
    box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
    bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
    bicubic: [2, (x) => {
        const a = -0.5, t = Math.abs(x);
        return t < 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    }],
};

// For each output place: the first input place that counts, and the weights from there on.
function weightsAlong(length, wanted, [support, filter], isBytes) {
    const scale = length / wanted, wide = Math.max(scale, 1), reach = support * wide, nearer = 1 / wide;
    return Array.from({ length: wanted }, (_, place) => {
        const centre = (place + 0.5) * scale, first = Math.max(0, Math.trunc(centre - reach + 0.5));
        const end = Math.min(length, Math.trunc(centre + reach + 0.5)), weights = [];
        for (let i = first; i < end; i++) weights.push(filter((i - centre + 0.5) * nearer));
        const sum = weights.reduce((a, b) => a + b, 0);
        const shares = Float64Array.from(weights, (w) => (sum ? w / sum : w));
        return { first, weights: isBytes ? shares.map((w) => Math.trunc((w < 0 ? -0.5 : 0.5) + w * 4194304)) : shares };
    });
}

// A picture { data, width, height, channels } of bytes, or a plane of floats, in another size.
function resized(picture, width, height, name) {
    const isBytes = !(picture.data instanceof Float32Array), channels = picture.channels || 1;
    let { data, width: w, height: h } = picture;
    const pass = (length, wanted, outer, inner) => { // along one axis: `inner` values lie between neighbours
        const out = new data.constructor(outer * wanted * inner);
        const steps = weightsAlong(length, wanted, FILTERS[name], isBytes);
        for (let o = 0; o < outer; o++) {
            for (let place = 0; place < wanted; place++) {
                const { first, weights } = steps[place];
                for (let i = 0; i < inner; i++) {
                    let sum = isBytes ? 2097152 : 0, at = (o * length + first) * inner + i;
                    for (let k = 0; k < weights.length; k++, at += inner) sum += data[at] * weights[k];
                    const value = isBytes ? Math.min(Math.max(Math.floor(sum / 4194304), 0), 255) : sum;
                    out[(o * wanted + place) * inner + i] = value;
                }
            }
        }
        data = out;
    };
    // What shrinks far more in height than in width does so first, as in Pillow 13.
    const first = h > height && h - height > 2 * (w - width);
    if (first) pass(h, height, 1, w * channels);
    if (width !== w) pass(w, width, first ? height : h, channels);
    if (height !== h && !first) pass(h, height, 1, width * channels);
    return { ...picture, data, width, height };
}

// ITU-R BT.601 luma as Pillow has it.
function toGrey(picture) {
    if (picture.channels === 1) return picture;
    const { data, width, height } = picture, grey = new Uint8Array(width * height);
    for (let i = 0; i < grey.length; i++) {
        grey[i] = (data[3 * i] * 19595 + data[3 * i + 1] * 38470 + data[3 * i + 2] * 7471 + 0x8000) >> 16;
    }
    return { data: grey, width, height, channels: 1 };
}
