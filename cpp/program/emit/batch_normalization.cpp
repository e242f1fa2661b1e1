#include "kernels/batch_normalization/batch_normalization.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_batch_normalization(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const Sizes channels{given.x().channels};
    node.arrays = optional_learned(given, channels);
    // Those of a model which must not change may be read-only.
    node.statistics.mean = a.array("running_mean", channels, given.training).values;
    node.statistics.variance = a.array("running_variance", channels, given.training).values;
    node.statistics.momentum = static_cast<float>(a.number("momentum"));
    node.statistics.epsilon = static_cast<float>(a.number("epsilon"));
    return given.x();
}
namespace {

void forward(Emitter& e, const BatchNormalizationArrays& a) {
    if (a.training) {
        e.stage(new BatchSums(a));
        e.stage(new BatchSquares(a));
        e.stage(new BatchStatistics(a));
        e.update(new UpdateRunningStatistics(a));
    } else {
        e.prepare(new BatchStatistics(a));
    }
    e.stage(new BatchNormalize(a));
}

}  // namespace

void emit_batch_normalization(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, true);
    BatchNormalizationArrays a{};
    a.channels = e.shape(x).channels;
    a.positions = e.shape(x).height * e.shape(x).width;
    a.momentum = node.statistics.momentum;
    a.epsilon = node.statistics.epsilon;
    a.input = e.values(x);
    if (e.runs_forward()) a.output = e.values(y);
    a.grad_output = e.gradient(y);
    a.grad_input = e.gradient_for_reader(x);
    a.weight = node.arrays.weight;
    a.bias = node.arrays.bias;
    a.running_mean = node.statistics.mean;
    a.running_variance = node.statistics.variance;
    a.mean = e.kept_floats("mean", a.channels);
    a.variance = e.floats(a.channels);
    a.inverse_std = e.kept_floats("inverse_std", a.channels);
    a.slot_sum = e.floats(kMaxSlots * a.channels);
    a.slot_second = e.floats(kMaxSlots * a.channels);
    a.training = e.training();
    a.relu = node.relu;
    a.unrectify = node.unrectify;
    if (e.runs_forward()) forward(e, a);
    e.backward([&e, a, arrays = node.arrays] {
        e.backward_stage({e.keep(new BatchGradientSums(a))});
        if (a.grad_input) e.backward_stage({e.keep(new BatchNormalizationBackward(a))});
        if (arrays.grad_weight) e.add_slots(a.channels, a.slot_second, arrays.grad_weight);
        if (arrays.grad_bias) e.add_slots(a.channels, a.slot_sum, arrays.grad_bias);
    });
}

void single_batch_normalization(SingleEmitter& e, const Node& node) {
    const SingleTensor &x = e.layout(node.input()), &y = e.layout(node.output);
    const SingleNormalization n = normalization_of(node);
    e.watch(n, y.channels);
    auto* op = new SingleNormalize(n, node.relu, x, y);
    e.stage(op);
    e.packed(op);
}

}  // namespace cnn
