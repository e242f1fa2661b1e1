#include "kernels/pooling/sub_sampling.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_sub_sampling(const Given& given, Node& node) {
    const std::ptrdiff_t channels = given.x().channels;
    node.arrays = learned(given, {channels}, channels);
    given.arguments.check(node.arrays.bias != nullptr, "bias: needed, got none");
    const TensorShape y = check_max_pooling(given, node);
    given.arguments.check(node.pooling.padding_height == 0 && node.pooling.padding_width == 0,
                          "padding: expected 0");
    return y;
}

void emit_sub_sampling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward())
        e.stage(new SubSamplingForward(node.pooling, node.arrays.weight, node.arrays.bias, e.values(x),
                                       e.values(y)));
    e.backward([&e, node, x, y, grad_x] {
        const LearnedArrays& arrays = node.arrays;
        const float* grad_y = e.gradient(y);
        if (grad_x)
            e.backward_stage({e.keep(new SubSamplingBackward(node.pooling, arrays.weight, grad_y, grad_x))});
        const std::ptrdiff_t channels = node.pooling.channels;
        if (arrays.grad_weight) {
            float* slots = e.floats(slot_count(e.capacity()) * channels);
            e.later(new SubSamplingWeightGradient(node.pooling, e.values(x), grad_y, slots));
            e.add_slots(channels, slots, arrays.grad_weight);
        }
        if (arrays.grad_bias)
            e.bias_gradient(channels, node.pooling.output_plane(), grad_y, arrays.grad_bias);
    });
}

}  // namespace cnn
