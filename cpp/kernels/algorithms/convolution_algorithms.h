// The algorithm of a convolution, and its operations by it, for those who build programs of them.
#pragma once

#include "kernels/convolution/convolution.h"

namespace cnn {

// Chosen by shape alone, never by timing or the number of threads.
ConvolutionAlgorithm choose_forward(const ConvolutionShape& shape);
ConvolutionAlgorithm choose_backward_input(const ConvolutionShape& shape);
ConvolutionAlgorithm choose_backward_parameters(const ConvolutionShape& shape);

constexpr ConvolutionAlgorithm kConvolutionAlgorithms[] = {
    ConvolutionAlgorithm::kDirect, ConvolutionAlgorithm::kIm2col, ConvolutionAlgorithm::kWinograd};
const char* name_of(ConvolutionAlgorithm algorithm);

// Floats of the weights in the order that the algorithm reads them.
std::ptrdiff_t packed_weight_size(const ConvolutionShape& shape, ConvolutionAlgorithm algorithm);

// The caller owns the operations. `packed`: packed_weight_size() floats, written by pack_weights with the
// algorithm and direction of their reader.
Op* pack_weights(const ConvolutionShape& shape, ConvolutionAlgorithm algorithm, bool backward,
                 const float* weight, float* packed);
Op* convolution_forward(const ConvolutionShape& shape, ConvolutionAlgorithm algorithm, const float* input,
                        float* output, const float* packed, const float* bias, bool relu);
Op* convolution_backward_input(const ConvolutionShape& shape, ConvolutionAlgorithm algorithm,
                               const float* grad_output, float* grad_input, const float* packed,
                               const float* bias = nullptr);

}  // namespace cnn
