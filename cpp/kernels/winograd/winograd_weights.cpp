#include "kernels/winograd/winograd_weights.h"

namespace cnn {

std::ptrdiff_t winograd_weight_size(const WinogradForm& form, const ConvolutionShape& s) {
    return winograd_points(form) * winograd_apart(s.input_channels * s.output_channels);
}

TransformWinogradWeights::TransformWinogradWeights(const WinogradForm& form, const ConvolutionShape& s,
                                                   bool backward, std::ptrdiff_t max_register_tile,
                                                   const float* weight, float* transformed)
    : body_(CNN_SELECT_BODY(winograd_weights_body)),
      form_(form),
      backward_(backward),
      weight_(weight),
      transformed_(transformed),
      inputs_(backward ? s.output_channels : s.input_channels),
      outputs_(backward ? s.input_channels : s.output_channels),
      register_tiles_(ceil_divide(outputs_, max_register_tile)) {}

void TransformWinogradWeights::run(const Context&, std::ptrdiff_t register_tile, std::byte*) const {
    const std::ptrdiff_t first = part_begin(outputs_, register_tiles_, register_tile);
    const std::ptrdiff_t outputs = part_begin(outputs_, register_tiles_, register_tile + 1) - first;
    const std::ptrdiff_t taps = form_.taps * form_.taps;
    const std::ptrdiff_t output_step = backward_ ? taps : inputs_ * taps;
    WinogradFilters filters{};
    filters.form = form_;
    filters.weight = weight_ + first * output_step;
    filters.transformed = transformed_ + first * inputs_;
    filters.inputs = inputs_;
    filters.outputs = filters.lanes = outputs;
    filters.input_step = backward_ ? outputs_ * taps : taps;
    filters.output_step = output_step;
    filters.point = winograd_apart(inputs_ * outputs_);
    filters.flipped = backward_;
    body_->transform(filters);
}

}  // namespace cnn
