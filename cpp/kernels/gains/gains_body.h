// What gains.cpp asks of the bodies in gains.simd.cpp. A feature is 16 samples; all counts are of features.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// y = x + w, w x, or x above 0 and w x else (NaN: w x).
enum class GainKind { kOffset, kFactor, kSlope };
constexpr int kGainKinds = 3;

// The features of a block that share a number: three loops, with how far apart their features lie.
struct SharedFeatures {
    std::ptrdiff_t counts[3], strides[3];
};

// Blocks of a slot; the last one has `last_lanes` live lanes.
struct SlotBlocks {
    std::ptrdiff_t count, stride, last_lanes;  // stride: in floats
};

struct GainBody {
    // `count` features side by side, `step` (0 or 1) numbers from one to the next.
    void (*forward)(const float* weights, std::ptrdiff_t step, std::ptrdiff_t count, const float* input,
                    float* output);
    void (*backward)(const float* weights, std::ptrdiff_t step, std::ptrdiff_t count, const float* input,
                     const float* grad_output, float* grad_input);
    // The gradient of one number, from the first of its features on. `input`: null for kOffset.
    float (*weight_gradient)(const SlotBlocks&, const SharedFeatures&, const float* input,
                             const float* grad_output);
};

struct GainBodies {
    GainBody of[kGainKinds];
};

CNN_DECLARE_BODIES(GainBodies, gains_bodies)

}  // namespace cnn
