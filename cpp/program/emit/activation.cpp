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
    const Activation function = node.activation;
    e.unlearned(
        node, [&] { return new ActivationForward(function, e.features(x), e.values(x), e.values(y)); },
        [&e, function, x, y](float* grad_x) {
            const float* kept = e.values(kept_by(function.kind) == Kept::kInput ? x : y);
            return new ActivationBackward(function, e.features(y), kept, e.gradient(y), grad_x);
        });
}

void single_activation(SingleEmitter& e, const Node& node) {
    e.stage(new SingleActivation(node.activation, e.layout(node.input()), e.layout(node.output)));
}

}  // namespace cnn
