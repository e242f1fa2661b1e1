#include "kernels/group_normalization/group_normalization.h"

#include <algorithm>

#include "core/slices.h"

namespace cnn {
namespace {

GroupSize size_of(const GroupShape& s) {
    return {s.units, s.positions, s.epsilon};
}

std::ptrdiff_t first_float(const GroupShape& s, std::ptrdiff_t task) {
    return task * s.group_features() * kLanes;
}

// Of the group of a task, or null.
const float* of_group(const GroupShape& s, const float* weights, std::ptrdiff_t task) {
    return weights == nullptr || s.shared ? weights : weights + task % s.groups * s.units;
}

}  // namespace

GroupStatistics::GroupStatistics(const GroupShape& shape, const float* input, float* statistics)
    : body_(CNN_SELECT_BODY(group_normalization_body)),
      shape_(shape),
      input_(input),
      statistics_(statistics) {}

void GroupStatistics::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    body_->statistics(size_of(shape_), input_ + first_float(shape_, task), statistics_ + task * 2 * kLanes);
}

GroupNormalize::GroupNormalize(const GroupShape& shape, const float* weight, const float* bias,
                               const float* input, float* output, float* statistics)
    : body_(CNN_SELECT_BODY(group_normalization_body)),
      shape_(shape),
      weight_(weight),
      bias_(bias),
      input_(input),
      output_(output),
      statistics_(statistics) {}

void GroupNormalize::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const std::ptrdiff_t at = first_float(shape_, task);
    float* statistics = statistics_ ? statistics_ + task * 2 * kLanes : reinterpret_cast<float*>(scratch);
    body_->statistics(size_of(shape_), input_ + at, statistics);
    body_->normalize(size_of(shape_), statistics, of_group(shape_, weight_, task),
                     of_group(shape_, bias_, task), input_ + at, output_ + at);
}

GroupNormalizationBackward::GroupNormalizationBackward(const GroupShape& shape, const float* weight,
                                                       const float* input, const float* grad_output,
                                                       const float* statistics, float* grad_input)
    : body_(CNN_SELECT_BODY(group_normalization_body)),
      shape_(shape),
      weight_(weight),
      input_(input),
      grad_output_(grad_output),
      statistics_(statistics),
      grad_input_(grad_input) {}

void GroupNormalizationBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t at = first_float(shape_, task);
    body_->backward(size_of(shape_), statistics_ + task * 2 * kLanes, of_group(shape_, weight_, task),
                    input_ + at, grad_output_ + at, grad_input_ + at);
}

GroupWeightGradient::GroupWeightGradient(const GroupShape& shape, const float* input,
                                         const float* grad_output, const float* statistics,
                                         float* weight_slots, float* bias_slots)
    : body_(CNN_SELECT_BODY(group_normalization_body)),
      shape_(shape),
      together_(std::max<std::ptrdiff_t>(
          1, kSliceFeatures * shape.weights() / std::max<std::ptrdiff_t>(1, shape.features()))),
      input_(input),
      grad_output_(grad_output),
      statistics_(statistics),
      weight_slots_(weight_slots),
      bias_slots_(bias_slots) {}

std::ptrdiff_t GroupWeightGradient::tasks(const Context& context) const {
    return slot_count(context.samples) * ((shape_.weights() + together_ - 1) / together_);
}

void GroupWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t weights = shape_.weights(), parts = (weights + together_ - 1) / together_;
    const std::ptrdiff_t slot = task / parts, begin = task % parts * together_;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    UnitRuns runs{};
    runs.blocks = blocks.end - blocks.begin;
    runs.block_stride = shape_.features() * kLanes;
    runs.groups = shape_.shared ? shape_.groups : 1;
    runs.group_stride = shape_.group_features() * kLanes;
    runs.positions = shape_.positions;
    runs.statistics_stride = shape_.groups * 2 * kLanes;
    runs.last_lanes = live_lanes(context.samples, blocks.end - 1);
    for (std::ptrdiff_t i = begin; i < std::min(weights, begin + together_); ++i) {
        const std::ptrdiff_t group = shape_.shared ? 0 : i / shape_.units;
        const std::ptrdiff_t at = blocks.begin * runs.block_stride + i * shape_.positions * kLanes;
        const float* statistics = statistics_ + blocks.begin * runs.statistics_stride + group * 2 * kLanes;
        body_->weight_gradient(runs, statistics, input_ + at, grad_output_ + at,
                               weight_slots_ + slot * weights + i, bias_slots_ + slot * weights + i);
    }
}

}  // namespace cnn
