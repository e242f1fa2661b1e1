#include <algorithm>

#include "kernels/joins/lane_sums.h"
#include "kernels/single/single_joins.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_concat(const Given& given, Node&) {
    TensorShape y = given.x();
    y.channels = 0;
    for (const TensorShape& other : given.inputs) {
        given.arguments.check(
            other.height == y.height && other.width == y.width,
            "inputs: expected one height and width, got " + text_of(given.x()) + " and " + text_of(other));
        y.channels += other.channels;
    }
    given.arguments.check(y.channels <= kMostValues / std::max<std::ptrdiff_t>(y.height * y.width, 1),
                          "inputs: expected at most 2^31 - 1 values together");
    return y;
}

// The channels of the first input, then those of the second, and so on.
void emit_concat(Emitter& e, const Node& node) {
    const int y = node.output;
    const std::ptrdiff_t size = e.features(y);
    e.make(y,
           std::any_of(node.inputs.begin(), node.inputs.end(), [&](int x) { return e.needs_gradient(x); }));
    struct Part {
        std::ptrdiff_t offset, size;
        float* gradient;
    };
    std::vector<Part> parts;
    std::ptrdiff_t offset = 0;
    for (const int x : node.inputs) {
        if (e.runs_forward()) {
            CopyFeatures* copy = new CopyFeatures(e.features(x), e.values(x), e.features(x),
                                                  e.values(y) + offset * kLanes, size);
            parts.empty() ? e.stage(copy) : e.beside(copy);
        }
        parts.push_back({offset, e.features(x), e.gradient_for_reader(x)});
        offset += e.features(x);
    }
    e.backward([&e, y, size, parts] {
        Stage copies;
        for (const Part& part : parts) {
            if (!part.gradient) continue;
            copies.push_back(e.keep(new CopyFeatures(part.size, e.gradient(y) + part.offset * kLanes, size,
                                                     part.gradient, part.size)));
        }
        e.backward_stage(std::move(copies));
    });
}

void single_concat(SingleEmitter& e, const Node& node) {
    std::ptrdiff_t channel = 0;
    for (const int x : node.inputs) {
        const SingleTensor& from = e.layout(x);
        e.stage(new SingleCopyChannels(from, 0, e.layout(node.output), channel, from.channels));
        channel += from.channels;
    }
}

}  // namespace cnn
