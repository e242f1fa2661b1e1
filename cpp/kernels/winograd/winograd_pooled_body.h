// What winograd_pooled.cpp asks of the per-instruction-set bodies in winograd_pooled.simd.cpp.
#pragma once

#include "kernels/winograd/winograd_form.h"
#include "simd/instruction_set.h"

namespace cnn {

constexpr std::ptrdiff_t kPooledWinogradElements = winograd_points(kWinograd2x5);  // of a transformed tile

// The four outputs of one tile: values[row][col][output][16] = bias + convolution.
struct PooledWinogradTile {
    WinogradPicture picture;
    std::ptrdiff_t row, col;   // where the window begins, below zero where there is padding
    const float* transformed;  // as winograd_weights.h says
    const float* bias;         // or null
    float* values;
    float* scratch;  // 36 * 16 * (inputs + max_register_tile) floats, aligned to 64
    std::ptrdiff_t outputs;
};

struct PooledWinogradBody {
    std::ptrdiff_t max_register_tile;
    void (*tile)(const PooledWinogradTile&);
};

CNN_DECLARE_BODIES(PooledWinogradBody, winograd_pooled_body)

}  // namespace cnn
