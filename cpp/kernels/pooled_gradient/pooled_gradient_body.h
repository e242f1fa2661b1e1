// What pooled_gradient.cpp asks of the per-instruction-set bodies in pooled_gradient.simd.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/instruction_set.h"

namespace cnn {

// The gradients of pooled outputs that are not zero: a ReLU lets them pass only where its output is not <= 0.
struct PooledGradients {
    const float* grad_output;  // [channel][position][16]
    const float* output;       // the same, or null: no ReLU
    const std::int32_t* choice;
    std::ptrdiff_t channel, positions;  // stride of a channel in floats
    const std::int32_t* choice_offset;  // of each place in a window
    std::ptrdiff_t choices;
};

// One channel of one block, all positions in order, the lanes of a position in order: offsets[i] =
// position_offset + choice_offset + lane * lane_offset, values[i] = the gradient. Both have room for
// 16 * positions + 16 elements.
struct ChannelList {
    PooledGradients gradients;
    const std::int32_t* position_offset;
    std::int32_t lane_offset;
    std::ptrdiff_t live;
    std::int32_t* offsets;
    float* values;
};

// sums[r][j] += sum over the list of value * x[offset + r * row + j].
struct ListProduct {
    const float* x;
    const std::int32_t* offsets;
    const float* values;
    std::ptrdiff_t count, row, rows, vectors;  // rows x vectors: a register tile
    float* sums;
};

// The samples [first_lane, first_lane + width) of one block: for each of them the nonzero gradients of each
// position, channels in order. offsets[lane][i] = choice_offset + channel * channel_offset; those of position
// p end at ends[lane][p]. A lane has room for positions * channels + width elements.
struct SampleLists {
    PooledGradients gradients;
    std::ptrdiff_t channels, first_lane, live;
    std::int32_t channel_offset;
    std::ptrdiff_t list;  // from one lane to the next
    std::int32_t* offsets;
    float* values;
    std::int32_t* ends;
};

// sample[position_offset[p] + r * sample_row + j] += sum over the list of p of value * weights[offset + r *
// weight_row + j].
struct ListScatter {
    const float* weights;
    const std::int32_t* offsets;
    const float* values;
    const std::int32_t* ends;
    const std::int32_t* position_offset;
    float* sample;
    std::ptrdiff_t positions, weight_row, sample_row, rows, vectors;
};

struct PooledGradientBody {
    std::ptrdiff_t width;        // floats in a register
    std::ptrdiff_t max_vectors;  // of a row of a register tile
    std::ptrdiff_t max_scatter;  // vectors of a scatter
    std::ptrdiff_t (*max_rows)(std::ptrdiff_t vectors);
    // The length of the list; *sum: the sum of its values.
    std::ptrdiff_t (*channel_list)(const ChannelList&, float* sum);
    void (*product)(const ListProduct&);
    void (*sample_lists)(const SampleLists&);
    void (*scatter)(const ListScatter&);
};

CNN_DECLARE_BODIES(PooledGradientBody, pooled_gradient_body)

}  // namespace cnn
