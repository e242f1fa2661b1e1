// How a picture becomes what the network sees: cnncli/pictures/recipe.py. A picture is { data: Uint8Array, width, height,
// channels: 1 or 3 }, the colours of a pixel side by side.

// RGBA of a canvas, laid over white; over black where white would make the picture blank (white ink on nothing).
function opaque(rgba, width, height) {
    let flat = flattened(rgba, 255), isClear = false, isPlain = true, isGrey = true;
    for (let i = 3; i < rgba.length && !isClear; i += 4) isClear = rgba[i] < 255;
    for (let i = 3; i < flat.length && isPlain; i++) isPlain = flat[i] === flat[i - 3];
    if (isClear && isPlain) flat = flattened(rgba, 0);
    for (let i = 0; i < flat.length && isGrey; i += 3) isGrey = flat[i] === flat[i + 1] && flat[i] === flat[i + 2];
    if (!isGrey) return { data: flat, width, height, channels: 3 };
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) data[i] = flat[3 * i];
    return { data, width, height, channels: 1 };
}

function flattened(rgba, filling) {
    const flat = new Uint8Array((rgba.length / 4) * 3);
    for (let i = 0; i < rgba.length / 4; i++) {
        const a = rgba[4 * i + 3] * 128;
        for (let c = 0; c < 3; c++) {
            const sum = rgba[4 * i + c] * a + filling * (32640 - a) + 16384; // as Pillow's alpha_composite
            flat[3 * i + c] = (((sum >> 8) + sum) >> 8) >> 7;
        }
    }
    return flat;
}

// { pixels: Uint8Array (channels, height, width), notes, stages }: stages are pictures with a title, from first to last.
function prepare(picture, recipe) {
    ROOM.used = 0;
    const inner = { ...recipe, height: recipe.height - 2 * recipe.border, width: recipe.width - 2 * recipe.border };
    const { pixels, notes, stages } = recipe.kind === "glyph" ? prepareGlyph(picture, inner) : preparePlain(picture, inner);
    const framed = recipe.border ? withBorder(pixels, inner, recipe) : pixels;
    return { pixels: framed, notes, stages: [...stages, { title: `${recipe.height}\u00d7${recipe.width} pixels go in`, ...interleaved(framed, recipe) }] };
}

function prepareGlyph(picture, recipe) {
    const found = findGlyph(picture, null, recipe.height, recipe.width), isDark = recipe.polarity === "dark-on-light";
    const one = isDark ? found.pixels.map((v) => 255 - v) : found.pixels, stages = [{ title: "the picture", ...picture, box: found.box }];
    if (found.ink) {
        const { height, width } = found.ink, data = new Uint8Array(height * width);
        for (let i = 0; i < data.length; i++) data[i] = roundEven(fround(found.ink.data[i] * 255));
        stages.push({ title: "the ink alone", data: isDark ? data.map((v) => 255 - v) : data, height, width, channels: 1 });
    }
    const pixels = new Uint8Array(one.length * recipe.channels);
    for (let c = 0; c < recipe.channels; c++) pixels.set(one, c * one.length);
    return { pixels, notes: found.notes, stages };
}

function preparePlain(picture, recipe) {
    return { pixels: fitPicture(picture, recipe), notes: [], stages: [{ title: "the picture", ...picture }] };
}

// Scales a picture to fit inside height x width, keeps its proportions, fills up with its border's colour.
function fitPicture(picture, { channels, height, width }) {
    if (channels === 1) picture = toGrey(picture);
    const ratio = Math.min(height / picture.height, width / picture.width);
    const w = Math.max(1, roundEven(picture.width * ratio)), h = Math.max(1, roundEven(picture.height * ratio));
    const small = resized(picture, w, h, "bicubic"), pixels = new Uint8Array(channels * height * width);
    const top = Math.floor((height - h) / 2), left = Math.floor((width - w) / 2);
    for (let c = 0; c < channels; c++) {
        const from = Math.min(c, small.channels - 1), one = plane(h, w, small.data.filter((_, i) => i % small.channels === from));
        const out = pixels.subarray(c * height * width, (c + 1) * height * width);
        if (w !== width || h !== height) out.fill(roundEven(quantile(edgeOf(one), 0.5)));
        for (let i = 0; i < h; i++) out.set(one.data.subarray(i * w, (i + 1) * w), (top + i) * width + left);
    }
    return pixels;
}

// So many pixels more on each side, of the colour that the edge has.
function withBorder(pixels, inner, outer) {
    const made = new Uint8Array(outer.channels * outer.height * outer.width), size = inner.height * inner.width;
    for (let c = 0; c < outer.channels; c++) {
        const one = plane(inner.height, inner.width, pixels.subarray(c * size, (c + 1) * size));
        const out = made.subarray(c * outer.height * outer.width, (c + 1) * outer.height * outer.width).fill(roundEven(quantile(edgeOf(one), 0.5)));
        for (let i = 0; i < one.height; i++) {
            out.set(one.data.subarray(i * one.width, (i + 1) * one.width), (outer.border + i) * outer.width + outer.border);
        }
    }
    return made;
}

// Planes one after the other as a picture.
function interleaved(pixels, { channels, height, width }) {
    const data = new Uint8Array(pixels.length), size = height * width;
    for (let i = 0; i < pixels.length; i++) data[(i % size) * channels + Math.floor(i / size)] = pixels[i];
    return { data, height, width, channels };
}
