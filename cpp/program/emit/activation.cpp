#include "kernels/activation/activation.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_activation(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::string function = a.text("function");
    try {
        node.activation.kind = activation_from_name(function);
    } catch (const std::invalid_argument& error) {
        a.check(false, error.what());
    }
    node.activation.alpha = static_cast<float>(a.optional_number("alpha", 0.0));
    node.activation.beta = static_cast<float>(a.optional_number("beta", 0.0));
    return given.x();
}

void emit_activation(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward())
        e.stage(new ActivationForward(node.activation, e.features(x), e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, x, y, grad_x] {
        const float* kept = e.values(kept_by(node.activation.kind) == Kept::kInput ? x : y);
        e.backward_stage(
            {e.keep(new ActivationBackward(node.activation, e.features(y), kept, e.gradient(y), grad_x))});
    });
}

void single_activation(SingleEmitter& e, const Node& node) {
    e.stage(new SingleActivation(node.activation, e.layout(node.input()), e.layout(node.output)));
}

}  // namespace cnn
