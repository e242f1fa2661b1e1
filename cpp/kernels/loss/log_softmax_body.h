// What log_softmax.cpp and loss.cpp ask of the bodies in log_softmax.simd.cpp; one block [C][16].
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct LogSoftmaxBody {
    void (*forward)(const float* input, float* output, std::ptrdiff_t classes);
    // grad_input = g - exp(y) * sum over c of g
    void (*backward)(const float* output, const float* grad_output, float* grad_input,
                     std::ptrdiff_t classes);
    // exp(y) * scale
    void (*scaled_exp)(const float* input, float* output, std::ptrdiff_t classes, float scale);
};

CNN_DECLARE_BODIES(LogSoftmaxBody, log_softmax_body)

}  // namespace cnn
