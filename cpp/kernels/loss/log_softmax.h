// Log-softmax over classes, y_c = x_c - log(sum over k of exp(x_k)), computed after subtracting the largest
// x. x and y: [block][C][16], C >= 1. A sample with a NaN or +Inf, or of -Inf alone, gives NaN for all its
// classes. One task per block.
#pragma once

#include "core/op.h"
#include "kernels/loss/log_softmax_body.h"

namespace cnn {

class LogSoftmaxForward : public Op {
  public:
    LogSoftmaxForward(std::ptrdiff_t classes, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context&, std::ptrdiff_t block, std::byte*) const override;

  private:
    const LogSoftmaxBody* body_;
    std::ptrdiff_t classes_;
    const float* input_;
    float* output_;
};

class LogSoftmaxBackward : public Op {
  public:
    LogSoftmaxBackward(std::ptrdiff_t classes, const float* output, const float* grad_output,
                       float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context&, std::ptrdiff_t block, std::byte*) const override;

  private:
    const LogSoftmaxBody* body_;
    std::ptrdiff_t classes_;
    const float* output_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
