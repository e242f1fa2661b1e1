// The layout of MNIST's digits: segmentation/layout.py and as_mnist.py. Strokes not too thin, fitted to 20/28 of the size,
// centred by mass.

const boxSide = (side) => roundEven((side * 20) / 28);

// { pixels, dark }: the picture itself as light ink, if it lies as MNIST's do; else null.
function asItIs(picture, darkInk) {
    const { data, width, height, channels } = picture, grey = plane(height, width, data.filter((_, i) => i % channels === 0));
    const rim = picked(grey.data, rimMask(height, width).data), most = Math.floor(rim.length / 2) + 1;
    const full = rim.filter((v) => v === 255).length >= most, none = rim.filter((v) => v === 0).length >= most;
    if (!(full || none) || data.some((v, i) => v !== data[i - (i % channels)]) || (darkInk !== null && darkInk !== full)) return null;
    const light = full ? mapped(grey, (v) => 255 - v) : grey, box = boxOf(maskOf(light, (v) => v > 0));
    if (!box || !light.data.some((v) => v >= 128)) return null;
    const tall = box.bottom - box.top, wide = box.right - box.left, boxTall = boxSide(height), boxWide = boxSide(width);
    if (tall > boxTall || wide > boxWide || (tall < boxTall - 2 && wide < boxWide - 2)) return null;
    let total = 0, down = 0, right = 0, squares = 0, inked = 0;
    const set = (i, j) => (i >= 0 && j >= 0 && light.data[i * width + j] > 0 ? 1 : 0);
    for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
            const v = light.data[i * width + j];
            total += v, down += v * i, right += v * j, inked += set(i, j);
            squares += set(i, j) & set(i - 1, j) & set(i, j - 1) & set(i - 1, j - 1);
        }
    }
    const off = (length, sum) => Math.abs(roundEven(length / 2 - (sum / Math.max(total, 1e-6) + 0.5))) > 1;
    if (off(height, down) || off(width, right) || squares < 0.12 * inked) return null;
    return { pixels: light.data, dark: full };
}

function cropped(ink) {
    const box = boxOf(overEdge(ink));
    return cut(ink, box.top, box.left, box.bottom - box.top, box.right - box.left);
}

// { ink, changed }: hairlines, which would fade to grey, as wide as the pens of MNIST.
function notTooThin(ink) {
    const side = Math.max(ink.height, ink.width), isSmall = side < 48, same = { ink, changed: false };
    const missing = (isSmall ? 0.12 : 0.075) * side - strokeWidth(over(ink, 0.5));
    if ((missing < 1 && !isSmall) || (side < 96 && missing <= 0.12)) return same;
    const factor = side < 96 ? Math.ceil(96 / side) : 1;
    if (side < 96) {
        const large = resized(padded(ink, 1, 0), (ink.width + 2) * factor, (ink.height + 2) * factor, "bicubic");
        ink = mapped(large, (v) => clamp(v, 0, 1));
    }
    const reach = Math.min(roundEven((missing * factor) / 2) || 1, Math.max(ink.height, ink.width));
    const closed = isSmall ? roundEven(0.7 * factor) : 0;
    let wide = highest(padded(ink, reach + closed, 0), reach + closed);
    if (closed) wide = highest(wide, closed, true);
    return { ink: wide, changed: true };
}

// Fits the crop to the box and moves its centre of mass to the centre: Uint8Array (height, width).
function centred(ink, height, width) {
    const ratio = Math.min(boxSide(height) / ink.height, boxSide(width) / ink.width);
    const w = Math.max(1, roundEven(ink.width * ratio)), h = Math.max(1, roundEven(ink.height * ratio));
    let fitted = mapped(resized(ink, w, h, "bicubic"), (v) => clamp(v, 0, 1));
    const most = Math.max(fitted.data.reduce((a, b) => Math.max(a, b), 0), fround(1e-6));
    fitted = mapped(fitted, (v) => v / most);
    const total = sumPairwise(fitted.data), columns = new Float32Array(w);
    let row = 0;
    for (let i = 0; i < h; i++) {
        const line = fitted.data.subarray(i * w, (i + 1) * w);
        row += i * sumPairwise(line);
        line.forEach((v, j) => (columns[j] += v));
    }
    const column = columns.reduce((sum, v, j) => sum + v * j, 0);
    const top = clamp(roundEven(height / 2 - (row / total + 0.5)), 0, height - h);
    const left = clamp(roundEven(width / 2 - (column / total + 0.5)), 0, width - w), pixels = new Uint8Array(height * width);
    for (let i = 0; i < h; i++) {
        for (let j = 0; j < w; j++) pixels[(top + i) * width + left + j] = roundEven(fround(fitted.data[i * w + j] * 255));
    }
    return pixels;
}

// A sum in float32 in the order of NumPy's, so that a glyph that is as far from both pixels goes to the same one.
function sumPairwise(a) {
    const n = a.length;
    if (n < 8) return a.reduce((sum, v) => fround(sum + v), n ? -0 : 0);
    if (n > 128) {
        const half = Math.floor(n / 2) - (Math.floor(n / 2) % 8);
        return fround(sumPairwise(a.subarray(0, half)) + sumPairwise(a.subarray(half)));
    }
    const r = Float32Array.from(a.subarray(0, 8)), end = n - (n % 8);
    for (let i = 8; i < end; i++) r[i % 8] += a[i];
    const pair = (i) => fround(r[i] + r[i + 1]);
    let sum = fround(fround(pair(0) + pair(2)) + fround(pair(4) + pair(6)));
    for (let i = end; i < n; i++) sum = fround(sum + a[i]);
    return sum;
}
