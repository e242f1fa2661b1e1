// The paper under the ink, as cnncli/pictures/segmentation/paper.py finds it: a smooth surface, or what remains of the
// picture once all strokes are filled.

const LOWEST_CONTRAST = 10; // grey levels

// { paper: plane, noise }: a constant, a plane, a quadratic surface fitted to the border, then to all that looks like it.
function fittedPaper(grey) {
    const sparse = Math.max(1, Math.floor(Math.min(grey.height, grey.width) / 40));
    const h = Math.ceil(grey.height / sparse), w = Math.ceil(grey.width / sparse), n = h * w;
    const samples = new Float64Array(n), basis = new Float64Array(6 * n), rim = rimMask(h, w).data, everywhere = new Uint8Array(n).fill(1);
    for (let i = 0; i < n; i++) {
        const row = Math.floor(i / w), column = i % w;
        samples[i] = grey.data[row * sparse * grey.width + column * sparse];
        basis.set(quadratic(along(row, h), along(column, w)), 6 * i);
    }
    const surface = new Float64Array(n).fill(quantile(picked(samples, rim), 0.5)), residual = new Float64Array(n), like = new Uint8Array(n);
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
    const paper = plane(grey.height, grey.width), [one, ofX, ofY, ofXX, ofXY, ofYY] = weights;
    for (let i = 0, at = 0; i < grey.height; i++) {
        const y = along(i, grey.height);
        for (let j = 0; j < grey.width; j++) {
            const x = along(j, grey.width), value = one + ofX * x + ofY * y + ofXX * x * x + ofXY * x * y + ofYY * y * y;
            paper.data[at++] = value < low ? low : value > high ? high : value;
        }
    }
    return { paper, noise };
}

const along = (i, length) => (length === 1 ? -1 : i === length - 1 ? 1 : -1 + i * (2 / (length - 1)));
const quadratic = (y, x) => [1, x, y, x * x, x * y, y * y];

function deviation(values) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

// By the normal equations, whose matrix is turned into its axes by Jacobi's rotations: of several solutions the shortest.
function leastSquares(basis, values, like, n) {
    const a = Array.from({ length: n }, () => new Array(n).fill(0)), b = new Array(n).fill(0);
    for (let k = 0; k < like.length; k++) {
        if (!like[k]) continue;
        for (let i = 0; i < n; i++) {
            b[i] += basis[6 * k + i] * values[k];
            for (let j = 0; j <= i; j++) a[i][j] += basis[6 * k + i] * basis[6 * k + j];
        }
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j][i] = a[i][j];
    const axes = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
    for (let sweep = 0; sweep < 30; sweep++) {
        for (let p = 0; p < n; p++) {
            for (let q = p + 1; q < n; q++) {
                if (Math.abs(a[p][q]) < 1e-300) continue;
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
