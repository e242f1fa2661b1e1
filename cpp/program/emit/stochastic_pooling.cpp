#include "kernels/pooling/stochastic_pooling.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_stochastic_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    a.check(!a.has("dilation") && !a.has("output"), "dilation, output: expected none");
    node.own = layer_number(a);  // from which it draws
    return check_max_pooling(given, node);
}

namespace {

// In training a place of each window is drawn, and the gradient goes there as to a maximum.
void emit_drawn(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    float* grad_x = e.gradient_for_reader(x);
    std::int32_t* choice = nullptr;
    if (e.needs_gradient(x)) {
        choice = e.kept_indices("choice", y,
                                [shape = node.pooling](std::ptrdiff_t samples, const std::int32_t* rows) {
                                    check_places(shape, samples, rows, true);
                                });
    }
    if (e.runs_forward())
        e.stage(new StochasticPoolingDraw(node.pooling, node.own_as<std::uint32_t>(), e.values(x),
                                          e.values(y), choice));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x, choice] {
        e.backward_stage(
            {e.keep(new MaxPoolingBackward(node.pooling, e.gradient(y), choice, nullptr, grad_x))});
    });
}

}  // namespace

void emit_stochastic_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    if (e.training()) {
        e.make(y, e.needs_gradient(x));
        return emit_drawn(e, node);
    }
    const PoolingShape& shape = node.pooling;
    e.unlearned(
        node, [&] { return new StochasticPoolingWeigh(shape, e.values(x), e.values(y)); },
        [&e, shape, x, y](float* grad_x) {
            return new StochasticPoolingWeighBackward(shape, e.values(x), e.gradient(y), grad_x);
        });
}

}  // namespace cnn
