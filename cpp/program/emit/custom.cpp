#include "core/layout.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {
namespace {

// A copy of what Python made would need the GIL.
using Shared = std::shared_ptr<const CustomLayer>;

}  // namespace

TensorShape check_custom(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::vector<std::int64_t> sizes = a.whole_numbers("output_shape");
    a.check(sizes.size() == 3, "output_shape: expected (channels, height, width)");
    std::ptrdiff_t left = kMostValues;
    for (const std::int64_t size : sizes) left = size < 1 ? 0 : left / size;
    a.check(left > 0, "output_shape: expected sizes from 1, at most 2^31 - 1 values");
    const Shared layer = a.custom();
    node.own = layer;
    a.check(layer != nullptr, "forward, backward: needed, got none");
    return {sizes[0], sizes[1], sizes[2]};
}

void emit_custom(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const std::ptrdiff_t x_size = e.features(x), y_size = e.features(y);
    const Shared layer = node.own_as<Shared>();
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    float* x_rows = e.floats(e.capacity() * x_size);
    float* y_rows = e.floats(e.capacity() * y_size);
    e.stage(new FromLanes(x_size, e.values(x), x_rows));
    e.call([=](const Context& context) { return layer->forward(context.samples, x_rows, y_rows); });
    e.stage(new ToLanes(y_size, y_rows, e.values(y)));
    if (!e.training()) return;
    float* grad_x_rows = e.floats(e.capacity() * x_size);
    float* grad_y_rows = e.floats(e.capacity() * y_size);
    e.backward([=, &e] {
        e.backward_stage({e.keep(new FromLanes(y_size, e.gradient(y), grad_y_rows))});
        e.backward_call([=](const Context& context) {
            return layer->backward(context.samples, x_rows, grad_y_rows, grad_x_rows,
                                   context.accumulate_gradients);
        });
        if (grad_x) e.backward_stage({e.keep(new ToLanes(x_size, grad_x_rows, grad_x))});
    });
}

void single_custom(SingleEmitter& e, const Node& node) {
    const SingleTensor y = e.layout(node.output);
    const float* from = e.vector_of(node.input());
    float* to = e.floats(y.features());
    e.call([=, custom = node.own_as<Shared>()] {
        if (!custom->forward(1, from, to)) return false;
        single_from_planes(to, y);
        return true;
    });
}

}  // namespace cnn
