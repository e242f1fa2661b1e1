// Dropout (Srivastava et al. 2014): in training y = scale x where kept, 0 where dropped. In the inverted form
// scale is 1 / (1 - rate), and nothing is left to do in evaluation; in the paper's form it is 1, and
// evaluation multiplies by 1 - rate. What is dropped is a feature, or all `together` features of a channel.
// Unit u of sample n is dropped when a uniform number below `rate` comes up; that number is a pure function
// of (seed, layer, step, n, u), so that the backward pass makes the same mask again. x and y:
// [block][size][16]; a NaN that is dropped becomes 0. One task per block and slice of the features.
//
// RandomSlope: the randomized ReLU (Xu et al. 2015), y = x above 0, else a x with a = lower + (upper - lower)
// u of such a number u; a NaN stays.
#pragma once

#include "core/op.h"

namespace cnn {

struct DropoutForm {
    float rate = 0.0f, scale = 1.0f;
    std::ptrdiff_t together = 1;
    std::uint32_t layer = 0;
};

// The backward pass is the same operation on gradients. y may be x.
class Dropout : public Op {
  public:
    Dropout(std::ptrdiff_t size, const DropoutForm& form, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t size_;
    DropoutForm form_;
    const float* input_;
    float* output_;
};

struct SlopeRange {
    float lower = 0.0f, upper = 0.0f;
    std::uint32_t layer = 0;
};

// `multiplied`: x for the output, its gradient for that of x; `input` says where x is above 0.
class RandomSlope : public Op {
  public:
    RandomSlope(std::ptrdiff_t size, const SlopeRange& range, const float* input, const float* multiplied,
                float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t size_;
    SlopeRange range_;
    const float* input_;
    const float* multiplied_;
    float* output_;
};

}  // namespace cnn
