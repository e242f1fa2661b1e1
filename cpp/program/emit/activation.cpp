#include "kernels/activation.h"

#include "program/emit/emit.h"

namespace cnn {

void emit_activation(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    e.stage(new ActivationForward(node.activation, e.features(x), e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x] {
        e.backward_stage({e.keep(
            new ActivationBackward(node.activation, e.features(y), e.values(y), e.gradient(y), grad_x))});
    });
}

}  // namespace cnn
