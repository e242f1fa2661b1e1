// Element-wise functions, the list of which is activation_functions.h; y and x: [block][size][16]. One task
// per block and slice of the features.
#pragma once

#include <string>
#include <vector>

#include "core/op.h"
#include "kernels/activation/activation_body.h"

namespace cnn {

enum class ActivationKind {
#define CNN_ACTIVATION(name, kept, value, gradient) name,
#include "kernels/activation/activation_functions.h"
#undef CNN_ACTIVATION
};

// What the gradient is taken from.
enum class Kept { kInput, kOutput };

struct Activation {
    ActivationKind kind{};
    float alpha = 0.0f, beta = 0.0f;
};

struct NamedActivation {
    const char* name;
    Kept kept;
};

// In the order of ActivationKind.
const std::vector<NamedActivation>& activation_functions();
Kept kept_by(ActivationKind kind);
// Throws std::invalid_argument, "function: ...", for an unknown name.
ActivationKind activation_from_name(const std::string& name);

class ActivationForward : public Op {
  public:
    ActivationForward(const Activation& activation, std::ptrdiff_t size, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    Activation activation_;
    ForwardFunction* function_;
    std::ptrdiff_t size_;
    const float* input_;
    float* output_;
};

// `kept`: the input or the output, as kept_by() says; grad_input may be grad_output.
class ActivationBackward : public Op {
  public:
    ActivationBackward(const Activation& activation, std::ptrdiff_t size, const float* kept,
                       const float* grad_output, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    Activation activation_;
    BackwardFunction* function_;
    std::ptrdiff_t size_;
    const float* kept_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
