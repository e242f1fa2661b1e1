#include "kernels/linear/linear.h"

#include <algorithm>

#include "core/tiles.h"

namespace cnn {

LinearProduct::LinearProduct(std::ptrdiff_t terms, std::ptrdiff_t outputs)
    : body_(CNN_SELECT_BODY(linear_body)),
      terms_(terms),
      outputs_(outputs),
      tiles_(ceil_divide(outputs, body_->max_tile)) {}

LinearProduct* LinearProduct::forward(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* input,
                                      float* output, const float* weight, const float* bias, bool relu) {
    auto* op = new LinearProduct(inputs, outputs);
    op->input_ = input;
    op->output_ = output;
    op->weight_ = weight;
    op->bias_ = bias;
    op->relu_ = relu;
    op->weight_term_ = 1;
    op->weight_output_ = inputs;
    return op;
}

LinearProduct* LinearProduct::backward_input(std::ptrdiff_t inputs, std::ptrdiff_t outputs,
                                             const float* grad_output, float* grad_input,
                                             const float* weight) {
    auto* op = new LinearProduct(outputs, inputs);
    op->input_ = grad_output;
    op->output_ = grad_input;
    op->weight_ = weight;
    op->weight_term_ = inputs;
    op->weight_output_ = 1;
    return op;
}

std::ptrdiff_t LinearProduct::tasks(const Context& context) const {
    return block_count(context.samples) > 0 ? tiles_ : 0;
}

void LinearProduct::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = part_begin(outputs_, tiles_, task);
    LinearTile tile{};
    tile.input = input_;
    tile.output = output_ + begin * kLanes;
    tile.weight = weight_ + begin * weight_output_;
    tile.bias = bias_ ? bias_ + begin : nullptr;
    tile.weight_term = weight_term_;
    tile.weight_output = weight_output_;
    tile.terms = terms_;
    tile.tile = part_begin(outputs_, tiles_, task + 1) - begin;
    tile.blocks = block_count(context.samples);
    tile.input_block = terms_ * kLanes;
    tile.output_block = outputs_ * kLanes;
    tile.relu = relu_;
    body_->tile(tile);
}

std::ptrdiff_t linear_row_stride(std::ptrdiff_t inputs) {
    // Whole strips of the widest body, and one line more where rows would lie at the same place of the cache.
    const std::ptrdiff_t strip = CNN_SELECT_BODY(linear_body)->max_strips * kLanes;
    const std::ptrdiff_t stride = round_up(inputs, strip);
    return stride % 1024 == 0 ? stride + kLanes : stride;
}

LinearWeightGradient::LinearWeightGradient(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* rows,
                                           const float* grad_output, float* grad_weight)
    : body_(CNN_SELECT_BODY(linear_body)),
      inputs_(inputs),
      outputs_(outputs),
      tiles_(ceil_divide(outputs, body_->max_tile)),
      strips_(ceil_divide(inputs, body_->max_strips * kLanes)),
      rows_(rows),
      grad_output_(grad_output),
      grad_weight_(grad_weight) {}

std::ptrdiff_t LinearWeightGradient::tasks(const Context& context) const {
    return block_count(context.samples) > 0 ? strips_ : 0;
}

std::size_t LinearWeightGradient::scratch_bytes() const {
    return static_cast<std::size_t>(kMaxSlots * body_->max_tile * body_->max_strips * kLanes) * sizeof(float);
}

void LinearWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const std::ptrdiff_t width = body_->max_strips * kLanes, column = task * width;
    LinearGradientTile tile{};
    tile.grad_output = grad_output_;
    tile.rows = rows_ + column;
    tile.gradient = grad_weight_ + column;
    tile.scratch = reinterpret_cast<float*>(scratch);
    tile.grad_block = outputs_ * kLanes;
    tile.row = linear_row_stride(inputs_);
    tile.gradient_row = inputs_;
    tile.columns = std::min(width, inputs_ - column);
    tile.slots = slot_count(context.samples);
    tile.blocks = block_count(context.samples);
    tile.last_lanes = live_lanes(context.samples, tile.blocks - 1);
    tile.scale = context.gradient_scale;
    tile.accumulate = context.accumulate_gradients;
    for (std::ptrdiff_t slot = 0; slot < tile.slots; ++slot) {
        tile.slot_begin[slot] = slot_blocks(context.samples, slot).begin;
        tile.slot_begin[slot + 1] = slot_blocks(context.samples, slot).end;
    }
    // The strip of all samples stays in the first-level cache while the outputs go by.
    for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
        tile.tile = part_begin(outputs_, tiles_, t + 1) - part_begin(outputs_, tiles_, t);
        body_->gradient(tile);
        tile.grad_output += tile.tile * kLanes;
        tile.gradient += tile.tile * inputs_;
    }
}

}  // namespace cnn
