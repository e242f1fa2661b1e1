// What stochastic_pooling.cpp asks of the bodies in stochastic_pooling.simd.cpp, one plane each.
#pragma once

#include "kernels/pooling/pooling_body.h"

namespace cnn {

struct StochasticPoolingBody {
    // numbers: [OH][OW][16], in [0, 1). `choice` may be null.
    void (*draw)(const PoolingShape&, const float* numbers, const float* input, float* output,
                 std::int32_t* choice);
    void (*weigh)(const PoolingShape&, const float* input, float* output);
    void (*weigh_backward)(const PoolingShape&, const float* input, const float* grad_output,
                           float* grad_input);
};

CNN_DECLARE_BODIES(StochasticPoolingBody, stochastic_pooling_body)

}  // namespace cnn
