#include "kernels/softmax/softmax.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_softmax(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::int64_t axis = a.whole("axis");
    a.check(axis >= 0 && axis < 3, "axis: expected 0, 1 or 2, got " + std::to_string(axis));
    a.check(x.features() > 0, "input: expected at least one value");
    if (axis == 0) node.own = SoftmaxShape{1, x.channels, x.height * x.width};
    if (axis == 1) node.own = SoftmaxShape{x.channels, x.height, x.width};
    if (axis == 2) node.own = SoftmaxShape{x.channels * x.height, x.width, 1};
    return x;
}

void emit_softmax(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const SoftmaxShape shape = node.own_as<SoftmaxShape>();
    e.unlearned(
        node, [&] { return new SoftmaxForward(shape, e.values(x), e.values(y)); },
        [&e, shape, y](float* grad_x) {
            return new SoftmaxBackward(shape, e.values(y), e.gradient(y), grad_x);
        });
}

}  // namespace cnn
