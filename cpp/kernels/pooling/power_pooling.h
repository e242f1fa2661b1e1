// Pooling by powers; x: [block][C][H][W][16], y: [block][C][OH][OW][16].
//
// y = s^(1/p) with s = c * sum of x_i^p over a window, p >= 1; c is 1 for whole windows and kernel area /
// places for one that reaches beyond the input, as PyTorch has it. A power of a whole number p is a product,
// of another one exp(p log x): NaN for negative x, and so is a root of a negative s (p = 1 takes none). The
// gradient for x_i is c x_i^(p-1) y / s, and 0 where s is 0, but c in any case for p = 1. One task per block
// and channel.
#pragma once

#include "core/op.h"
#include "kernels/pooling/power_pooling_body.h"

namespace cnn {

class PowerPoolingForward : public Op {
  public:
    PowerPoolingForward(const PoolingShape&, const PowerNorm&, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PowerPoolingBody* body_;
    PoolingShape shape_;
    PowerNorm norm_;
    const float* input_;
    float* output_;
};

class PowerPoolingBackward : public Op {
  public:
    PowerPoolingBackward(const PoolingShape&, const PowerNorm&, const float* input, const float* grad_output,
                         float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PowerPoolingBody* body_;
    PoolingShape shape_;
    PowerNorm norm_;
    const float* input_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
