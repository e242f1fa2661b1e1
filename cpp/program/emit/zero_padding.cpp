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
    ZeroPadding form{};
    form.channels = x.channels;
    form.height = x.height;
    form.width = x.width;
    form.left = sides[0];
    form.right = sides[1];
    form.top = sides[2];
    form.bottom = sides[3];
    node.own = form;
    const TensorShape y{x.channels, form.output_height(), form.output_width()};
    a.check(y.height > 0 && y.width > 0, "padding: nothing is left of an input of shape " + text_of(x));
    a.check(y.height <= kMostValues / y.width && y.channels <= kMostValues / (y.height * y.width),
            "padding: expected at most 2^31 - 1 values");
    return y;
}

void emit_zero_padding(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const ZeroPadding form = node.own_as<ZeroPadding>();
    e.unlearned(
        node, [&] { return new PadWithZeros(form, e.values(x), e.values(y)); },
        [&e, form, y](float* grad_x) { return new PadWithZeros(form.reversed(), e.gradient(y), grad_x); });
}

}  // namespace cnn
