// The drawing pad: strokes of a round pen, black on white, by mouse, finger or pen; each can be taken back. They are drawn
// twice: on the screen, and on a small twin of TWIN pixels a side, which the network reads, so that a stroke takes little.
// By keys a spot moves over the pad, and the blank lowers and lifts the pen.

const TWIN = 112, KEY_STEP = 1 / 25;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Pad {
    // changed: called after each change
    constructor(canvas, spot, penWidth, changed) {
        Object.assign(this, { canvas, spot, penWidth, changed, strokes: [], stroke: null, place: [0.5, 0.2] });
        this.twin = element("canvas", { width: TWIN, height: TWIN });
        this.contexts = [canvas.getContext("2d"), this.twin.getContext("2d", { willReadFrequently: true })];
        canvas.addEventListener("pointerdown", (event) => this.begin(event));
        canvas.addEventListener("pointermove", (event) => this.move(event));
        for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.lift());
        canvas.addEventListener("keydown", (event) => this.key(event));
        canvas.addEventListener("blur", () => this.lift());
        this.redraw();
    }

    key(event) {
        const step = STEPS[event.key];
        if (!step && event.key !== " ") return;
        event.preventDefault();
        if (step) this.place = this.place.map((share, axis) => clamp(share + step[axis] * KEY_STEP, 0, 1));
        else if (this.stroke) this.lift();
        else this.lower(null);
        Object.assign(this.spot.style, { left: `${100 * this.place[0]}%`, top: `${100 * this.place[1]}%` });
        if (this.stroke) this.draw([this.place]);
    }

    lower(pointer) {
        this.stroke = { width: this.penWidth(), points: [], pointer };
        this.strokes.push(this.stroke);
        this.spot.className = "down";
    }

    lift() {
        this.spot.className = "";
        if (this.stroke) (this.stroke = null), this.changed();
    }

    begin(event) {
        if (event.button > 0 || this.stroke) return;
        event.preventDefault();
        document.activeElement.blur(); // the keys of the page are for the drawing now
        try {
            this.canvas.setPointerCapture(event.pointerId); // so that a stroke may leave the pad and come back
        } catch (error) { /* a pointer that is gone already */ }
        this.lower(event.pointerId);
        this.add([event]);
    }

    move(event) {
        if (!this.stroke || event.pointerId !== this.stroke.pointer) return;
        const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
        this.add(between.length ? between : [event]);
    }

    add(events) {
        const box = this.canvas.getBoundingClientRect();
        this.draw(events.map((event) => [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]));
    }

    draw(places) {
        for (const place of places) this.line(this.stroke, this.stroke.points.push(place) - 1);
        this.changed();
    }

    // Places and widths are shares of the pad.
    line({ width, points }, end) {
        const [x, y] = points[end], [fromX, fromY] = points[Math.max(0, end - 1)];
        for (const context of this.contexts) {
            const side = context.canvas.width;
            Object.assign(context, { lineWidth: width * side, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
            context.beginPath();
            context.moveTo(fromX * side, fromY * side);
            context.lineTo(x * side, y * side);
            context.stroke();
        }
    }

    redraw() {
        for (const context of this.contexts) {
            context.fillStyle = "#fff";
            context.fillRect(0, 0, context.canvas.width, context.canvas.width);
        }
        for (const stroke of this.strokes) stroke.points.forEach((_, end) => this.line(stroke, end));
    }

    undo() {
        this.keep(this.strokes.slice(0, -1));
    }

    clear() {
        this.keep([]);
    }

    // These strokes alone; one that is being drawn ends.
    keep(strokes) {
        Object.assign(this, { strokes, stroke: null });
        this.spot.className = "";
        this.redraw();
        this.changed();
    }

    // What is drawn, as the preparation takes it.
    picture() {
        const rgba = this.contexts[1].getImageData(0, 0, TWIN, TWIN).data, data = new Uint8Array(TWIN * TWIN);
        for (let i = 0; i < data.length; i++) data[i] = rgba[4 * i];
        return { data, width: TWIN, height: TWIN, channels: 1 };
    }
}
