#include "kernels/dropout/dropout.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

// Without `scales_in_evaluation` a program that evaluates has no node for it.
TensorShape check_dropout(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const float rate = static_cast<float>(a.number("rate"));
    a.check(rate >= 0.0f && rate < 1.0f, "rate: expected 0 <= rate < 1, got " + std::to_string(rate));
    const TensorShape& x = given.x();
    const bool whole_channels = a.optional_flag("whole_channels", false);
    node.scales_in_evaluation = a.optional_flag("scales_in_evaluation", false);
    node.dropout = {rate, node.scales_in_evaluation ? 1.0f : 1.0f / (1.0f - rate),
                    whole_channels ? x.height * x.width : 1, layer_number(a)};
    // What the paper's form does then: nothing is dropped.
    if (!given.training && node.scales_in_evaluation) {
        node.dropout.rate = 0.0f;
        node.dropout.scale = 1.0f - rate;
    }
    return x;
}

void emit_dropout(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) e.stage(new Dropout(e.features(x), node.dropout, e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x] {
        e.backward_stage({e.keep(new Dropout(e.features(y), node.dropout, e.gradient(y), grad_x))});
    });
}

}  // namespace cnn
