// What the kinds of convolution have in common: emit/convolution.cpp defines it, those beside it use it.
#pragma once

#include "kernels/algorithms/convolution_algorithms.h"
#include "program/emitter.h"
#include "program/shapes.h"

namespace cnn {

struct ConvolutionSteps {
    SizePair stride, padding, dilation;
};

// The convolution whose inputs have the shape `x` and whose outputs have the shape `y`.
ConvolutionShape convolution_shape(const TensorShape& x, const TensorShape& y, const SizePair& kernel,
                                   const ConvolutionSteps& steps, std::ptrdiff_t groups);

// Takes stride, padding and dilation into node.convolution; the shape of the output.
TensorShape check_convolution_shape(const Given& given, Node& node, std::ptrdiff_t outputs,
                                    const SizePair& kernel, std::ptrdiff_t groups);

// Slot sums of the gradient of the weights, slots[slot][weight_size()]. What has to run in an earlier stage
// goes to `first`.
Op* convolution_weight_gradient(Emitter& e, const ConvolutionShape& shape, ConvolutionAlgorithm algorithm,
                                const float* x, const float* grad_y, float* slots, Stage& first);

}  // namespace cnn
