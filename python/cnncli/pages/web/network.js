// The network of this page: its nodes, in the order in which they run, and the numbers that they learned.
//
// A tensor is { data: Float32Array, shape: [channels, height, width] }, one sample as the core of cnn has it; a vector
// is [values, 1, 1], a sequence [channels, 1, length]. Tensor 0 is the input, tensor k + 1 what node k gives.

const size = (shape) => shape[0] * shape[1] * shape[2];
const emptyTensor = (shape) => ({ data: new Float32Array(size(shape)), shape });

// The floats of a text with eleven characters for nine bytes, as cnncli/pages/network_page.py writes it.
function floatsOf(text) {
    const bytes = new Uint8Array((text.length / 11) * 9), part = 2 ** 36;
    for (let i = 0, at = 0; i < text.length; ) {
        let high = 0, low = 0; // 36 bits each
        for (const end = i + 11; i < end; i++) {
            const code = text.charCodeAt(i), sum = low * 94 + code - (code > 60 ? 33 : 32), carry = Math.floor(sum / part);
            low = sum - carry * part;
            high = high * 94 + carry;
        }
        for (let shift = 28; shift >= 4; shift -= 8) bytes[at++] = Math.floor(high / 2 ** shift);
        bytes[at++] = (high % 16) * 16 + Math.floor(low / 2 ** 32);
        for (let shift = 24; shift >= 0; shift -= 8) bytes[at++] = low / 2 ** shift;
    }
    return new Float32Array(bytes.buffer, 0, bytes.length >> 2);
}

class Network {
    // description: what cnncli/exports/nodes.py writes; weights: all learned numbers, one after the other
    constructor(description, weights) {
        Object.assign(this, description);
        for (const node of this.nodes) {
            for (const array of Object.values(node.arrays)) {
                array.values = weights.subarray(array.offset, array.offset + array.shape.reduce((a, b) => a * b, 1));
            }
        }
        this.tensors = [emptyTensor(this.input), ...this.nodes.map((node) => emptyTensor(node.shape))];
        this.table = this.recipe.mean.map((mean, channel) => tableOf(mean, this.recipe.scale[channel]));
    }

    // pixels: Uint8Array (channels, height, width), as the preparation gives them; the result is the last tensor
    run(pixels) {
        const input = this.tensors[0].data, plane = pixels.length / this.table.length;
        for (let i = 0; i < pixels.length; i++) input[i] = this.table[Math.floor(i / plane)][pixels[i]];
        return this.runFrom(0);
    }

    // All nodes on what stands in tensor 0.
    runFrom(first) {
        for (let k = first; k < this.nodes.length; k++) {
            const node = this.nodes[k];
            KINDS[node.kind].run(node, node.inputs.map((index) => this.tensors[index]), this.tensors[k + 1]);
        }
        return this.tensors[this.result];
    }

    // The probability of each class from the outputs, as cnn predict says it: network/answers.py, confidence.py.
    probabilities() {
        const logs = logProbabilities(Array.from(this.tensors[this.result].data), this.outputs);
        return this.temperature === 1 ? logs.map(Math.exp) : logSoftmaxOf(logs.map((v) => v / this.temperature)).map(Math.exp);
    }
}

// What each byte becomes: (byte / 255 - mean) / scale in float32.
function tableOf(mean, scale) {
    const round = Math.fround, table = new Float32Array(256);
    for (let byte = 0; byte < 256; byte++) table[byte] = round(round(byte / 255) - round(mean)) / round(scale);
    return table;
}

function logSoftmaxOf(values) {
    const most = Math.max(...values);
    const log = most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
    return values.map((value) => value - log);
}

function logProbabilities(values, outputs) {
    if (outputs === "scores") return logSoftmaxOf(values);
    const least = 1e-7;
    const yes = values.map((value) => {
        const p = outputs === "logit" ? 1 / (1 + Math.exp(-value)) : outputs === "probability" ? value : (1 + value) / 2;
        return Math.min(Math.max(p, least), 1 - least);
    });
    const total = yes.reduce((a, b) => a + b, 0);
    return (yes.length === 1 ? [1 - yes[0], yes[0]] : yes.map((p) => p / total)).map(Math.log);
}
