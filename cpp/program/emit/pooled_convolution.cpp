#include "kernels/convolution/pooled_convolution.h"

#include "kernels/pooled_gradient/pooled_gradient.h"
#include "kernels/single/single_pooled_convolution.h"
#include "kernels/winograd/winograd_pooled.h"
#include "program/emit/emit.h"

namespace cnn {

void emit_pooled_convolution(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const ConvolutionShape& shape = node.convolution;
    const LearnedArrays& arrays = node.arrays;
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    std::int32_t* choice = e.training() ? e.index_lanes(e.features(y)) : nullptr;
    if (pooled_winograd_pays(shape, node.pooling)) {
        float* transformed = e.floats(pooled_winograd_weight_size(shape));
        e.prepare(transform_pooled_winograd_weights(shape, arrays.weight, transformed));
        e.stage(new WinogradPooledConvolution(shape, node.pooling, node.relu, e.values(x), e.values(y),
                                              choice, transformed, arrays.bias));
    } else {
        float* packed = e.floats(shape.weight_size());
        e.prepare(new PackConvolutionWeights(shape, false, arrays.weight, packed));
        e.stage(new PooledConvolution(shape, node.pooling, node.relu, e.values(x), e.values(y), choice,
                                      packed, arrays.bias));
    }
    if (!e.training()) return;
    const auto plan = std::make_shared<const PooledGradientPlan>(shape, node.pooling);
    float* rows = e.floats(block_count(e.capacity()) * kLanes * plan->sample);
    e.beside(new PadRows(plan, e.values(x), rows));
    e.backward([&e, node, y, grad_x, choice, plan, rows] {
        const LearnedArrays& learned = node.arrays;
        const PooledOutputs pooled{e.gradient(y), node.relu ? e.values(y) : nullptr, choice};
        Stage first;
        if (grad_x) {
            float* packed_back = e.floats(plan->packed_size);
            e.prepare(new PackPooledWeights(plan, learned.weight, packed_back));
            first.push_back(e.keep(new ListInputGradient(plan, pooled, packed_back, grad_x)));
        }
        e.backward_stage(std::move(first));
        const std::ptrdiff_t slots = slot_count(e.capacity()), weights = node.convolution.weight_size();
        const std::ptrdiff_t outputs = node.convolution.output_channels;
        float* weight_slots = e.floats(slots * weights);
        float* bias_slots = learned.grad_bias ? e.floats(slots * outputs) : nullptr;
        e.later(new ListWeightGradient(plan, pooled, rows, weight_slots, bias_slots));
        e.add_slots(weights, weight_slots, learned.grad_weight);
        if (learned.grad_bias) e.add_slots(outputs, bias_slots, learned.grad_bias);
    });
}

void single_pooled_convolution(SingleEmitter& e, const Node& node) {
    const LearnedArrays& arrays = node.arrays;
    const SingleTensor &x = e.layout(node.input()), &y = e.layout(node.output);
    e.watch(normalization_of(node), y.channels);
    e.watch(arrays.weight, node.convolution.weight_size());
    e.watch(arrays.bias, node.convolution.output_channels);
    auto* convolution =
        new SinglePooledConvolution(node.convolution, arrays.weight, arrays.bias, node.relu, x, y);
    e.packed_together(convolution);
    e.stage(convolution->split_columns());
    e.stage(convolution->convolve());
}

}  // namespace cnn
