#include "kernels/algorithms/convolution_algorithms.h"

#include "kernels/winograd/winograd.h"

namespace cnn {

const char* name_of(ConvolutionAlgorithm algorithm) {
    switch (algorithm) {
        case ConvolutionAlgorithm::kDirect:
            return "direct";
        case ConvolutionAlgorithm::kIm2col:
            return "im2col";
        default:
            return "winograd";
    }
}

namespace {

// Direct reads a window of `taps` x 64 bytes at each position and has it in the first-level cache again for
// the next tile and its neighbour as long as it is small; im2col pays for copying once per strip what many
// tiles then share.
constexpr std::ptrdiff_t kDirectTaps = 288;
constexpr std::ptrdiff_t kSharedOutputs = 24;
// A kernel of one tap reads from each channel a line that lies a plane away from the last: with many channels
// none of them is still in the first-level cache for the next tile.
constexpr std::ptrdiff_t kPointwiseInputs = 64;
// Its weight gradient through panels packs each input once, which pays while a picture's positions are few.
constexpr std::ptrdiff_t kPointwisePositions = 256;

ConvolutionAlgorithm choose_gather(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const ConvolutionShape& s) {
    const bool many =
        inputs * s.kernel_area() > kDirectTaps || (s.kernel_area() == 1 && inputs >= kPointwiseInputs);
    return many && outputs > kSharedOutputs ? ConvolutionAlgorithm::kIm2col : ConvolutionAlgorithm::kDirect;
}

}  // namespace

ConvolutionAlgorithm choose_forward(const ConvolutionShape& s) {
    if (winograd_pays(s)) return ConvolutionAlgorithm::kWinograd;
    return choose_gather(s.group_inputs(), s.group_outputs(), s);
}

ConvolutionAlgorithm choose_backward_input(const ConvolutionShape& s) {
    if (winograd_pays(s)) return ConvolutionAlgorithm::kWinograd;
    return choose_gather(s.group_outputs(), s.group_inputs(), s);
}

ConvolutionAlgorithm choose_backward_parameters(const ConvolutionShape& s) {
    if (winograd_gradient_pays(s)) return ConvolutionAlgorithm::kWinograd;
    const std::ptrdiff_t positions = s.output_height * s.output_width;
    const bool pointwise = s.kernel_area() == 1 && s.group_inputs() >= kPointwiseInputs &&
                           s.group_outputs() >= kPointwiseInputs && positions <= kPointwisePositions;
    // Per-lane sums are added over lanes at the end, which costs as much as several positions.
    return positions < 8 || pointwise ? ConvolutionAlgorithm::kIm2col : ConvolutionAlgorithm::kDirect;
}

std::ptrdiff_t packed_weight_size(const ConvolutionShape& s, ConvolutionAlgorithm algorithm) {
    return algorithm == ConvolutionAlgorithm::kWinograd ? winograd_weight_size(s) : s.weight_size();
}

Op* pack_weights(const ConvolutionShape& s, ConvolutionAlgorithm algorithm, bool backward,
                 const float* weight, float* packed) {
    if (algorithm == ConvolutionAlgorithm::kWinograd) {
        return transform_winograd_weights(s, backward, weight, packed);
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
                               const float* grad_output, float* grad_input, const float* packed,
                               const float* bias) {
    if (algorithm == ConvolutionAlgorithm::kWinograd) {
        return WinogradGather::backward_input(s, grad_output, grad_input, packed, bias);
    }
    return ConvolutionGather::backward_input(s, algorithm, grad_output, grad_input, packed, bias);
}

}  // namespace cnn
