#include "kernels/linear/linear.h"

#include "core/layout.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_linear(const Given& given, Node& node) {
    const Sizes sizes = given.arguments.array("weight", {kAnySize, given.x().features()}).shape;
    given.arguments.check(sizes[0] > 0, "weight: expected at least one output");
    node.arrays = learned(given, sizes, sizes[0]);
    return {sizes[0], 1, 1};
}

void emit_linear(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const std::ptrdiff_t inputs = e.features(x), outputs = e.features(y);
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) {
        e.stage(LinearProduct::forward(inputs, outputs, e.values(x), e.values(y), node.arrays.weight,
                                       node.arrays.bias, node.relu));
    }
    // For the gradient of the weights; beside the product, since both wait for x only.
    const Op* to_rows = nullptr;
    float* rows = nullptr;
    if (node.arrays.grad_weight) {
        const std::ptrdiff_t row = linear_row_stride(inputs);
        rows = e.floats(block_count(e.capacity()) * kLanes * row);
        to_rows = e.keep(new FromLanes(inputs, e.values(x), rows, row));
        if (e.runs_forward()) e.beside(to_rows);
    }
    e.backward([&e, node, y, grad_x, inputs, outputs, rows, to_rows] {
        const LearnedArrays& arrays = node.arrays;
        e.undo_relu(node);
        Stage first = e.take_deferred();
        if (to_rows && !e.runs_forward()) first.push_back(to_rows);
        if (to_rows)
            e.later(new LinearWeightGradient(inputs, outputs, rows, e.gradient(y), arrays.grad_weight));
        if (arrays.grad_bias) e.bias_gradient(outputs, 1, e.gradient(y), arrays.grad_bias);
        if (grad_x) {
            first.push_back(
                e.keep(LinearProduct::backward_input(inputs, outputs, e.gradient(y), grad_x, arrays.weight)));
        }
        e.backward_alone(std::move(first));
    });
}

void single_linear(SingleEmitter& e, const Node& node) {
    const SingleTensor &x = e.layout(node.input()), &y = e.layout(node.output);
    e.stage(new SingleLinear(x.features(), y.channels, node.arrays.weight, node.arrays.bias, node.relu,
                             e.vector_of(node.input()), y.values));
}

}  // namespace cnn
