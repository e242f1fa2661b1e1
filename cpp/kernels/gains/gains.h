// Learned numbers, one for several features: added to them (Torch7: Add), their factor (Mul, CMul), or their
// slope below 0 (PReLU, He et al. 2015). For each feature (c, h, w) of a sample
//
//   kOffset  y = x + b[i]                grad_x = g                       grad_b[i] = sum of g
//   kFactor  y = w[i] x                  grad_x = w[i] g                  grad_w[i] = sum of g x
//   kSlope   y = x > 0 ? x : w[i] x      grad_x = x > 0 ? g : w[i] g      grad_w[i] = sum of g x, x not > 0
//
// with sums over the samples and over the features that share i. The numbers are an array of the sample's
// axes, each of its size or of 1, and then shared along it. x and y: [block][C][H][W][16]. A NaN in x stays
// in its sample, and reaches the gradient of its number.
#pragma once

#include <array>

#include "core/op.h"
#include "kernels/gains/gains_body.h"

namespace cnn {

// Which number belongs to which feature. Neighbouring axes that are both shared along, or both not, are one,
// so that the last one is as long as it can be.
class GainPattern {
  public:
    GainPattern() = default;
    // `sizes`: of a sample; `numbers`: of the learned ones, each as there or 1.
    GainPattern(const std::array<std::ptrdiff_t, 3>& sizes, const std::array<std::ptrdiff_t, 3>& numbers);

    std::ptrdiff_t features() const { return sizes_[0] * sizes_[1] * sizes_[2]; }
    std::ptrdiff_t numbers() const;
    std::ptrdiff_t shared() const { return features() / numbers(); }  // features of a number
    std::ptrdiff_t row() const { return sizes_[2]; }
    std::ptrdiff_t step() const { return own_[2] ? 1 : 0; }  // from a feature of a row to the next
    // Of the first feature of a row.
    std::ptrdiff_t number_of_row(std::ptrdiff_t row) const;
    std::ptrdiff_t first_feature(std::ptrdiff_t number) const;
    SharedFeatures shared_features() const;

  private:
    std::array<std::ptrdiff_t, 3> sizes_{1, 1, 1};
    std::array<bool, 3> own_{};  // along this axis each has its own number
};

// One task per block and slice of the features.
class GainForward : public Op {
  public:
    GainForward(GainKind kind, const GainPattern& pattern, const float* weights, const float* input,
                float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GainBody* body_;
    GainPattern pattern_;
    const float* weights_;
    const float* input_;
    float* output_;
};

// grad_x; `input` is read for kSlope only, and may be null for the others.
class GainBackward : public Op {
  public:
    GainBackward(GainKind kind, const GainPattern& pattern, const float* weights, const float* input,
                 const float* grad_output, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GainBody* body_;
    GainPattern pattern_;
    const float* weights_;
    const float* input_;
    const float* grad_output_;
    float* grad_input_;
};

// Slot sums [slot][numbers] of the gradient of the numbers. One task per slot and some numbers.
class GainWeightGradient : public Op {
  public:
    GainWeightGradient(GainKind kind, const GainPattern& pattern, const float* input,
                       const float* grad_output, float* slots);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const GainBody* body_;
    GainPattern pattern_;
    std::ptrdiff_t together_;  // numbers of a task
    const float* input_;
    const float* grad_output_;
    float* slots_;
};

}  // namespace cnn
