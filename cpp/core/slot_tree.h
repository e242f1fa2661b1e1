// The fixed tree in which the sums of the slots are added: ((0+4)+(2+6))+((1+5)+(3+7)) for eight, the same
// without the missing ones for fewer. A process could own a subtree.
#pragma once

#include "core/op.h"

namespace cnn {

inline float add_slots(const float* first, std::ptrdiff_t stride, std::ptrdiff_t slots) {
    float v[kMaxSlots] = {};
    for (std::ptrdiff_t s = 0; s < slots; ++s) v[s] = first[s * stride];
    for (std::ptrdiff_t half = kMaxSlots / 2; half > 0; half /= 2) {
        for (std::ptrdiff_t s = 0; s < half && s + half < slots; ++s) v[s] += v[s + half];
    }
    return slots > 0 ? v[0] : 0.0f;
}

}  // namespace cnn
