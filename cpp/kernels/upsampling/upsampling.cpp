#include "kernels/upsampling/upsampling.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cnn {
namespace {

// As PyTorch's area_pixel_compute_scale and compute_scales_value.
float step_of(std::ptrdiff_t input, std::ptrdiff_t output, bool align_corners, double scale) {
    if (align_corners)
        return output > 1 ? static_cast<float>(input - 1) / static_cast<float>(output - 1) : 0.0f;
    return scale > 0 ? static_cast<float>(1.0 / scale)
                     : static_cast<float>(input) / static_cast<float>(output);
}

// As its nearest_idx.
SpreadTap nearest(std::ptrdiff_t place, std::ptrdiff_t input, std::ptrdiff_t output, float step) {
    std::ptrdiff_t from = place;
    if (output == 2 * input) {
        from = place / 2;
    } else if (output != input) {
        from = static_cast<std::ptrdiff_t>(std::floor(static_cast<float>(place) * step));
    }
    from = std::min(from, input - 1);
    return {from, from, 1.0f, 0.0f};
}

// As its compute_source_index_and_lambda.
SpreadTap between(std::ptrdiff_t place, std::ptrdiff_t input, std::ptrdiff_t output, bool align_corners,
                  float step) {
    if (output == input) return {place, place, 1.0f, 0.0f};
    float real = static_cast<float>(place) * step;
    if (!align_corners) real = std::max(0.0f, step * (static_cast<float>(place) + 0.5f) - 0.5f);
    const std::ptrdiff_t low = std::min(static_cast<std::ptrdiff_t>(real), input - 1);
    const float high_weight = std::clamp(real - static_cast<float>(low), 0.0f, 1.0f);
    return {low, std::min(low + 1, input - 1), 1.0f - high_weight, high_weight};
}

SpreadAxis spread(const UpsamplingShape& s, std::ptrdiff_t input, std::ptrdiff_t output, double scale) {
    const float step = step_of(input, output, s.align_corners, scale);
    SpreadAxis axis;
    for (std::ptrdiff_t place = 0; place < output; ++place)
        axis.push_back(s.bilinear ? between(place, input, output, s.align_corners, step)
                                  : nearest(place, input, output, step));
    return axis;
}

GatherAxis gathered(const SpreadAxis& axis, std::ptrdiff_t input, bool bilinear) {
    std::vector<std::vector<GatherTap>> readers(static_cast<std::size_t>(input));
    for (std::size_t place = 0; place < axis.size(); ++place) {
        const auto at = static_cast<std::ptrdiff_t>(place);
        readers[static_cast<std::size_t>(axis[place].low)].push_back({at, axis[place].low_weight});
        if (bilinear)
            readers[static_cast<std::size_t>(axis[place].high)].push_back({at, axis[place].high_weight});
    }
    GatherAxis back;
    for (const std::vector<GatherTap>& entries : readers) {
        back.begin.push_back(static_cast<std::ptrdiff_t>(back.entries.size()));
        back.entries.insert(back.entries.end(), entries.begin(), entries.end());
    }
    back.begin.push_back(static_cast<std::ptrdiff_t>(back.entries.size()));
    return back;
}

}  // namespace

UpsamplingPlan::UpsamplingPlan(const UpsamplingShape& s)
    : shape(s),
      rows(spread(s, s.input_height, s.output_height, s.scale_height)),
      cols(spread(s, s.input_width, s.output_width, s.scale_width)),
      back_rows(gathered(rows, s.input_height, s.bilinear)),
      back_cols(gathered(cols, s.input_width, s.bilinear)) {}

UpsampleForward::UpsampleForward(std::shared_ptr<const UpsamplingPlan> plan, const float* input,
                                 float* output)
    : body_(CNN_SELECT_BODY(upsampling_body)), plan_(std::move(plan)), input_(input), output_(output) {}

void UpsampleForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const UpsamplingShape& s = plan_->shape;
    body_->forward(
        {plan_->rows.data(), plan_->cols.data(), s.output_height, s.output_width, s.input_width, s.bilinear},
        input_ + task * s.input_plane() * kLanes, output_ + task * s.output_plane() * kLanes);
}

UpsampleBackward::UpsampleBackward(std::shared_ptr<const UpsamplingPlan> plan, const float* grad_output,
                                   float* grad_input)
    : body_(CNN_SELECT_BODY(upsampling_body)),
      plan_(std::move(plan)),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void UpsampleBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const UpsamplingShape& s = plan_->shape;
    body_->backward(
        {plan_->back_rows.begin.data(), plan_->back_cols.begin.data(), plan_->back_rows.entries.data(),
         plan_->back_cols.entries.data(), s.input_height, s.input_width, s.output_width},
        grad_output_ + task * s.output_plane() * kLanes, grad_input_ + task * s.input_plane() * kLanes);
}

}  // namespace cnn
