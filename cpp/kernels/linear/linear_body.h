// What linear.cpp asks of the per-instruction-set bodies in linear.simd.cpp.
#pragma once

#include <cstddef>

#include "core/op.h"
#include "simd/instruction_set.h"

namespace cnn {

// output[t] = bias[t] + sum over terms i of weight[i * weight_term + t * weight_output] * input[i], for
// `tile` outputs of each block, all with 16 lanes. One of the two weight strides is 1.
struct LinearTile {
    const float* input;
    float* output;
    const float* weight;
    const float* bias;                          // or null
    std::ptrdiff_t weight_term, weight_output;  // strides in floats
    std::ptrdiff_t terms, tile, blocks;
    std::ptrdiff_t input_block, output_block;
    bool relu;
};

// gradient[t][j] (+)= scale * sum over samples n of grad_output[t][n] * rows[n][j], for `tile` outputs and
// `columns` inputs.
struct LinearGradientTile {
    const float* grad_output;  // [block][..][16], first output of the tile
    const float* rows;         // [sample][row], first input of the strip; 16 * max_strips floats can be read
    float* gradient;
    float* scratch;  // kMaxSlots * max_tile * max_strips * 16 floats, aligned to 64
    std::ptrdiff_t grad_block, row, gradient_row;
    std::ptrdiff_t tile, columns;
    std::ptrdiff_t slots, blocks, last_lanes;  // the last block has this many live lanes
    std::ptrdiff_t slot_begin[kMaxSlots + 1];  // first block of each slot, and the end of the last
    float scale;
    bool accumulate;
};

struct LinearBody {
    std::ptrdiff_t max_tile;
    std::ptrdiff_t max_strips;  // of 16 inputs in a gradient tile
    void (*tile)(const LinearTile&);
    void (*gradient)(const LinearGradientTile&);
};

CNN_DECLARE_BODIES(LinearBody, linear_body)

}  // namespace cnn
