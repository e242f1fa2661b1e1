#include "kernels/joins/lane_sums.h"
#include "kernels/single/single_joins.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_slice(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::int64_t first = a.whole("first"), channels = a.whole("channels");
    a.check(first >= 0 && first < x.channels && channels >= 1 && channels <= x.channels - first,
            "first, channels: not among the " + std::to_string(x.channels) + " channels");
    node.first = first;
    return {channels, x.height, x.width};
}

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
