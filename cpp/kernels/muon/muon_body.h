// What muon.cpp asks of the body in muon.simd.cpp; flat arrays of any length and alignment.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct MuonBody {
    // out = share_x * x + share_y * y; out may be x or y.
    void (*mix)(float share_x, const float* x, float share_y, const float* y, float* out,
                std::ptrdiff_t count);
};

CNN_DECLARE_BODIES(MuonBody, muon_body)

}  // namespace cnn
