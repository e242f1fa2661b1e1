// Batch normalization (Ioffe & Szegedy 2015): y = (x - mean) / sqrt(variance + epsilon) * weight + bias per
// channel. x and y: [block][C][positions][16]; weight and bias: (C) or null (1 and 0).
//
// In training, mean and variance are those of the batch over samples and positions; the variance is divided
// by the count m in the formula, and by m - 1 where it enters the running variance (m = 1 leaves the running
// variance as it is). Two passes: the mean first, then squares of differences from it. Sums go per (slot,
// channel) first, see op.h. In inference, the running values are used. A NaN in a sample reaches its channel
// of the whole batch in training, and only its own sample in inference. A ReLU after it can be part of it,
// both ways.
#pragma once

#include "core/op.h"
#include "kernels/batch_normalization/batch_normalization_body.h"

namespace cnn {

// The arrays of one layer. Buffers `slot_*` have kMaxSlots * C floats.
struct BatchNormalizationArrays {
    std::ptrdiff_t channels, positions;
    float momentum, epsilon;
    const float* input;
    float* output;
    const float* grad_output;
    float* grad_input;
    const float* weight;
    const float* bias;
    float* running_mean;
    float* running_variance;
    float* mean;         // (C), of the batch in training, else the running mean
    float* variance;     // (C), likewise, biased
    float* inverse_std;  // (C)
    float* slot_sum;
    float* slot_second;  // squares in the forward pass, g * x in the backward pass
    bool training;
    bool relu;       // of the output ...
    bool unrectify;  // ... whose backward pass is part of this one
};

// Stage 1 of training: slot sums of x.
class BatchSums : public Op {
  public:
    explicit BatchSums(const BatchNormalizationArrays& a);
    std::ptrdiff_t tasks(const Context& context) const override {
        return slot_count(context.samples) * a_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const BatchNormalizationBody* body_;
    BatchNormalizationArrays a_;
};

// Stage 2 of training: the mean, and slot sums of (x - mean)^2.
class BatchSquares : public Op {
  public:
    explicit BatchSquares(const BatchNormalizationArrays& a);
    std::ptrdiff_t tasks(const Context& context) const override {
        return slot_count(context.samples) * a_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const BatchNormalizationBody* body_;
    BatchNormalizationArrays a_;
};

// Stage 3 of training, the only one before the last of inference: mean, variance and inverse_std of each
// channel.
class BatchStatistics : public Op {
  public:
    explicit BatchStatistics(const BatchNormalizationArrays& a) : a_(a) {}
    std::ptrdiff_t tasks(const Context& context) const override { return context.samples > 0 ? 1 : 0; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    BatchNormalizationArrays a_;
};

// The last stage: y.
class BatchNormalize : public Op {
  public:
    explicit BatchNormalize(const BatchNormalizationArrays& a);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * a_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const BatchNormalizationBody* body_;
    BatchNormalizationArrays a_;
};

// running = (1 - momentum) * running + momentum * batch; apart, because a step that is interrupted changes
// nothing.
class UpdateRunningStatistics : public Op {
  public:
    explicit UpdateRunningStatistics(const BatchNormalizationArrays& a) : a_(a) {}
    std::ptrdiff_t tasks(const Context& context) const override { return context.samples > 0 ? 1 : 0; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    BatchNormalizationArrays a_;
};

// Backward stage 1: slot sums of g (the gradient of the bias) and of g * normalized x (that of the weight).
class BatchGradientSums : public Op {
  public:
    explicit BatchGradientSums(const BatchNormalizationArrays& a);
    std::ptrdiff_t tasks(const Context& context) const override {
        return slot_count(context.samples) * a_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const BatchNormalizationBody* body_;
    BatchNormalizationArrays a_;
};

// Backward stage 2: grad_input.
class BatchNormalizationBackward : public Op {
  public:
    explicit BatchNormalizationBackward(const BatchNormalizationArrays& a);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * a_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const BatchNormalizationBody* body_;
    BatchNormalizationArrays a_;
};

}  // namespace cnn
