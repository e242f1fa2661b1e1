#include "kernels/pooling/max_unpooling.h"

#include <stdexcept>
#include <string>

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

// In a program the second input is what a max pooling gave, whose places are taken; a layer at once is given
// places, and told the size of its output.
TensorShape check_max_unpooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    UnpoolingShape shape{};
    if (given.at_once) {
        const SizePair y = a.pair("output", 1);
        a.check(y.height <= kMostValues / y.width, "output: expected at most 2^31 - 1 values in a plane");
        shape = {x.channels, x.height * x.width, y.height * y.width, y.height, y.width, false};
    } else {
        const Node* pooling = given.makers.size() == 2 ? given.makers[1] : nullptr;
        a.check(pooling != nullptr && pooling->kind == Kind::kMaxPooling,
                "inputs: expected values and the output of a max pooling");
        const PoolingShape& s = pooling->pooling;
        a.check(x.channels == s.channels && x.height == s.output_height && x.width == s.output_width,
                "inputs: expected values of the shape that the pooling gave, got " + text_of(x));
        shape = {x.channels,     x.height * x.width, s.input_plane(),
                 s.input_height, s.input_width,      s.disjoint()};
    }
    node.own = shape;
    return {x.channels, shape.height, shape.width};
}

namespace {

void check_inside(std::ptrdiff_t places, std::ptrdiff_t count, const std::int32_t* given) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        if (given[i] < 0 || given[i] >= places)
            throw std::invalid_argument("indices: expected 0 to " + std::to_string(places - 1) + ", got " +
                                        std::to_string(given[i]));
    }
}

}  // namespace

void emit_max_unpooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const UnpoolingShape shape = node.own_as<UnpoolingShape>();
    const std::int32_t* places =
        node.pooled >= 0
            ? e.places(node.pooled)
            : e.given_indices("indices", x, [shape](std::ptrdiff_t samples, const std::int32_t* rows) {
                  check_inside(shape.places, samples * shape.channels * shape.values, rows);
              });
    e.unlearned(
        node, [&] { return new MaxUnpoolingForward(shape, e.values(x), places, e.values(y)); },
        [&e, shape, y, places](float* grad_x) {
            return new MaxUnpoolingBackward(shape, e.gradient(y), places, grad_x);
        });
}

}  // namespace cnn
