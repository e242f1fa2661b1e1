#include "kernels/pooling/power_pooling.h"

#include <cmath>

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_power_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    a.check(!a.has("dilation") && !a.has("output"), "dilation, output: expected none");
    const double p = a.number("norm");
    a.check(p >= 1.0 && p <= 1e6, "norm: expected 1 to 1e6, got " + std::to_string(p));
    node.own = PowerNorm{static_cast<float>(p), std::floor(p) == p ? static_cast<std::int32_t>(p) : 0};
    return check_max_pooling(given, node);
}

void emit_power_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const PoolingShape& shape = node.pooling;
    const PowerNorm norm = node.own_as<PowerNorm>();
    e.unlearned(
        node, [&] { return new PowerPoolingForward(shape, norm, e.values(x), e.values(y)); },
        [&e, shape, norm, x, y](float* grad_x) {
            return new PowerPoolingBackward(shape, norm, e.values(x), e.gradient(y), grad_x);
        });
}

}  // namespace cnn
