#include <algorithm>

#include "program/emit/convolution_parts.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {
namespace {

// Of an axis; the values are below 2^24 but for the size, below 2^31.
std::ptrdiff_t stretched(std::ptrdiff_t size, std::ptrdiff_t kernel, std::ptrdiff_t stride,
                         std::ptrdiff_t padding, std::ptrdiff_t output_padding, std::ptrdiff_t dilation) {
    return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1;
}

}  // namespace

// node.convolution is the convolution whose gradient of the input this is: from y to x.
TensorShape check_transposed_convolution(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair s = a.pair("stride", 1), p = a.pair("padding", 0), d = a.pair("dilation", 1);
    const SizePair more = a.pair("output_padding", 0);
    const std::ptrdiff_t groups = a.whole("groups");
    a.check(groups >= 1 && x.channels % groups == 0, "groups: expected a divisor of the " +
                                                         std::to_string(x.channels) +
                                                         " input channels, got " + std::to_string(groups));
    const Sizes sizes = a.array("weight", {x.channels, kAnySize, kAnySize, kAnySize}).shape;
    const std::ptrdiff_t kh = sizes[2], kw = sizes[3];
    a.check(sizes[1] > 0 && kh > 0 && kw > 0, "weight: shape " + text_of(sizes) + " has no kernel");
    a.check(more.height < std::max(s.height, d.height) && more.width < std::max(s.width, d.width),
            "output_padding: expected less than stride or dilation");
    const TensorShape y{sizes[1] * groups, stretched(x.height, kh, s.height, p.height, more.height, d.height),
                        stretched(x.width, kw, s.width, p.width, more.width, d.width)};
    a.check(y.height > 0 && y.width > 0, "padding: nothing is left of an input of shape " + text_of(x));
    a.check(y.height <= kMostValues / y.width && y.channels <= kMostValues / (y.height * y.width),
            "stride: expected at most 2^31 - 1 values");
    node.convolution = convolution_shape(y, x, {kh, kw}, {s, p, d}, groups);
    node.arrays = learned(given, sizes, y.channels);
    return y;
}

void emit_transposed_convolution(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const ConvolutionShape& shape = node.convolution;
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) {
        const ConvolutionAlgorithm algorithm = choose_backward_input(shape);
        float* packed = e.floats(packed_weight_size(shape, algorithm));
        e.prepare(pack_weights(shape, algorithm, true, node.arrays.weight, packed));
        e.stage(
            convolution_backward_input(shape, algorithm, e.values(x), e.values(y), packed, node.arrays.bias));
    }
    e.backward([&e, node, x, y, grad_x] {
        const ConvolutionShape& s = node.convolution;
        const LearnedArrays& arrays = node.arrays;
        Stage first = e.take_deferred();
        if (arrays.grad_weight) {
            float* slots = e.floats(slot_count(e.capacity()) * s.weight_size());
            e.later(convolution_weight_gradient(e, s, choose_backward_parameters(s), e.gradient(y),
                                                e.values(x), slots, first));
            e.add_slots(s.weight_size(), slots, arrays.grad_weight);
            if (arrays.grad_bias)
                e.bias_gradient(s.input_channels, s.input_height * s.input_width, e.gradient(y),
                                arrays.grad_bias);
        }
        if (grad_x) {
            const ConvolutionAlgorithm algorithm = choose_forward(s);
            float* packed = e.floats(packed_weight_size(s, algorithm));
            e.prepare(pack_weights(s, algorithm, false, arrays.weight, packed));
            first.push_back(
                e.keep(convolution_forward(s, algorithm, e.gradient(y), grad_x, packed, nullptr, false)));
        }
        e.backward_alone(std::move(first));
    });
}

}  // namespace cnn
