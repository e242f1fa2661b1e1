// What update.cpp asks of the bodies in update.simd.cpp; flat arrays of any length and alignment.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct UpdateBody {
    // gradient = scale * (sum of the slots as a fixed tree), or gradient += that.
    void (*add_slots)(const float* slots, std::ptrdiff_t stride, std::ptrdiff_t slot_count, float* gradient,
                      std::ptrdiff_t count, float scale, bool accumulate);
};

CNN_DECLARE_BODIES(UpdateBody, update_body)

}  // namespace cnn
