#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/pooling/pooling.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

namespace {

// Output `o` of one axis has a place inside the input; only with dilation may all lie in the padding.
bool has_place(const PoolingWindow& window) {
    return window.begin < window.end;
}

PoolingShape over(const TensorShape& x) {
    PoolingShape shape{};
    shape.channels = x.channels;
    shape.input_height = x.height;
    shape.input_width = x.width;
    return shape;
}

TensorShape check_adaptive(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    SizePair y = a.pair("output", 0);
    if (y.height == 0) y.height = x.height;  // the size of the input
    if (y.width == 0) y.width = x.width;
    a.check(x.height > 0 && x.width > 0, "output: " + sides(y.height, y.width) + misfit(x));
    PoolingShape& shape = node.pooling = over(x);
    shape.output_height = y.height;
    shape.output_width = y.width;
    shape.adaptive = true;
    // Two more than the quotient: a window may begin and end within a share.
    shape.kernel_height = std::min(x.height, x.height / y.height + 2);
    shape.kernel_width = std::min(x.width, x.width / y.width + 2);
    shape.stride_height = shape.stride_width = 1;
    return {x.channels, y.height, y.width};
}

// Places of a window of this span; `reaches_over`: the last one may reach beyond the padded input.
std::ptrdiff_t places(std::ptrdiff_t input, std::ptrdiff_t span, std::ptrdiff_t stride,
                      std::ptrdiff_t padding, bool reaches_over) {
    const std::ptrdiff_t room = input + 2 * padding - span + (reaches_over ? stride - 1 : 0);
    if (room < 0) return 0;
    const std::ptrdiff_t count = room / stride + 1;
    return reaches_over && (count - 1) * stride >= input + padding ? count - 1 : count;
}

}  // namespace

TensorShape check_max_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    a.check(x.height <= kMostValues / std::max<std::ptrdiff_t>(x.width, 1),
            "input: expected at most 2^31 - 1 values in a plane");
    if (a.has("output")) return check_adaptive(given, node);
    const SizePair k = a.pair("kernel", 1), s = a.pair("stride", 1), p = a.pair("padding", 0);
    const SizePair d = a.has("dilation") ? a.pair("dilation", 1) : SizePair{1, 1};
    const bool reaches_over = a.has("ceil_mode") && a.flag("ceil_mode");
    PoolingShape shape = over(x);
    shape.kernel_height = k.height;
    shape.kernel_width = k.width;
    shape.stride_height = s.height;
    shape.stride_width = s.width;
    shape.padding_height = p.height;
    shape.padding_width = p.width;
    shape.dilation_height = d.height;
    shape.dilation_width = d.width;
    const TensorShape y{x.channels, places(x.height, shape.span_height(), s.height, p.height, reaches_over),
                        places(x.width, shape.span_width(), s.width, p.width, reaches_over)};
    a.check(y.height > 0 && y.width > 0 && x.height > 0 && x.width > 0,
            "kernel: " + sides(k.height, k.width) + misfit(x));
    a.check(2 * p.height <= shape.span_height() && 2 * p.width <= shape.span_width(),
            "padding: expected at most half the kernel");
    shape.output_height = y.height;
    shape.output_width = y.width;
    for (std::ptrdiff_t o = 0; o < y.height && o * s.height < p.height; ++o)
        a.check(has_place(shape.rows(o)), "padding: a window lies wholly in the padding");
    for (std::ptrdiff_t o = 0; o < y.width && o * s.width < p.width; ++o)
        a.check(has_place(shape.cols(o)), "padding: a window lies wholly in the padding");
    a.check(has_place(shape.rows(y.height - 1)) && has_place(shape.cols(y.width - 1)),
            "padding: a window lies wholly in the padding");
    node.pooling = shape;
    return y;
}

namespace {

std::string range(std::ptrdiff_t first, std::ptrdiff_t last) {
    return std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

void check_places(const PoolingShape& s, std::ptrdiff_t samples, const std::int32_t* argmax, bool or_none) {
    for (std::ptrdiff_t n = 0; n < samples; ++n) {
        for (std::ptrdiff_t c = 0; c < s.channels; ++c) {
            for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
                const PoolingWindow rows = s.rows(oh);
                const std::ptrdiff_t top = rows.begin, bottom = rows.end - 1;
                for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, ++argmax) {
                    if (or_none && *argmax == -1) continue;
                    const PoolingWindow cols = s.cols(ow);
                    const std::ptrdiff_t left = cols.begin, right = cols.end - 1;
                    std::ptrdiff_t row = top;  // by steps: a division costs more than a window has rows
                    while (row < bottom && *argmax >= (row + 1) * s.input_width) ++row;
                    const std::ptrdiff_t column = *argmax - row * s.input_width;
                    if (column >= left && column <= right && (row - top) % s.dilation_height == 0 &&
                        (column - left) % s.dilation_width == 0)
                        continue;
                    throw std::invalid_argument(
                        std::string(or_none ? "choice" : "argmax") +
                        ": expected an index within its window, rows " + range(top, bottom) +
                        " and columns " + range(left, right) + " of " + std::to_string(s.input_height) + "x" +
                        std::to_string(s.input_width) + ", got " + std::to_string(*argmax) + " at (" +
                        std::to_string(n) + ", " + std::to_string(c) + ", " + std::to_string(oh) + ", " +
                        std::to_string(ow) + ")");
                }
            }
        }
    }
}

void emit_max_pooling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const bool needed = e.needs_gradient(x) || node.keeps_places;
    e.make(y, e.needs_gradient(x));
    float* grad_x = e.gradient_for_reader(x);
    std::int32_t* argmax = nullptr;
    if (needed) {
        argmax = e.kept_indices("argmax", y,
                                [shape = node.pooling](std::ptrdiff_t samples, const std::int32_t* rows) {
                                    check_places(shape, samples, rows, false);
                                });
    }
    if (node.keeps_places) e.set_places(y, argmax);
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
