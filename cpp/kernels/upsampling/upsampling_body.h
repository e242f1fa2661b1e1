// What upsampling.cpp asks of the per-instruction-set bodies in upsampling.simd.cpp.
#pragma once

#include <cstddef>
#include <vector>

#include "simd/instruction_set.h"

namespace cnn {

// Of each output place: the two input places that it reads, and their weights.
struct SpreadTap {
    std::ptrdiff_t low, high;
    float low_weight, high_weight;
};
using SpreadAxis = std::vector<SpreadTap>;

// Of each input place: the output places that read it, rising, and their weights; entries[begin[i]] and on.
struct GatherTap {
    std::ptrdiff_t place;
    float weight;
};
struct GatherAxis {
    std::vector<std::ptrdiff_t> begin;
    std::vector<GatherTap> entries;
};

// The arrays of both axes.
struct UpsamplingPlane {
    const SpreadTap *rows, *cols;
    std::ptrdiff_t row_count, col_count;  // of the output
    std::ptrdiff_t input_width;
    bool bilinear;
};
struct UpsamplingGradientPlane {
    const std::ptrdiff_t *row_begin, *col_begin;
    const GatherTap *rows, *cols;
    std::ptrdiff_t row_count, col_count;  // of the input
    std::ptrdiff_t output_width;
};

// One plane each: input [H][W][16], output [OH][OW][16].
struct UpsamplingBody {
    void (*forward)(const UpsamplingPlane&, const float* input, float* output);
    void (*backward)(const UpsamplingGradientPlane&, const float* grad_output, float* grad_input);
};

CNN_DECLARE_BODIES(UpsamplingBody, upsampling_body)

}  // namespace cnn
