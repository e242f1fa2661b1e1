// The tables that turn a convolution's geometry into a gather, for one axis.
#pragma once

#include <vector>

#include "kernels/convolution/convolution.h"
#include "kernels/convolution/convolution_body.h"

namespace cnn {

struct Axis {
    std::ptrdiff_t input, output, kernel, stride, padding, dilation;
};

Axis vertical_axis(const ConvolutionShape& shape);
Axis horizontal_axis(const ConvolutionShape& shape);

// For each output coordinate o: the taps k with 0 <= o * stride - padding + k * dilation < input.
std::vector<Taps> forward_taps(const Axis& axis);

// For each input coordinate i: the taps k for which (i + padding - k * dilation) is a multiple of the stride
// whose quotient is an output coordinate; they form a progression in k and in the output coordinate.
std::vector<Taps> backward_taps(const Axis& axis);

}  // namespace cnn
