#include <algorithm>

#include "kernels/joins/lane_sums.h"
#include "kernels/single/single_joins.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_add(const Given& given, Node&) {
    const TensorShape& x = given.x();
    for (const TensorShape& other : given.inputs) {
        given.arguments.check(
            other.channels == x.channels && other.height == x.height && other.width == x.width,
            "inputs: expected one shape, got " + text_of(x) + " and " + text_of(other));
    }
    return x;
}

// The sum of its inputs, from the first to the last; each gets the gradient as it is.
void emit_add(Emitter& e, const Node& node) {
    const int y = node.output;
    e.make(y,
           std::any_of(node.inputs.begin(), node.inputs.end(), [&](int x) { return e.needs_gradient(x); }));
    std::vector<const float*> terms;
    std::vector<float*> gradients;
    for (const int x : node.inputs) {
        if (e.runs_forward()) terms.push_back(e.values(x));
        if (float* gradient = e.gradient_for_reader(x)) gradients.push_back(gradient);
    }
    if (e.runs_forward()) e.stage(new LaneSums(e.features(y), terms, e.values(y)));
    e.backward([&e, y, gradients] {
        Stage copies;
        for (float* gradient : gradients)
            copies.push_back(e.keep(new LaneSums(e.features(y), {e.gradient(y)}, gradient)));
        e.backward_stage(std::move(copies));
    });
}

void single_add(SingleEmitter& e, const Node& node) {
    std::vector<SingleTensor> terms;
    for (const int x : node.inputs) terms.push_back(e.layout(x));
    e.stage(new SingleSum(std::move(terms), e.layout(node.output)));
}

}  // namespace cnn
