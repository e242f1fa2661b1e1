// Finds the one glyph of a picture: cnncli/pictures/digit_picture.py. What cannot be read is an Error with one reason.

const WORKING_SIDE = 320;
const several = (n) => `${n} glyphs side by side: one at a time`;

// { pixels, notes, ink, dark, box }: light ink (height, width); the last three only where something was found and cropped.
function findGlyph(picture, darkInk, height, width) {
    if (picture.width === width && picture.height === height) {
        const ready = asItIs(picture, darkInk);
        if (ready) return { pixels: ready.pixels, notes: ready.dark ? ["inverted"] : [] };
    }
    const grey = workingGrey(picture), found = inkOrError(grey, darkInk), glyphs = glyphCount(found.ink);
    if (glyphs > 1) throw new Error(several(glyphs));
    const thick = notTooThin(cropped(found.ink)), around = boxOf(overEdge(found.ink)), ratio = picture.width / grey.width;
    const notes = [...found.notes, ...(thick.changed ? ["thin strokes thickened"] : []), "cropped and centred"];
    const left = found.left || 0, top = found.top || 0;
    const box = [(left + around.left) * ratio, (top + around.top) * ratio, (around.right - around.left) * ratio, (around.bottom - around.top) * ratio];
    return { pixels: centred(thick.ink, height, width), notes, ink: found.ink, dark: found.dark, box };
}

// Grey levels at working size. Ink that differs from the paper more in colour than in luma is taken from its channel.
function workingGrey(picture) {
    const ratio = WORKING_SIDE / Math.max(picture.width, picture.height);
    if (ratio < 1) {
        picture = resized(picture, Math.max(1, roundEven(picture.width * ratio)), Math.max(1, roundEven(picture.height * ratio)), "box");
    }
    const { width, height, channels, data } = picture, luma = toGrey(picture).data;
    if (channels === 1) return mapped(plane(height, width, taken(Float32Array, luma.length)), (_, i) => luma[i]);
    const rangeOf = (values) => values.reduce((a, b) => Math.max(a, b), 0) - values.reduce((a, b) => Math.min(a, b), 255);
    const colours = [0, 1, 2].map((c) => data.filter((_, i) => i % 3 === c)), ranges = colours.map(rangeOf), most = Math.max(...ranges);
    return plane(height, width, new Float32Array(rangeOf(luma) >= 0.5 * most ? luma : colours[ranges.indexOf(most)]));
}

function inkOrError(grey, darkInk) {
    let found = insideFrame(grey, darkInk) || findInk(grey, darkInk);
    if (!found.ink) {
        const inner = insideOfPaper(grey), again = inner && findInk(inner.paper, darkInk);
        if (again && again.ink) found = { ...again, notes: ["cropped to the paper", ...again.notes], left: inner.left, top: inner.top };
    }
    if (!found.ink && darkInk !== null && findInk(grey, null).ink) {
        throw new Error(`no stroke is ${darkInk ? "darker" : "lighter"} than the paper`);
    }
    if (!found.ink) throw new Error(found.reason);
    const clean = withoutDirt(found.ink), alone = withoutRing(clean.ink);
    const more = [...(found.dark ? ["inverted"] : []), ...(clean.changed || alone.changed ? ["frame or dirt removed"] : [])];
    return { ...found, ink: alone.ink, notes: [...found.notes, ...more] };
}

function insideFrame(grey, darkInk) {
    const inner = insideOfFrame(grey), found = inner && findInk(inner.paper, darkInk);
    return found && found.ink ? { ...found, notes: ["frame removed", ...found.notes], left: inner.left, top: inner.top } : null;
}

