// What batch_normalization.cpp asks of the bodies in batch_normalization.simd.cpp. One channel at a time;
// `positions` x 16 samples lie together, `block_stride` floats apart from block to block; the last block has
// `last_lanes` live lanes.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct ChannelBlocks {
    std::ptrdiff_t block_stride, blocks, positions, last_lanes;
};

// y = (x - mean) * scale + bias, with scale = inverse_std * weight. `relu`: y is zero where that is below
// zero, and the backward pass takes the gradients of y there as zero. It is computed again from x: reading y
// would cost more.
struct ChannelScale {
    float mean, inverse_std, scale, bias;
    bool relu;
};

struct BatchNormalizationBody {
    float (*sum)(const ChannelBlocks&, const float* input);
    float (*sum_of_squares)(const ChannelBlocks&, const float* input, float mean);
    // The sums of g and of g * (x - mean) * inverse_std.
    void (*gradient_sums)(const ChannelBlocks&, const ChannelScale&, const float* input,
                          const float* grad_output, float* sum_g, float* sum_gx);
    // y over `count` floats, a multiple of 16.
    void (*normalize)(const float* input, float* output, std::ptrdiff_t count, const ChannelScale&);
    // grad_input = scale * (g - mean_g - (x - mean) * inverse_std * mean_gx)
    void (*backward)(const float* input, const float* grad_output, float* grad_input, std::ptrdiff_t count,
                     const ChannelScale&, float mean_g, float mean_gx);
};

CNN_DECLARE_BODIES(BatchNormalizationBody, batch_normalization_body)

}  // namespace cnn
