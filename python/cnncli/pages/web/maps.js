// The layers as squares, one a value: all maps of a layer on one canvas, drawn anew whenever the network has run.

const LINE = "#e8590c", MOST_PIXELS = 300000, GAP = 3;

class LayerView {
    // pick(k, at): called when a unit is chosen
    constructor(net, k, pick) {
        Object.assign(this, { net, k, node: net.nodes[k], isSeen: false });
        const { name, type, text, own_shape: shape } = this.node;
        this.canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": `${type} ${name}: ${shape.join(" by ")} values; arrow keys choose one` });
        this.section = element("div", { class: "layer" }, element("h3", {}, `${name} ${type} `, element("span", {}, [text.replace("->", "\u2192"), `gives ${shape.join("\u00d7")}`].filter(Boolean).join("; "))), this.canvas);
        this.canvas.addEventListener("click", (event) => {
            const at = this.unitAt(event);
            if (at >= 0) pick(k, at);
        });
        this.canvas.addEventListener("keydown", (event) => {
            const [, height, width] = this.node.shape, chosen = this.chosen === undefined ? 0 : this.chosen, isVector = height * width === 1;
            const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -(isVector ? this.columns : width), ArrowDown: isVector ? this.columns : width, Enter: 0, PageUp: -height * width, PageDown: height * width }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            const at = chosen + step;
            pick(k, at >= 0 && at < size(this.node.shape) ? at : chosen);
        });
    }

    // Tiles of a map each; of a vector squares, a value each.
    layOut(wide) {
        const [maps, height, width] = this.node.shape, least = Math.max(height, width), ideal = least === 1 ? (maps > 400 ? 8 : maps > 100 ? 14 : 20) : 68;
        const side = Math.min(ideal, Math.sqrt(MOST_PIXELS / maps)), zoomOf = (pixels) => Math.max(1, Math.floor(Math.min(pixels / least, wide / width)));
        this.zoom = zoomOf(side);
        this.columns = Math.max(1, Math.min(maps, Math.floor((wide + GAP) / (width * this.zoom + GAP))));
        const rows = Math.ceil(maps / this.columns);
        if (least > 1) { // rows as long as each other, and few maps larger
            this.columns = Math.ceil(maps / rows);
            const room = (wide + GAP) / this.columns - GAP;
            this.zoom = Math.max(this.zoom, zoomOf(Math.min(112, Math.sqrt(MOST_PIXELS / maps), (room * least) / width)));
        }
        this.tile = [height * this.zoom + GAP, width * this.zoom + GAP];
        Object.assign(this.canvas, { width: this.columns * this.tile[1] - GAP, height: rows * this.tile[0] - GAP });
        this.image = null; // made when it is first drawn: many layers are never looked at
        this.isOld = true;
    }

    corner(map) {
        return [Math.floor(map / this.columns) * this.tile[0], (map % this.columns) * this.tile[1]];
    }

    draw() {
        if (!this.image) {
            this.context = this.canvas.getContext("2d");
            this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
            this.pixels = new Uint32Array(this.image.data.buffer);
        }
        const { data, shape: [maps, height, width] } = this.net.tensors[this.k + 1], { zoom, pixels } = this, across = this.canvas.width;
        const colour = scaleOf(data);
        for (let map = 0, at = 0; map < maps; map++) {
            const [top, left] = this.corner(map);
            for (let i = 0; i < height; i++) {
                const line = (top + i * zoom) * across + left;
                for (let j = 0; j < width; j++) {
                    const paint = colour(data[at++]);
                    for (let x = line + j * zoom, end = x + zoom; x < end; x++) pixels[x] = paint;
                }
                for (let z = 1; z < zoom; z++) pixels.copyWithin(line + z * across, line, line + width * zoom);
            }
        }
        this.context.putImageData(this.image, 0, 0);
        this.mark();
        this.isOld = false;
    }

    // The chosen unit, or the window that the chosen unit of a later layer reads.
    mark() {
        const { context, zoom, window: field } = this;
        context.strokeStyle = LINE;
        context.lineWidth = 2;
        const frame = (map, { top, bottom, left, right }) => {
            const [y, x] = this.corner(map);
            context.strokeRect(x + left * zoom - 1, y + top * zoom - 1, (right - left) * zoom + 2, (bottom - top) * zoom + 2);
        };
        if (this.chosen !== undefined) {
            const [map, i, j] = placeOf(this.chosen, this.node.shape);
            frame(map, { top: i, bottom: i + 1, left: j, right: j + 1 });
        }
        if (field && field.maps.length <= 64) for (const map of field.maps) frame(map, field);
    }

    // Where a unit is across the window, pixels: its panel goes to the other side.
    middleOf(at) {
        const box = this.canvas.getBoundingClientRect(), [map, , j] = placeOf(at, this.node.shape);
        return box.left + ((this.corner(map)[1] + j * this.zoom) * box.width) / this.canvas.width;
    }

    unitAt(event) {
        const box = this.canvas.getBoundingClientRect(), [maps, height, width] = this.node.shape;
        const x = ((event.clientX - box.left) * this.canvas.width) / box.width, y = ((event.clientY - box.top) * this.canvas.height) / box.height;
        const map = Math.floor(y / this.tile[0]) * this.columns + Math.floor(x / this.tile[1]), [top, left] = this.corner(map);
        const i = Math.floor((y - top) / this.zoom), j = Math.floor((x - left) / this.zoom);
        return map < maps && i >= 0 && j >= 0 && i < height && j < width ? (map * height + i) * width + j : -1;
    }
}