// { ink, dark, notes }: 0 paper to 1 full ink; or { reason } why none is found or its sign is undecided.
function findInk(grey, darkInk) {
    const cutout = inkOfCutout(grey, darkInk);
    if (cutout) return { ...cutout, notes: [] };
    const { paper, noise } = fittedPaper(grey), threshold = fround(Math.max(LOWEST_CONTRAST, 4 * noise));
    let lighter = 0, darker = 0;
    for (let i = 0; i < grey.data.length; i++) {
        const contrast = fround(grey.data[i] - paper.data[i]);
        lighter += Math.max(contrast - threshold, 0), darker += Math.max(-contrast - threshold, 0);
    }
    let undecided = Math.min(lighter, darker) >= 0.5 * Math.max(lighter, darker), dark = darkInk === null ? darker >= lighter : darkInk;
    let { ink, floor } = shareOfInk(grey, paper, noise, dark), standsOut = over(ink, floor);
    const rim = rimMask(grey.height, grey.width), onRim = (mask) => share({ data: picked(mask.data, rim.data) });
    undecided = undecided || (!dark && strokeWidth(standsOut) > 0.2 * Math.min(grey.height, grey.width));
    if (undecided || onRim(standsOut) > 0.03 || share(standsOut) > 0.08) {
        ({ ink, floor, dark, undecided } = byLocalPaper(grey, darkInk, dark, undecided));
    }
    const ruled = withoutRules(ink, floor), lines = ruled.lines;
    standsOut = over(ruled.ink, floor);
    if (!count(standsOut)) {
        return { reason: lines ? "lines of paper or a box, and no stroke darker than them" : "blank: nothing stands out of the paper" };
    }
    if (darkInk === null && undecided) return { reason: "strokes both darker and lighter than the paper" };
    const full = fround(quantile(picked(ruled.ink.data, standsOut.data), 0.9));
    ink = mapped(ruled.ink, (v, i) => (noise > 1 && !standsOut.data[i] ? 0 : clamp(v, 0, full) / full));
    const strong = over(ink, 0.5);
    if (darkInk === null && (onRim(strong) > 0.4 || looksLikePaper(strong))) {
        return { reason: "ink covers nearly all of it or its border: leave a margin of paper" };
    }
    return { ink, dark, notes: lines ? [`${lines} lines of the paper removed`] : [] };
}

// Light falls on dark ink as on the paper around it: the share that ink swallows does not depend on the light.
function shareOfInk(grey, paper, noise, dark) {
    const threshold = Math.max(LOWEST_CONTRAST, 4 * noise);
    if (dark) {
        const ink = mapped(grey, (g, i) => 1 - fround(g / Math.max(paper.data[i], 1)));
        return { ink, floor: threshold / Math.max(quantile(paper.data, 0.5), 1) };
    }
    const room = mapped(paper, (p) => Math.max(fround(255 - p), 1));
    return { ink: mapped(grey, (g, i) => fround(g - paper.data[i]) / room.data[i]), floor: threshold / quantile(room.data, 0.5) };
}

function byLocalPaper(grey, darkInk, dark, undecided) {
    const found = (darkInk === null && undecided ? [dark, !dark] : [dark]).map((sign) => {
        const { paper, noise } = localPaper(grey, sign), { ink, floor } = shareOfInk(grey, paper, noise, sign), least = fround(floor);
        return { mass: sumOver(mapped(ink, (v) => Math.max(v - least, 0)).data), ink, floor, dark: sign };
    });
    found.sort((a, b) => b.mass - a.mass);
    const clear = found.length === 1 || found[1].mass < 0.5 * found[0].mass;
    return { ...found[0], undecided: undecided && !clear };
}

// Whether the "ink" is a filled area with little missing: a sheet on a table, not a glyph on a sheet.
function looksLikePaper(strong) {
    const box = boxOf(strong);
    return Boolean(box) && share(strong) > 0.3 && count(strong) / ((box.bottom - box.top) * (box.right - box.left)) > 0.65;
}

function insideOfPaper(grey) {
    const { paper, noise } = fittedPaper(grey), least = fround(Math.max(3 * LOWEST_CONTRAST, 4 * noise));
    const sheet = maskOf(grey, (g, i) => Math.abs(fround(g - paper.data[i])) > least);
    if (!looksLikePaper(sheet)) return null;
    const box = boxOf(sheet), tall = box.bottom - box.top - 1, wide = box.right - box.left - 1;
    const top = box.top + Math.floor(tall / 12), left = box.left + Math.floor(wide / 12);
    const h = Math.floor((tall * 10) / 12), w = Math.floor((wide * 10) / 12);
    return Math.min(h, w) >= 8 ? { top, left, paper: cut(grey, top, left, h, w) } : null;
}
