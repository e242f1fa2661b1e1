// What fma_peak.cpp asks of the body in fma_peak.simd.cpp.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct FmaPeakBody {
    // Operations of one step: two for each lane of each sum.
    std::ptrdiff_t operations;
    // sum = sum * factor + term in every lane of every sum, `steps` times; returns what they add up to.
    float (*run)(std::ptrdiff_t steps, float factor, float term);
};

CNN_DECLARE_BODIES(FmaPeakBody, fma_peak_body)

}  // namespace cnn
