// What activation.cpp asks of the per-instruction-set bodies in activation.simd.cpp. `count` is a multiple
// of 16.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct ActivationBody {
    void (*relu)(const float* input, float* output, std::ptrdiff_t count);
    void (*tanh)(const float* input, float* output, std::ptrdiff_t count);
    void (*sigmoid)(const float* input, float* output, std::ptrdiff_t count);
    // grad_input = grad_output * f'(x), with f' from the output; grad_input may be grad_output.
    void (*relu_backward)(const float* output, const float* grad_output, float* grad_input,
                          std::ptrdiff_t count);
    void (*tanh_backward)(const float* output, const float* grad_output, float* grad_input,
                          std::ptrdiff_t count);
    void (*sigmoid_backward)(const float* output, const float* grad_output, float* grad_input,
                             std::ptrdiff_t count);
};

CNN_DECLARE_BODIES(ActivationBody, activation_body)

}  // namespace cnn
