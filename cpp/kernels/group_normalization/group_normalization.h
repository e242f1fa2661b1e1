// Normalization of each sample by itself, group by group: group normalization (Wu & He 2018) and layer
// normalization (Ba, Kiros & Hinton 2016). With the mean and the variance (over all values, not one less) of
// a group of a sample
//
//   h = (x - mean) / sqrt(variance + epsilon)        y = w[i] h + b[i]
//   grad_w[i] = sum of g h      grad_b[i] = sum of g
//   grad_x = (w g - mean of w g - h * mean of w g h) / sqrt(variance + epsilon)
//
// A group is `units` units of `positions` features each. Each unit has a weight and a bias (null: 1 and 0),
// of its own (channels of group normalization), or the unit of the same number in every group has the same
// (values of layer normalization). Two passes: the mean first, then squares of differences from it. Training
// and evaluation do the same. x and y: [block][groups][units][positions][16]; statistics:
// [block][groups][2][16], mean and 1 / sqrt. A NaN or an infinity makes its group of its sample NaN, and no
// other.
#pragma once

#include "core/op.h"
#include "kernels/group_normalization/group_normalization_body.h"

namespace cnn {

struct GroupShape {
    std::ptrdiff_t groups = 1, units = 1, positions = 1;
    bool shared = false;  // one weight for a unit of all groups
    float epsilon = 0.0f;
    std::ptrdiff_t group_features() const { return units * positions; }
    std::ptrdiff_t features() const { return groups * units * positions; }
    std::ptrdiff_t weights() const { return shared ? units : groups * units; }
};

// One task per block and group, as the next two.
class GroupStatistics : public Op {
  public:
    GroupStatistics(const GroupShape& shape, const float* input, float* statistics);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.groups;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GroupNormalizationBody* body_;
    GroupShape shape_;
    const float* input_;
    float* statistics_;
};

// Makes the statistics too; null: they are kept for no backward pass.
class GroupNormalize : public Op {
  public:
    GroupNormalize(const GroupShape& shape, const float* weight, const float* bias, const float* input,
                   float* output, float* statistics);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.groups;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override { return 2 * kLanes * sizeof(float); }

  private:
    const GroupNormalizationBody* body_;
    GroupShape shape_;
    const float* weight_;
    const float* bias_;
    const float* input_;
    float* output_;
    float* statistics_;
};

class GroupNormalizationBackward : public Op {
  public:
    GroupNormalizationBackward(const GroupShape& shape, const float* weight, const float* input,
                               const float* grad_output, const float* statistics, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.groups;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GroupNormalizationBody* body_;
    GroupShape shape_;
    const float* weight_;
    const float* input_;
    const float* grad_output_;
    const float* statistics_;
    float* grad_input_;
};

// Slot sums [slot][weights] of both gradients. One task per slot and some weights.
class GroupWeightGradient : public Op {
  public:
    GroupWeightGradient(const GroupShape& shape, const float* input, const float* grad_output,
                        const float* statistics, float* weight_slots, float* bias_slots);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GroupNormalizationBody* body_;
    GroupShape shape_;
    std::ptrdiff_t together_;  // weights of a task
    const float* input_;
    const float* grad_output_;
    const float* statistics_;
    float* weight_slots_;
    float* bias_slots_;
};

}  // namespace cnn
