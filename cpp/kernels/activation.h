// Element-wise activations: ReLU (Nair & Hinton 2010), tanh, sigmoid; y and x: [block][size][16].
// relu(NaN) is NaN. The derivative is taken from the output: relu' is 1 where y > 0 or y is NaN, else 0.
// One task per block and slice of the features.
#pragma once

#include "kernels/activation_body.h"
#include "kernels/op.h"

namespace cnn {

enum class ActivationKind { kRelu, kTanh, kSigmoid };

class ActivationForward : public Op {
  public:
    ActivationForward(ActivationKind kind, std::ptrdiff_t size, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    void (*function_)(const float*, float*, std::ptrdiff_t);
    std::ptrdiff_t size_;
    const float* input_;
    float* output_;
};

// grad_input may be grad_output.
class ActivationBackward : public Op {
  public:
    ActivationBackward(ActivationKind kind, std::ptrdiff_t size, const float* output,
                       const float* grad_output, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    void (*function_)(const float*, const float*, float*, std::ptrdiff_t);
    std::ptrdiff_t size_;
    const float* output_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
