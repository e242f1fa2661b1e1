#include "kernels/activation/activation.h"
#include "kernels/dropout/dropout.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

// In evaluation it is a leaky ReLU with the mean of the slopes.
TensorShape check_random_slope(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const double lower = a.number("lower"), upper = a.number("upper");
    a.check(lower <= upper,
            "upper: expected at least lower, " + std::to_string(lower) + ", got " + std::to_string(upper));
    node.own = SlopeRange{static_cast<float>(lower), static_cast<float>(upper), layer_number(a)};
    node.activation = {ActivationKind::leaky_relu, static_cast<float>((lower + upper) / 2), 0.0f};
    return given.x();
}

void emit_random_slope(Emitter& e, const Node& node) {
    if (!e.training()) return emit_activation(e, node);
    const int x = node.input(), y = node.output;
    const SlopeRange slopes = node.own_as<SlopeRange>();
    e.unlearned(
        node, [&] { return new RandomSlope(e.features(x), slopes, e.values(x), e.values(x), e.values(y)); },
        [&e, slopes, x, y](float* grad_x) {
            return new RandomSlope(e.features(y), slopes, e.values(x), e.gradient(y), grad_x);
        });
}

void single_random_slope(SingleEmitter& e, const Node& node) {
    single_activation(e, node);
}

}  // namespace cnn
