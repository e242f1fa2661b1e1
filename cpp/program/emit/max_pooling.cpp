#include "kernels/pooling/pooling.h"
#include "program/emit/emit.h"

namespace cnn {

void emit_max_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const bool needed = e.needs_gradient(x);
    e.make(y, needed);
    float* grad_x = e.gradient_for_reader(x);
    std::int32_t* argmax = needed ? e.index_lanes(e.features(y)) : nullptr;
    e.stage(new MaxPoolingForward(node.pooling, e.values(x), e.values(y), argmax));
    if (!needed) return;
    e.backward([&e, node, y, grad_x, argmax] {
        const float* rectified = node.rectified_input ? e.values(y) : nullptr;
        e.backward_stage(
            {e.keep(new MaxPoolingBackward(node.pooling, e.gradient(y), argmax, rectified, grad_x))});
    });
}

void single_max_pooling(SingleEmitter& e, const Node& node) {
    e.stage(new SinglePooling(SinglePooling::Kind::kMaximum, node.pooling, e.layout(node.input()),
                              e.layout(node.output)));
}

}  // namespace cnn
