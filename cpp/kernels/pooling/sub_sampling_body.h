// What sub_sampling.cpp asks of the bodies in sub_sampling.simd.cpp.
#pragma once

#include "kernels/pooling/pooling_body.h"

namespace cnn {

// One plane each: input [H][W][16], output [OH][OW][16].
struct SubSamplingBody {
    void (*forward)(const PoolingShape&, float weight, float bias, const float* input, float* output);
    void (*backward_input)(const PoolingShape&, float weight, const float* grad_output, float* grad_input);
    // The sum of grad_output times the sum of the window, over the planes of one channel in `blocks` blocks,
    // the last of which has `last_lanes` live lanes.
    float (*weight_gradient)(const PoolingShape&, std::ptrdiff_t blocks, std::ptrdiff_t last_lanes,
                             const float* input, const float* grad_output);
};

CNN_DECLARE_BODIES(SubSamplingBody, sub_sampling_body)

}  // namespace cnn
