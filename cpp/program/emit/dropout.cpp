#include "kernels/dropout/dropout.h"

#include "program/emit/emit.h"

namespace cnn {

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
