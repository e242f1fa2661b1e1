#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/pooling/pooling.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_max_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair k = a.pair("kernel", 1), s = a.pair("stride", 1), p = a.pair("padding", 0);
    const std::ptrdiff_t rows = x.height + 2 * p.height - k.height, cols = x.width + 2 * p.width - k.width;
    a.check(rows >= 0 && cols >= 0 && x.height > 0 && x.width > 0,
            "kernel: " + sides(k.height, k.width) + misfit(x));
    a.check(x.height <= kMostValues / x.width, "input: expected at most 2^31 - 1 values in a plane");
    a.check(2 * p.height <= k.height && 2 * p.width <= k.width, "padding: expected at most half the kernel");
    const std::ptrdiff_t last_row = rows / s.height * s.height - p.height,
                         last_col = cols / s.width * s.width - p.width;
    a.check(last_row < x.height && last_col < x.width, "padding: a window lies wholly in the padding");
    const TensorShape y{x.channels, rows / s.height + 1, cols / s.width + 1};
    node.pooling = {x.channels, x.height, x.width, y.height, y.width, k.height,
                    k.width,    s.height, s.width, p.height, p.width};
    return y;
}
namespace {

std::string range(std::ptrdiff_t first, std::ptrdiff_t last) {
    return std::to_string(first) + " to " + std::to_string(last);
}

// A gradient is sent into its own window only: what lies elsewhere was not made by the forward pass.
void check_argmax(const PoolingShape& s, std::ptrdiff_t samples, const std::int32_t* argmax) {
    for (std::ptrdiff_t n = 0; n < samples; ++n) {
        for (std::ptrdiff_t c = 0; c < s.channels; ++c) {
            for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
                const std::ptrdiff_t start = oh * s.stride_height - s.padding_height;
                const std::ptrdiff_t top = std::max<std::ptrdiff_t>(start, 0);
                const std::ptrdiff_t bottom = std::min(start + s.kernel_height, s.input_height) - 1;
                for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, ++argmax) {
                    const std::ptrdiff_t begin = ow * s.stride_width - s.padding_width;
                    const std::ptrdiff_t left = std::max<std::ptrdiff_t>(begin, 0);
                    const std::ptrdiff_t right = std::min(begin + s.kernel_width, s.input_width) - 1;
                    std::ptrdiff_t row = top;  // by steps: a division costs more than a window has rows
                    while (row < bottom && *argmax >= (row + 1) * s.input_width) ++row;
                    const std::ptrdiff_t column = *argmax - row * s.input_width;
                    if (column >= left && column <= right) continue;
                    throw std::invalid_argument(
                        "argmax: expected an index within its window, rows " + range(top, bottom) +
                        " and columns " + range(left, right) + " of " + std::to_string(s.input_height) + "x" +
                        std::to_string(s.input_width) + ", got " + std::to_string(*argmax) + " at (" +
                        std::to_string(n) + ", " + std::to_string(c) + ", " + std::to_string(oh) + ", " +
                        std::to_string(ow) + ")");
                }
            }
        }
    }
}

}  // namespace

void emit_max_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const bool needed = e.needs_gradient(x);
    e.make(y, needed);
    float* grad_x = e.gradient_for_reader(x);
    std::int32_t* argmax = nullptr;
    if (needed) {
        argmax = e.kept_indices("argmax", y,
                                [shape = node.pooling](std::ptrdiff_t samples, const std::int32_t* rows) {
                                    check_argmax(shape, samples, rows);
                                });
    }
    if (e.runs_forward()) e.stage(new MaxPoolingForward(node.pooling, e.values(x), e.values(y), argmax));
    if (!grad_x) return;
    e.backward([&e, node, y, grad_x, argmax] {
        const float* rectified = node.rectified_input ? e.values(y) : nullptr;
        e.backward_stage(
            {e.keep(new MaxPoolingBackward(node.pooling, e.gradient(y), argmax, rectified, grad_x))});
    });
}

void single_max_pooling(SingleEmitter& e, const Node& node) {
    e.stage(new SinglePooling(SinglePooling::Kind::kMaximum, node.pooling, e.layout(node.input()),
                              e.layout(node.output)));
}

}  // namespace cnn
