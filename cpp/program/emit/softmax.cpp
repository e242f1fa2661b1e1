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
    if (axis == 0) node.softmax = {1, x.channels, x.height * x.width};
    if (axis == 1) node.softmax = {x.channels, x.height, x.width};
    if (axis == 2) node.softmax = {x.channels * x.height, x.width, 1};
    return x;
}

void emit_softmax(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) e.stage(new SoftmaxForward(node.softmax, e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x] {
        e.backward_stage({e.keep(new SoftmaxBackward(node.softmax, e.values(y), e.gradient(y), grad_x))});
    });
}

}  // namespace cnn
