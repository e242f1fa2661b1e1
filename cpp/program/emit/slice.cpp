#include "kernels/joins/lane_sums.h"
#include "kernels/single/single_joins.h"
#include "program/emit/emit.h"

namespace cnn {

// Some channels of the input. The gradient of the others, which this node does not read, stays 0: the buffer
// of one reader is written by that reader alone.
void emit_slice(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const TensorShape& shape = e.shape(x);
    const std::ptrdiff_t offset = node.first * shape.height * shape.width * kLanes;
    const std::ptrdiff_t all = e.features(x), count = e.features(y);
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) e.stage(new CopyFeatures(count, e.values(x) + offset, all, e.values(y), count));
    if (!grad_x) return;
    e.backward([&e, y, grad_x, offset, all, count] {
        e.backward_stage({e.keep(new CopyFeatures(count, e.gradient(y), count, grad_x + offset, all))});
    });
}

void single_slice(SingleEmitter& e, const Node& node) {
    const SingleTensor& y = e.layout(node.output);
    e.stage(new SingleCopyChannels(e.layout(node.input()), node.first, y, 0, y.channels));
}

}  // namespace cnn
