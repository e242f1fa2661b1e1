#include "kernels/pooling/pooling.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_average_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const bool count_padding = a.flag("count_padding");
    node.own = count_padding;
    const TensorShape y = check_max_pooling(given, node);
    PoolingShape& s = node.pooling;
    a.check(s.dilation_height == 1 && s.dilation_width == 1, "dilation: expected 1");
    a.check(!s.adaptive || !count_padding, "count_padding: expected False, there is none");
    if (a.has("divisor")) s.divisor = a.whole("divisor");
    a.check(s.divisor >= 0 && s.divisor <= kMostValues,
            "divisor: expected 0 to 2^31 - 1, got " + std::to_string(s.divisor));
    return y;
}

void emit_average_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const PoolingShape& shape = node.pooling;
    const bool count_padding = node.own_as<bool>();
    e.unlearned(
        node, [&] { return new AveragePoolingForward(shape, count_padding, e.values(x), e.values(y)); },
        [&e, shape, count_padding, y](float* grad_x) {
            return new AveragePoolingBackward(shape, count_padding, e.gradient(y), grad_x);
        });
}

void single_average_pooling(SingleEmitter& e, const Node& node) {
    const auto kind =
        node.own_as<bool>() ? SinglePooling::Kind::kAverageWithPadding : SinglePooling::Kind::kAverage;
    e.stage(new SinglePooling(kind, node.pooling, e.layout(node.input()), e.layout(node.output)));
}

}  // namespace cnn
