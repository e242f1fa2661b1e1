// What response_normalization.cpp asks of the bodies in response_normalization.simd.cpp: some positions of
// one block, 16 samples each, whose channels lie `stride` floats apart.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

struct ResponseSettings {
    std::ptrdiff_t size = 1;
    float alpha = 0.0f, beta = 0.0f, k = 0.0f;
};

struct ResponsePositions {
    std::ptrdiff_t channels, stride, count;
};

struct ResponseNormalizationBody {
    void (*forward)(const ResponseSettings&, const ResponsePositions&, const float* input, float* output);
    // `scratch`: 2 * channels * 16 floats.
    void (*backward)(const ResponseSettings&, const ResponsePositions&, const float* input,
                     const float* grad_output, float* grad_input, float* scratch);
};

CNN_DECLARE_BODIES(ResponseNormalizationBody, response_normalization_body)

}  // namespace cnn
