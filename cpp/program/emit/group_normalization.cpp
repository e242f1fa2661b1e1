#include "kernels/group_normalization/group_normalization.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

// `groups` of channels with a weight for each channel, or groups of the last `size` values with one for each.
TensorShape check_group_normalization(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::int64_t groups = a.whole("groups"), size = a.whole("size");
    a.check((groups == 0) != (size == 0), "groups, size: expected one of them, and 0 for the other");
    const std::int64_t parted = size == 0 ? x.channels : x.features(), by = size == 0 ? groups : size;
    a.check(by > 0 && parted % by == 0, (size == 0 ? "groups: " : "size: ") + std::to_string(by) + misfit(x));
    const float epsilon = static_cast<float>(a.number("epsilon"));
    GroupShape shape{};
    if (size == 0) {
        shape = {groups, x.channels / groups, x.height * x.width, false, epsilon};
    } else {
        shape = {x.features() / size, size, 1, true, epsilon};
    }
    node.own = shape;
    node.arrays = optional_learned(given, {shape.weights()});
    return x;
}

void emit_group_normalization(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const GroupShape shape = node.own_as<GroupShape>();
    const bool learns = node.arrays.grad_weight || node.arrays.grad_bias;
    e.make(y, learns || e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    float* statistics = nullptr;
    // The backward pass reads them; where it is emitted apart it makes them anew.
    if (grad_x || learns) statistics = e.floats(block_count(e.capacity()) * shape.groups * 2 * kLanes);
    if (e.runs_forward()) {
        e.stage(new GroupNormalize(shape, node.arrays.weight, node.arrays.bias, e.values(x), e.values(y),
                                   statistics));
    }
    if (!statistics) return;
    e.backward([&e, s = shape, arrays = node.arrays, x, y, grad_x, statistics] {
        if (!e.runs_forward()) e.backward_stage({e.keep(new GroupStatistics(s, e.values(x), statistics))});
        if (grad_x) {
            e.backward_stage({e.keep(new GroupNormalizationBackward(s, arrays.weight, e.values(x),
                                                                    e.gradient(y), statistics, grad_x))});
        }
        if (!arrays.grad_weight && !arrays.grad_bias) return;
        const std::ptrdiff_t count = s.weights(), slots = slot_count(e.capacity());
        float *weight_slots = e.floats(slots * count), *bias_slots = e.floats(slots * count);
        e.later(new GroupWeightGradient(s, e.values(x), e.gradient(y), statistics, weight_slots, bias_slots));
        if (arrays.grad_weight) e.add_slots(count, weight_slots, arrays.grad_weight);
        if (arrays.grad_bias) e.add_slots(count, bias_slots, arrays.grad_bias);
    });
}

}  // namespace cnn
