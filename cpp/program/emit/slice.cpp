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
    node.own = std::ptrdiff_t{first};
    return {channels, x.height, x.width};
}

// Some channels of the input. The gradient of the others, which this node does not read, stays 0: the buffer
// of one reader is written by that reader alone.
void emit_slice(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const TensorShape& shape = e.shape(x);
    const std::ptrdiff_t offset = node.own_as<std::ptrdiff_t>() * shape.height * shape.width * kLanes;
    const std::ptrdiff_t all = e.features(x), count = e.features(y);
    e.unlearned(
        node, [&] { return new CopyFeatures(count, e.values(x) + offset, all, e.values(y), count); },
        [=, &e](float* grad_x) {
            return new CopyFeatures(count, e.gradient(y), count, grad_x + offset, all);
        });
}

void single_slice(SingleEmitter& e, const Node& node) {
    const SingleTensor& y = e.layout(node.output);
    e.stage(new SingleCopyChannels(e.layout(node.input()), node.own_as<std::ptrdiff_t>(), y, 0, y.channels));
}

}  // namespace cnn
