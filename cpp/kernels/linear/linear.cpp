#include "kernels/linear/linear.h"

#include <algorithm>

#include "core/tiles.h"

namespace cnn {

LinearProduct::LinearProduct(std::ptrdiff_t terms, std::ptrdiff_t outputs, const float* input, float* output,
                             const float* weight, const float* bias, bool relu, std::ptrdiff_t weight_term,
                             std::ptrdiff_t weight_output)
    : body_(CNN_SELECT_BODY(linear_body)),
      terms_(terms),
      outputs_(outputs),
      tiles_(ceil_divide(outputs, body_->max_tile)),
      input_(input),
      output_(output),
      weight_(weight),
      bias_(bias),
      relu_(relu),
      weight_term_(weight_term),
      weight_output_(weight_output) {}

LinearProduct* LinearProduct::forward(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* input,
                                      float* output, const float* weight, const float* bias, bool relu) {
    return new LinearProduct(inputs, outputs, input, output, weight, bias, relu, 1, inputs);
}

LinearProduct* LinearProduct::backward_input(std::ptrdiff_t inputs, std::ptrdiff_t outputs,
                                             const float* grad_output, float* grad_input,
                                             const float* weight) {
    return new LinearProduct(outputs, inputs, grad_output, grad_input, weight, nullptr, false, inputs, 1);
}

std::ptrdiff_t LinearProduct::tasks(const Context& context) const {
    return block_count(context.samples) > 0 ? tiles_ : 0;
}

void LinearProduct::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = tile_begin(outputs_, tiles_, task),
                         end = tile_begin(outputs_, tiles_, task + 1);
    body_->tile({input_, output_ + begin * kLanes, weight_ + begin * weight_output_,
                 bias_ ? bias_ + begin : nullptr, weight_term_, weight_output_, terms_, end - begin,
                 block_count(context.samples), terms_ * kLanes, outputs_ * kLanes, relu_});
}

std::ptrdiff_t linear_row_stride(std::ptrdiff_t inputs) {
    // Whole strips of the widest body, and one line more where rows would lie at the same place of the cache.
    const std::ptrdiff_t strip = CNN_SELECT_BODY(linear_body)->max_strips * kLanes;
    const std::ptrdiff_t stride = round_up(inputs, strip);
    return stride % 1024 == 0 ? stride + kLanes : stride;
}

LinearWeightGradient::LinearWeightGradient(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* rows,
                                           const float* grad_output, float* grad_weight, float scale,
                                           bool accumulate)
    : body_(CNN_SELECT_BODY(linear_body)),
      inputs_(inputs),
      outputs_(outputs),
      tiles_(ceil_divide(outputs, body_->max_tile)),
      strips_(ceil_divide(inputs, body_->max_strips * kLanes)),
      rows_(rows),
      grad_output_(grad_output),
      grad_weight_(grad_weight),
      scale_(scale),
      accumulate_(accumulate) {}

std::ptrdiff_t LinearWeightGradient::tasks(const Context& context) const {
    return block_count(context.samples) > 0 ? strips_ : 0;
}

std::size_t LinearWeightGradient::scratch_bytes() const {
    return static_cast<std::size_t>(kMaxSlots * body_->max_tile * body_->max_strips * kLanes) * sizeof(float);
}

void LinearWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const std::ptrdiff_t width = body_->max_strips * kLanes, column = task * width;
    LinearGradientTile tile{grad_output_,
                            rows_ + column,
                            grad_weight_ + column,
                            reinterpret_cast<float*>(scratch),
                            outputs_ * kLanes,
                            linear_row_stride(inputs_),
                            inputs_,
                            0,
                            std::min(width, inputs_ - column),
                            slot_count(context.samples),
                            block_count(context.samples),
                            live_lanes(context.samples, block_count(context.samples) - 1),
                            {},
                            scale_,
                            accumulate_ || context.accumulate_gradients};
    for (std::ptrdiff_t slot = 0; slot < tile.slots; ++slot) {
        tile.slot_begin[slot] = slot_blocks(context.samples, slot).begin;
        tile.slot_begin[slot + 1] = slot_blocks(context.samples, slot).end;
    }
    // The strip of all samples stays in the first-level cache while the outputs go by.
    for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
        tile.tile = tile_begin(outputs_, tiles_, t + 1) - tile_begin(outputs_, tiles_, t);
        body_->gradient(tile);
        tile.grad_output += tile.tile * kLanes;
        tile.gradient += tile.tile * inputs_;
    }
}

}  // namespace cnn
