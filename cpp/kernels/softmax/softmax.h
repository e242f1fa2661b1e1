// Softmax along one axis of a sample: y_c = exp(x_c - highest) / sum over k of exp(x_k - highest), and
// grad_x_c = y_c (g_c - sum over k of g_k y_k). x and y: [block][outer][count][inner][16], normalized along
// `count`. A column with a NaN or +Inf, or of -Inf alone, gives NaN for all of it, and no other column
// notices. One task per block, outer index, and some columns.
#pragma once

#include "core/op.h"
#include "kernels/softmax/softmax_body.h"

namespace cnn {

struct SoftmaxShape {
    std::ptrdiff_t outer = 1, count = 1, inner = 1;
    std::ptrdiff_t features() const { return outer * count * inner; }
};

class SoftmaxForward : public Op {
  public:
    SoftmaxForward(const SoftmaxShape& shape, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SoftmaxBody* body_;
    SoftmaxShape shape_;
    const float* input_;
    float* output_;
};

class SoftmaxBackward : public Op {
  public:
    SoftmaxBackward(const SoftmaxShape& shape, const float* output, const float* grad_output,
                    float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SoftmaxBody* body_;
    SoftmaxShape shape_;
    const float* output_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
