// Pillow's resampling, with its rounding: bytes by fixed point of 22 bits, floats by sums in float64.

const FILTERS = {
    box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
    bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
    bicubic: [2, (x) => {
        const a = -0.5, t = Math.abs(x);
        return t < 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    }],
};

// For each output place the first input place that counts, how many do, and their weights, `most` apart.
function weightsAlong(length, wanted, [support, filter], isBytes) {
    const scale = length / wanted, wide = Math.max(scale, 1), reach = support * wide, nearer = 1 / wide, most = 2 * Math.ceil(reach) + 1;
    const firsts = taken(Int32Array, wanted), counts = taken(Int32Array, wanted), weights = taken(Float64Array, wanted * most);
    for (let place = 0; place < wanted; place++) {
        const centre = (place + 0.5) * scale, first = Math.max(0, Math.trunc(centre - reach + 0.5));
        const n = Math.min(length, Math.trunc(centre + reach + 0.5)) - first, at = place * most;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += weights[at + k] = filter((first + k - centre + 0.5) * nearer);
        for (let k = 0; k < n; k++) {
            const share = sum ? weights[at + k] / sum : weights[at + k];
            weights[at + k] = isBytes ? Math.trunc((share < 0 ? -0.5 : 0.5) + share * 4194304) : share;
        }
        firsts[place] = first, counts[place] = n;
    }
    return { firsts, counts, weights, most };
}

// A picture { data, width, height, channels } of bytes, or a plane of floats, in another size.
function resized(picture, width, height, name) {
    const isBytes = !(picture.data instanceof Float32Array), channels = picture.channels || 1;
    let { data, width: w, height: h } = picture;
    const pass = (length, wanted, outer, inner) => { // along one axis: `inner` values lie between neighbours
        const out = taken(data.constructor, outer * wanted * inner);
        const { firsts, counts, weights, most } = weightsAlong(length, wanted, FILTERS[name], isBytes), values = data;
        for (let o = 0, to = 0; o < outer; o++) {
            for (let place = 0; place < wanted; place++) {
                const from = (o * length + firsts[place]) * inner, begin = place * most, end = begin + counts[place];
                for (let i = 0; i < inner; i++) {
                    let sum = isBytes ? 2097152 : 0;
                    for (let k = begin, at = from + i; k < end; k++, at += inner) sum += values[at] * weights[k];
                    out[to++] = isBytes ? clamp(Math.floor(sum / 4194304), 0, 255) : sum;
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
