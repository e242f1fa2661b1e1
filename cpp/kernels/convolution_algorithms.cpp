#include "kernels/convolution_algorithms.h"

#include "kernels/winograd.h"

namespace cnn {

std::ptrdiff_t packed_weight_size(const ConvolutionShape& s, ConvolutionAlgorithm algorithm) {
    return algorithm == ConvolutionAlgorithm::kWinograd ? winograd_weight_size(s) : s.weight_size();
}

Op* pack_weights(const ConvolutionShape& s, ConvolutionAlgorithm algorithm, bool backward,
                 const float* weight, float* packed) {
    if (algorithm == ConvolutionAlgorithm::kWinograd) {
        return new TransformWinogradWeights(s, backward, weight, packed);
    }
    return new PackConvolutionWeights(s, backward, weight, packed);
}

Op* convolution_forward(const ConvolutionShape& s, ConvolutionAlgorithm algorithm, const float* input,
                        float* output, const float* packed, const float* bias, bool relu) {
    if (algorithm == ConvolutionAlgorithm::kWinograd) {
        return WinogradGather::forward(s, input, output, packed, bias, relu);
    }
    return ConvolutionGather::forward(s, algorithm, input, output, packed, bias, relu);
}

Op* convolution_backward_input(const ConvolutionShape& s, ConvolutionAlgorithm algorithm,
                               const float* grad_output, float* grad_input, const float* packed) {
    if (algorithm == ConvolutionAlgorithm::kWinograd) {
        return WinogradGather::backward_input(s, grad_output, grad_input, packed);
    }
    return ConvolutionGather::backward_input(s, algorithm, grad_output, grad_input, packed);
}

}  // namespace cnn
