#include "kernels/padding/zero_padding.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_zero_padding(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::vector<std::int64_t> sides = a.whole_numbers("padding");
    a.check(sides.size() == 4, "padding: expected (left, right, top, bottom)");
    for (const std::int64_t side : sides)
        a.check(side > -(1 << 24) && side < (1 << 24),
                "padding: expected less than 2^24, got " + std::to_string(side));
    node.padding.channels = x.channels;
    node.padding.height = x.height;
    node.padding.width = x.width;
    node.padding.left = sides[0];
    node.padding.right = sides[1];
    node.padding.top = sides[2];
    node.padding.bottom = sides[3];
    const TensorShape y{x.channels, node.padding.output_height(), node.padding.output_width()};
    a.check(y.height > 0 && y.width > 0, "padding: nothing is left of an input of shape " + text_of(x));
    a.check(y.height <= kMostValues / y.width && y.channels <= kMostValues / (y.height * y.width),
            "padding: expected at most 2^31 - 1 values");
    return y;
}

void emit_zero_padding(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) e.stage(new PadWithZeros(node.padding, e.values(x), e.values(y)));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x] {
        e.backward_stage({e.keep(new PadWithZeros(node.padding.reversed(), e.gradient(y), grad_x))});
    });
}

}  // namespace cnn
