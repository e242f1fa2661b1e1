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

struct BatchNormalizationBody {
    float (*sum)(const ChannelBlocks&, const float* input);
    float (*sum_of_squares)(const ChannelBlocks&, const float* input, float mean);
    // The sums of g and of g * (x - mean) * inverse_std.
    void (*gradient_sums)(const ChannelBlocks&, const float* input, const float* grad_output, float mean,
                          float inverse_std, float* sum_g, float* sum_gx);
    // y = (x - mean) * (inverse_std * weight) + bias over `count` floats, a multiple of 16.
    void (*normalize)(const float* input, float* output, std::ptrdiff_t count, float mean, float scale,
                      float bias, bool relu);
    // grad_input = scale * (g - mean_g - (x - mean) * inverse_std * mean_gx)
    void (*backward)(const float* input, const float* grad_output, float* grad_input, std::ptrdiff_t count,
                     float mean, float inverse_std, float scale, float mean_g, float mean_gx);
};

CNN_DECLARE_BODIES(BatchNormalizationBody, batch_normalization_body)

}  // namespace cnn
