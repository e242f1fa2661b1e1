// What gemm.cpp asks of the body in gemm.simd.cpp.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// C[tile][columns] (+)= A-panel [terms][tile] times the B-panels [terms][16] of `columns`, `panel_stride`
// floats from one to the next.
struct GemmTile {
    const float* a;
    const float* b;
    float* c;
    std::ptrdiff_t c_row, tile, columns, terms, panel_stride;
    bool accumulate;
};

struct GemmBody {
    std::ptrdiff_t max_tile;
    void (*tile)(const GemmTile&);
};

CNN_DECLARE_BODIES(GemmBody, gemm_body)

}  // namespace cnn
