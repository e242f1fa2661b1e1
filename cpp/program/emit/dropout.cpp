#include "kernels/dropout/dropout.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_dropout(const Given& given, Node& node) {
    node.rate = static_cast<float>(given.arguments.number("rate"));
    given.arguments.check(node.rate >= 0.0f && node.rate < 1.0f,
                          "rate: expected 0 <= rate < 1, got " + std::to_string(node.rate));
    const std::int64_t layer = given.arguments.whole("layer");
    given.arguments.check(layer >= 0 && layer < (1 << 24),
                          "layer: expected 0 to 2^24 - 1, got " + std::to_string(layer));
    node.layer = static_cast<std::uint32_t>(layer);
    return given.x();
}

// In training; in evaluation Program adds no node for it.
void emit_dropout(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward())
        e.stage(new Dropout(e.features(x), node.rate, node.layer, e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x] {
        e.backward_stage({e.keep(new Dropout(e.features(y), node.rate, node.layer, e.gradient(y), grad_x))});
    });
}

}  // namespace cnn
