#include "kernels/winograd/winograd_weights.h"

namespace cnn {

std::ptrdiff_t winograd_weight_size(const WinogradForm& form, const ConvolutionShape& s) {
    return winograd_points(form) * winograd_apart(s.input_channels * s.output_channels);
}

TransformWinogradWeights::TransformWinogradWeights(const WinogradForm& form, const ConvolutionShape& s,
                                                   bool backward, std::ptrdiff_t max_tile,
                                                   const float* weight, float* transformed)
    : body_(CNN_SELECT_BODY(winograd_weights_body)),
      form_(form),
      backward_(backward),
      weight_(weight),
      transformed_(transformed),
      inputs_(backward ? s.output_channels : s.input_channels),
      outputs_(backward ? s.input_channels : s.output_channels),
      tiles_(ceil_divide(outputs_, max_tile)) {}

void TransformWinogradWeights::run(const Context&, std::ptrdiff_t tile, std::byte*) const {
    const std::ptrdiff_t first = tile_begin(outputs_, tiles_, tile);
    const std::ptrdiff_t outputs = tile_begin(outputs_, tiles_, tile + 1) - first;
    const std::ptrdiff_t taps = form_.taps * form_.taps;
    const std::ptrdiff_t input_step = backward_ ? outputs_ * taps : taps;
    const std::ptrdiff_t output_step = backward_ ? taps : inputs_ * taps;
    body_->transform({form_, weight_ + first * output_step, transformed_ + first * inputs_, inputs_, outputs,
                      outputs, input_step, output_step, winograd_apart(inputs_ * outputs_), backward_});
}

}  // namespace cnn
