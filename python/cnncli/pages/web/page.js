// The page itself: what is drawn goes through the preparation and the network, and what comes of it is shown.

const net = new Network(JSON.parse(document.getElementById("network").textContent),
    floatsOf(document.getElementById("weights").textContent));

// For tests, and for those who try things in the browser's console.
window.cnn = {
    net,
    // Another network on values, which are taken as they are.
    of(description, weights, values) {
        const other = new Network(description, floatsOf(weights));
        other.tensors[0].data.set(values);
        return Array.from(other.runFrom(0).data);
    },
    // A picture as its RGBA bytes in base64: what the preparation makes of it, and the answer.
    read(rgba, width, height) {
        const bytes = new Uint8Array(floatsOf(rgba).buffer);
        try {
            const { pixels, notes } = prepare(opaque(bytes, width, height), net.recipe);
            net.run(pixels);
            return { pixels: Array.from(pixels), notes, probabilities: net.probabilities() };
        } catch (error) {
            return { error: error.message };
        }
    },
    run(pixels) {
        net.run(Uint8Array.from(pixels));
        return { probabilities: net.probabilities(), outputs: Array.from(net.tensors[net.result].data) };
    },
};
