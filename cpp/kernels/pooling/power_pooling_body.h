// What power_pooling.cpp asks of the bodies in power_pooling.simd.cpp, one plane each.
#pragma once

#include "kernels/pooling/pooling_body.h"

namespace cnn {

struct PowerNorm {
    float p = 2.0f;
    std::int32_t whole = 2;  // p, or 0 where it is no whole number
};

struct PowerPoolingBody {
    void (*forward)(const PoolingShape&, const PowerNorm&, const float* input, float* output);
    void (*backward)(const PoolingShape&, const PowerNorm&, const float* input, const float* grad_output,
                     float* grad_input);
};

CNN_DECLARE_BODIES(PowerPoolingBody, power_pooling_body)

}  // namespace cnn
