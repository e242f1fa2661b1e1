#include "kernels/gains/gains.h"

#include <algorithm>

#include "core/slices.h"

namespace cnn {
namespace {

const GainBody* body_of(GainKind kind) {
    const GainBodies* bodies = CNN_SELECT_BODY(gains_bodies);
    return &bodies->of[static_cast<int>(kind)];
}

// Calls function(first feature, how many, its number) for the part of each row that the slice has.
template <class Function>
void for_each_row(const GainPattern& pattern, const Slice& s, Function function) {
    for (std::ptrdiff_t f = s.begin; f < s.end;) {
        const std::ptrdiff_t row = f / pattern.row(), within = f % pattern.row();
        const std::ptrdiff_t count = std::min(pattern.row() - within, s.end - f);
        function(f, count, pattern.number_of_row(row) + within * pattern.step());
        f += count;
    }
}

}  // namespace

GainPattern::GainPattern(const std::array<std::ptrdiff_t, 3>& sizes,
                         const std::array<std::ptrdiff_t, 3>& numbers) {
    // From the last axis on; one of size 1 joins whatever is beside it.
    int at = 3;
    for (int axis = 2; axis >= 0; --axis) {
        const auto i = static_cast<std::size_t>(axis);
        if (sizes[i] == 1) continue;
        const bool own = numbers[i] != 1;
        if (at == 3 || own_[static_cast<std::size_t>(at)] != own) own_[static_cast<std::size_t>(--at)] = own;
        sizes_[static_cast<std::size_t>(at)] *= sizes[i];
    }
}

std::ptrdiff_t GainPattern::numbers() const {
    std::ptrdiff_t count = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) count *= own_[axis] ? sizes_[axis] : 1;
    return count;
}

std::ptrdiff_t GainPattern::number_of_row(std::ptrdiff_t row) const {
    const std::ptrdiff_t outer = row / sizes_[1], inner = row % sizes_[1];
    const std::ptrdiff_t in_row = own_[2] ? sizes_[2] : 1, in_rows = own_[1] ? sizes_[1] * in_row : in_row;
    return (own_[0] ? outer * in_rows : 0) + (own_[1] ? inner * in_row : 0);
}

std::ptrdiff_t GainPattern::first_feature(std::ptrdiff_t number) const {
    const std::ptrdiff_t in_row = own_[2] ? sizes_[2] : 1, rows = own_[1] ? sizes_[1] : 1;
    const std::ptrdiff_t outer = number / (in_row * rows), inner = number / in_row % rows;
    return (outer * sizes_[1] + inner) * sizes_[2] + number % in_row;
}

SharedFeatures GainPattern::shared_features() const {
    SharedFeatures s{};
    const std::ptrdiff_t strides[3] = {sizes_[1] * sizes_[2], sizes_[2], 1};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        s.counts[axis] = own_[axis] ? 1 : sizes_[axis];
        s.strides[axis] = strides[axis] * kLanes;
    }
    return s;
}

GainForward::GainForward(GainKind kind, const GainPattern& pattern, const float* weights, const float* input,
                         float* output)
    : body_(body_of(kind)), pattern_(pattern), weights_(weights), input_(input), output_(output) {}

std::ptrdiff_t GainForward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(pattern_.features());
}

void GainForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, pattern_.features());
    for_each_row(pattern_, s, [&](std::ptrdiff_t feature, std::ptrdiff_t count, std::ptrdiff_t number) {
        const std::ptrdiff_t at = (s.block * pattern_.features() + feature) * kLanes;
        body_->forward(weights_ + number, pattern_.step(), count, input_ + at, output_ + at);
    });
}

GainBackward::GainBackward(GainKind kind, const GainPattern& pattern, const float* weights,
                           const float* input, const float* grad_output, float* grad_input)
    : body_(body_of(kind)),
      pattern_(pattern),
      weights_(weights),
      input_(input),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

std::ptrdiff_t GainBackward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(pattern_.features());
}

void GainBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, pattern_.features());
    for_each_row(pattern_, s, [&](std::ptrdiff_t feature, std::ptrdiff_t count, std::ptrdiff_t number) {
        const std::ptrdiff_t at = (s.block * pattern_.features() + feature) * kLanes;
        body_->backward(weights_ + number, pattern_.step(), count, input_ ? input_ + at : nullptr,
                        grad_output_ + at, grad_input_ + at);
    });
}

GainWeightGradient::GainWeightGradient(GainKind kind, const GainPattern& pattern, const float* input,
                                       const float* grad_output, float* slots)
    : body_(body_of(kind)),
      pattern_(pattern),
      together_(std::max<std::ptrdiff_t>(1, kSliceFeatures / std::max<std::ptrdiff_t>(1, pattern.shared()))),
      input_(input),
      grad_output_(grad_output),
      slots_(slots) {}

std::ptrdiff_t GainWeightGradient::tasks(const Context& context) const {
    return slot_count(context.samples) * ((pattern_.numbers() + together_ - 1) / together_);
}

void GainWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t numbers = pattern_.numbers(), parts = (numbers + together_ - 1) / together_;
    const std::ptrdiff_t slot = task / parts, begin = task % parts * together_;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t stride = pattern_.features() * kLanes;
    const SlotBlocks of_slot{blocks.end - blocks.begin, stride, live_lanes(context.samples, blocks.end - 1)};
    const SharedFeatures shared = pattern_.shared_features();
    for (std::ptrdiff_t i = begin; i < std::min(numbers, begin + together_); ++i) {
        const std::ptrdiff_t at = blocks.begin * stride + pattern_.first_feature(i) * kLanes;
        slots_[slot * numbers + i] =
            body_->weight_gradient(of_slot, shared, input_ ? input_ + at : nullptr, grad_output_ + at);
    }
}

}  // namespace cnn
