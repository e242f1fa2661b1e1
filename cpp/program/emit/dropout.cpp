#include "kernels/dropout/dropout.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_dropout(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const float rate = static_cast<float>(a.number("rate"));
    a.check(rate >= 0.0f && rate < 1.0f, "rate: expected 0 <= rate < 1, got " + std::to_string(rate));
    const TensorShape& x = given.x();
    const bool whole_channels = a.optional_flag("whole_channels", false);
    const bool scales_in_evaluation = a.optional_flag("scales_in_evaluation", false);
    DropoutForm form{rate, scales_in_evaluation ? 1.0f : 1.0f / (1.0f - rate),
                     whole_channels ? x.height * x.width : 1, layer_number(a)};
    // What the paper's form does then: nothing is dropped.
    if (!given.training && scales_in_evaluation) {
        form.rate = 0.0f;
        form.scale = 1.0f - rate;
    }
    node.does_nothing = !given.training && !scales_in_evaluation;
    node.own = form;
    return x;
}

void emit_dropout(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const DropoutForm form = node.own_as<DropoutForm>();
    e.unlearned(
        node, [&] { return new Dropout(e.features(x), form, e.values(x), e.values(y)); },
        [&e, form, y](float* grad_x) { return new Dropout(e.features(y), form, e.gradient(y), grad_x); });
}

}  // namespace cnn
