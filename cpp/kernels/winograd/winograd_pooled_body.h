// What winograd_pooled.cpp asks of the per-instruction-set bodies in winograd_pooled.simd.cpp.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

constexpr std::ptrdiff_t kPooledWinogradElements =
    36;  // of a transformed tile: 2 x 2 outputs reach 6 x 6 inputs

// Filters (O, C, 5, 5) at the points: transformed[element][tile of outputs][input][outputs of the tile].
struct PooledWinogradFilters {
    const float* weight;
    float* transformed;
    std::ptrdiff_t inputs, outputs;
};

// The four outputs of one tile: values[row][col][output][16] = bias + convolution.
struct PooledWinogradTile {
    const float* input;  // [channel][row][col][16]: the corner of the 6 x 6 window, all of it in the picture
    const float* transformed;
    const float* bias;  // or null
    float* values;
    float* scratch;  // 36 * 16 * (inputs + max_tile) floats, aligned to 64
    std::ptrdiff_t inputs, outputs;
    std::ptrdiff_t channel, row;  // strides in floats
};

struct PooledWinogradBody {
    std::ptrdiff_t max_tile;
    void (*transform_filters)(const PooledWinogradFilters&);
    void (*tile)(const PooledWinogradTile&);
};

CNN_DECLARE_BODIES(PooledWinogradBody, winograd_pooled_body)

}  // namespace cnn
