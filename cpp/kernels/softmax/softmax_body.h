// What softmax.cpp asks of the bodies in softmax.simd.cpp: some columns side by side, 16 samples each, whose
// `count` values lie `stride` floats apart.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct SoftmaxBody {
    void (*forward)(const float* input, float* output, std::ptrdiff_t count, std::ptrdiff_t stride,
                    std::ptrdiff_t columns);
    void (*backward)(const float* output, const float* grad_output, float* grad_input, std::ptrdiff_t count,
                     std::ptrdiff_t stride, std::ptrdiff_t columns);
};

CNN_DECLARE_BODIES(SoftmaxBody, softmax_body)

}  // namespace cnn
