#include "kernels/batch_normalization/batch_normalization.h"

#include <cmath>

#include "core/slot_tree.h"

namespace cnn {
namespace {

ChannelBlocks channel_blocks(const BatchNormalizationArrays& a, const Context& context,
                             const BlockRange& blocks) {
    return {a.channels * a.positions * kLanes, blocks.end - blocks.begin, a.positions,
            live_lanes(context.samples, blocks.end - 1)};
}

std::ptrdiff_t plane_offset(const BatchNormalizationArrays& a, std::ptrdiff_t block, std::ptrdiff_t channel) {
    return (block * a.channels + channel) * a.positions * kLanes;
}

float count(const BatchNormalizationArrays& a, const Context& context) {
    return static_cast<float>(context.samples * a.positions);
}

ChannelScale channel_scale(const BatchNormalizationArrays& a, std::ptrdiff_t channel, bool relu) {
    return {a.mean[channel], a.inverse_std[channel],
            a.weight ? a.inverse_std[channel] * a.weight[channel] : a.inverse_std[channel],
            a.bias ? a.bias[channel] : 0.0f, relu};
}

float batch_mean(const BatchNormalizationArrays& a, const Context& context, std::ptrdiff_t channel) {
    return add_slots(a.slot_sum + channel, a.channels, slot_count(context.samples)) / count(a, context);
}

}  // namespace

BatchSums::BatchSums(const BatchNormalizationArrays& a)
    : body_(CNN_SELECT_BODY(batch_normalization_body)), a_(a) {}

void BatchSums::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t slot = task / a_.channels, channel = task % a_.channels;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    a_.slot_sum[task] =
        body_->sum(channel_blocks(a_, context, blocks), a_.input + plane_offset(a_, blocks.begin, channel));
}

BatchSquares::BatchSquares(const BatchNormalizationArrays& a)
    : body_(CNN_SELECT_BODY(batch_normalization_body)), a_(a) {}

void BatchSquares::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t slot = task / a_.channels, channel = task % a_.channels;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    a_.slot_second[task] = body_->sum_of_squares(channel_blocks(a_, context, blocks),
                                                 a_.input + plane_offset(a_, blocks.begin, channel),
                                                 batch_mean(a_, context, channel));
}

void BatchStatistics::run(const Context& context, std::ptrdiff_t, std::byte*) const {
    for (std::ptrdiff_t c = 0; c < a_.channels; ++c) {
        if (a_.training) {
            a_.mean[c] = batch_mean(a_, context, c);
            a_.variance[c] =
                add_slots(a_.slot_second + c, a_.channels, slot_count(context.samples)) / count(a_, context);
        } else {
            a_.mean[c] = a_.running_mean[c];
            a_.variance[c] = a_.running_variance[c];
        }
        a_.inverse_std[c] = 1.0f / std::sqrt(a_.variance[c] + a_.epsilon);
    }
}

BatchNormalize::BatchNormalize(const BatchNormalizationArrays& a)
    : body_(CNN_SELECT_BODY(batch_normalization_body)), a_(a) {}

void BatchNormalize::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t c = task % a_.channels, offset = task * a_.positions * kLanes;
    body_->normalize(a_.input + offset, a_.output + offset, a_.positions * kLanes,
                     channel_scale(a_, c, a_.relu));
}

void UpdateRunningStatistics::run(const Context& context, std::ptrdiff_t, std::byte*) const {
    const float m = count(a_, context);
    for (std::ptrdiff_t c = 0; c < a_.channels; ++c) {
        a_.running_mean[c] = (1.0f - a_.momentum) * a_.running_mean[c] + a_.momentum * a_.mean[c];
        if (m > 1.0f) {
            const float unbiased = a_.variance[c] * (m / (m - 1.0f));
            a_.running_variance[c] = (1.0f - a_.momentum) * a_.running_variance[c] + a_.momentum * unbiased;
        }
    }
}

BatchGradientSums::BatchGradientSums(const BatchNormalizationArrays& a)
    : body_(CNN_SELECT_BODY(batch_normalization_body)), a_(a) {}

void BatchGradientSums::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t slot = task / a_.channels, channel = task % a_.channels;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t offset = plane_offset(a_, blocks.begin, channel);
    body_->gradient_sums(channel_blocks(a_, context, blocks), channel_scale(a_, channel, a_.unrectify),
                         a_.input + offset, a_.grad_output + offset, a_.slot_sum + task,
                         a_.slot_second + task);
}

BatchNormalizationBackward::BatchNormalizationBackward(const BatchNormalizationArrays& a)
    : body_(CNN_SELECT_BODY(batch_normalization_body)), a_(a) {}

void BatchNormalizationBackward::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t c = task % a_.channels, offset = task * a_.positions * kLanes;
    const std::ptrdiff_t slots = slot_count(context.samples);
    float mean_g = 0.0f, mean_gx = 0.0f;  // running statistics do not depend on the batch
    if (a_.training) {
        mean_g = add_slots(a_.slot_sum + c, a_.channels, slots) / count(a_, context);
        mean_gx = add_slots(a_.slot_second + c, a_.channels, slots) / count(a_, context);
    }
    body_->backward(a_.input + offset, a_.grad_output + offset, a_.grad_input + offset, a_.positions * kLanes,
                    channel_scale(a_, c, a_.unrectify), mean_g, mean_gx);
}

}  // namespace cnn
