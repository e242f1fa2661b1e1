// What the kernels that change the layout ask of the per-instruction-set bodies in layout.simd.cpp.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// One block, between lanes (16 samples side by side) and rows (a sample's values side by side, channels
// last): rows[n * row + p * channels + c] <-> lanes[p * position + c * channel + n], for n in [first_lane,
// end_lane).
struct BlockLayout {
    std::ptrdiff_t channels, positions;
    std::ptrdiff_t position, channel;  // strides in floats of the lanes; multiples of 16
    std::ptrdiff_t row;                // stride in floats of the rows
    std::ptrdiff_t first_lane, end_lane;
};

struct LayoutBody {
    // Rows outside [first_lane, end_lane) are not touched.
    void (*lanes_to_rows)(const BlockLayout&, const float* lanes, float* rows);
    // first_lane is a multiple of the register's width; lanes from end_lane to the next such multiple become
    // zero.
    void (*rows_to_lanes)(const BlockLayout&, const float* rows, float* lanes);
};

CNN_DECLARE_BODIES(LayoutBody, layout_body)

}  // namespace cnn
