// What group_normalization.cpp asks of the bodies in group_normalization.simd.cpp: one group of one block,
// whose features lie side by side, `units` of `positions` features, each unit with a weight and a bias.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct GroupSize {
    std::ptrdiff_t units, positions;
    float epsilon;
};

// The features of a weight: `blocks` blocks, in each `groups` runs of `positions` features; distances in
// floats. Each group of each block has mean and 1 / sqrt as [group][2][16], `statistics_stride` floats from
// block to block.
struct UnitRuns {
    std::ptrdiff_t blocks, block_stride, groups, group_stride, positions, statistics_stride, last_lanes;
};

struct GroupNormalizationBody {
    // mean and 1 / sqrt(variance + epsilon), of 16 samples each.
    void (*statistics)(const GroupSize&, const float* input, float* statistics);
    // `weight`, `bias`: of the group's units, or null.
    void (*normalize)(const GroupSize&, const float* statistics, const float* weight, const float* bias,
                      const float* input, float* output);
    void (*backward)(const GroupSize&, const float* statistics, const float* weight, const float* input,
                     const float* grad_output, float* grad_input);
    // Sums of g (x - mean) / sqrt, and of g.
    void (*weight_gradient)(const UnitRuns&, const float* statistics, const float* input,
                            const float* grad_output, float* grad_weight, float* grad_bias);
};

CNN_DECLARE_BODIES(GroupNormalizationBody, group_normalization_body)

}  // namespace cnn
