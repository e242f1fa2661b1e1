// Dropout (Srivastava et al. 2014) in its inverted form: y = x / (1 - rate) where kept, 0 where dropped, so
// that nothing is left to do in inference. Feature f of sample n is dropped when a uniform number below
// `rate` comes up; that number is a pure function of (seed, layer, step, n, f), so that the backward pass
// makes the same mask again. x and y: [block][size][16]; a NaN that is dropped becomes 0. One task per block
// and slice of the features.
#pragma once

#include "core/op.h"

namespace cnn {

// The backward pass is the same operation on gradients. y may be x.
class Dropout : public Op {
  public:
    Dropout(std::ptrdiff_t size, float rate, std::uint32_t layer, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t size_;
    float rate_;
    std::uint32_t layer_;
    const float* input_;
    float* output_;
};

}  // namespace cnn
