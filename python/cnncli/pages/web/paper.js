// The paper under the ink, as cnncli/pictures/segmentation/paper.py finds it: a smooth surface, or what remains of the
// picture once all strokes are filled.

const LOWEST_CONTRAST = 10; // grey levels

// { paper: plane, noise }: a constant, a plane, a quadratic surface fitted to the border, then to all that looks like it.
function fittedPaper(grey) {
    const sparse = Math.max(1, Math.floor(Math.min(grey.height, grey.width) / 40));
    const h = Math.ceil(grey.height / sparse), w = Math.ceil(grey.width / sparse), n = h * w;
    const samples = taken(Float64Array, n), basis = basisOf(h, w), rim = rimMask(h, w).data, everywhere = taken(Uint8Array, n).fill(1);
    for (let row = 0, i = 0; row < h; row++) {
        for (let column = 0; column < w; column++) samples[i++] = grey.data[row * sparse * grey.width + column * sparse];
    }
    const surface = taken(Float64Array, n).fill(quantile(picked(samples, rim), 0.5)), residual = taken(Float64Array, n), like = taken(Uint8Array, n);
    let weights, low, high, noise = 0;
    for (const [terms, where] of [[1, rim], [3, rim], [6, rim], [6, everywhere], [6, everywhere]]) {
        for (let i = 0; i < n; i++) residual[i] = Math.abs(samples[i] - surface[i]);
        const most = Math.max(LOWEST_CONTRAST, 2.5 * 1.4826 * quantile(picked(residual, where), 0.5));
        low = Infinity, high = -Infinity;
        for (let i = 0; i < n; i++) {
            like[i] = where[i] && residual[i] <= most ? 1 : 0;
            if (like[i]) low = Math.min(low, samples[i]), high = Math.max(high, samples[i]);
        }
        if (sumOver(like) < 4 * terms) {
            const rimOfAll = rimMask(grey.height, grey.width).data, middle = quantile(picked(grey.data, rimOfAll), 0.5);
            return { paper: mapped(grey, () => middle), noise };
        }
        weights = leastSquares(basis, samples, like, terms);
        for (let i = 0; i < n; i++) {
            let sum = 0;
            for (let k = 0; k < terms; k++) sum += weights[k] * basis[6 * i + k];
            surface[i] = clamp(sum, low, high), residual[i] = samples[i] - surface[i];
        }
        noise = deviation(picked(residual, like));
    }
    const paper = plane(grey.height, grey.width), [one, ofX, ofY, ofXX, ofXY, ofYY] = weights, xs = taken(Float64Array, grey.width);
    for (let j = 0; j < grey.width; j++) xs[j] = along(j, grey.width);
    for (let i = 0, at = 0; i < grey.height; i++) {
        const y = along(i, grey.height);
        for (let j = 0; j < grey.width; j++) {
            const x = xs[j], value = one + ofX * x + ofY * y + ofXX * x * x + ofXY * x * y + ofYY * y * y;
            paper.data[at++] = value < low ? low : value > high ? high : value;
        }
    }
    return { paper, noise };
}

const along = (i, length) => (length === 1 ? -1 : i === length - 1 ? 1 : -1 + i * (2 / (length - 1)));

// 1, x, y, x x, x y, y y of each place; that of the last size is kept, since strokes on a pad all have one.
let lastBasis = {};
function basisOf(h, w) {
    if (lastBasis.h === h && lastBasis.w === w) return lastBasis.values;
    const values = new Float64Array(6 * h * w);
    for (let row = 0, at = 0; row < h; row++) {
        for (let column = 0; column < w; column++, at += 6) {
            const y = along(row, h), x = along(column, w);
            values[at] = 1, values[at + 1] = x, values[at + 2] = y, values[at + 3] = x * x, values[at + 4] = x * y, values[at + 5] = y * y;
        }
    }
    values.sums = new Float64Array(36);
    for (let at = 0; at < values.length; at += 6) addProducts(values.sums, values, at, 1);
    lastBasis = { h, w, values };
    return values;
}

function addProducts(sums, basis, at, sign) {
    for (let i = 0; i < 6; i++) for (let j = 0; j <= i; j++) sums[6 * i + j] += sign * basis[at + i] * basis[at + j];
}

function deviation(values) {
    const mean = sumOver(values) / values.length;
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2;
    return Math.sqrt(sum / values.length);
}

// By the normal equations, whose matrix is turned into its axes by Jacobi's rotations: of several solutions the shortest.
function leastSquares(basis, values, like, n) {
    const isMost = 2 * sumOver(like) > like.length, sums = isMost ? basis.sums.slice() : new Float64Array(36), b = new Float64Array(6);
    for (let k = 0; k < like.length; k++) {
        if (like[k]) for (let i = 0; i < n; i++) b[i] += basis[6 * k + i] * values[k];
        if (Boolean(like[k]) !== isMost) addProducts(sums, basis, 6 * k, isMost ? -1 : 1); // of most places all less the others
    }
    const a = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => sums[i < j ? 6 * j + i : 6 * i + j]));
    const axes = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
    for (let sweep = 0; sweep < 30; sweep++) {
        for (let p = 0; p < n; p++) {
            for (let q = p + 1; q < n; q++) {
                if (Math.abs(a[p][q]) <= 2 ** -60 * Math.sqrt(Math.abs(a[p][p] * a[q][q]))) continue; // nothing is left to turn
                const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1)), c = 1 / Math.sqrt(t * t + 1), s = t * c;
                for (let k = 0; k < n; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
                for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
                for (let k = 0; k < n; k++) [axes[k][p], axes[k][q]] = [c * axes[k][p] - s * axes[k][q], s * axes[k][p] + c * axes[k][q]];
            }
        }
    }
    const least = Math.max(...a.map((row, i) => Math.abs(row[i]))) * n * 2 ** -52, x = new Array(n).fill(0);
    for (let k = 0; k < n; k++) {
        if (Math.abs(a[k][k]) <= least) continue;
        const part = axes.reduce((sum, row, i) => sum + row[k] * b[i], 0) / a[k][k];
        for (let i = 0; i < n; i++) x[i] += axes[i][k] * part;
    }
    return x;
}

// { paper, noise } where light falls in no simple way: strokes are filled by a closing with a square.
function localPaper(grey, dark) {
    const ratio = Math.min(1, 64 / Math.max(grey.height, grey.width));
    const width = Math.max(1, roundEven(grey.width * ratio)), height = Math.max(1, roundEven(grey.height * ratio));
    let samples = resized(grey, width, height, "box");
    if (!dark) samples = mapped(samples, (v) => -v);
    const reach = Math.max(1, roundEven((0.35 / 2) * Math.min(height, width)));
    let filled = cut(highest(highest(padded(samples, reach), reach), reach, true), reach, reach, height, width);
    if (!dark) filled = mapped(filled, (v) => -v);
    let paper = resized(filled, grey.width, grey.height, "bilinear");
    const factor = fround(quantile(mapped(grey, (g, i) => g / Math.max(paper.data[i], 1)).data, 0.5));
    paper = mapped(paper, (v) => Math.max(fround(v * factor), 1));
    return { paper, noise: 1.4826 * quantile(mapped(grey, (g, i) => Math.abs(g - paper.data[i])).data, 0.5) };
}
