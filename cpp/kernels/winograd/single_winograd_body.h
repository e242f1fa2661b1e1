// What single_winograd.cpp asks of the bodies in single_winograd.simd.cpp.
#pragma once

#include <cstddef>

#include "kernels/single/single_convolution_body.h"
#include "kernels/single/single_tensor.h"
#include "simd/instruction_set.h"

namespace cnn {

// Tiles first_tile .. end_tile, row by row, `tile_cols` of them in a row, each of m x m outputs. In
// `transformed` the values of one of the (m + 2)^2 points lie together, `point` floats from the next:
// [point][tile][channels].
struct SingleWinogradTiles {
    std::ptrdiff_t m;  // 2 or 4
    std::ptrdiff_t first_tile, end_tile, tile_cols;
    std::ptrdiff_t point, channels;
    SingleTensor image;  // input: `values` is the corner of the first tile; output: of the first output
};

// Filters (outputs, inputs, 3, 3), as far as they belong to one strip of `lanes` outputs, to transformed:
// [point][input][lane]; lanes beyond the outputs are zero.
struct SingleWinogradFilters {
    std::ptrdiff_t m;     // 2 or 4
    const float* weight;  // of the strip's first output
    float* transformed;
    std::ptrdiff_t inputs, outputs, lanes;
    std::ptrdiff_t point;  // floats from a point to the next
};

struct SingleWinogradBody {
    void (*transform_filters)(const SingleWinogradFilters&);
    void (*transform_input)(const SingleWinogradTiles&, float* transformed);
    void (*transform_output)(const SingleWinogradTiles&, const float* transformed, const float* bias,
                             const SingleEpilogue& epilogue);
};

CNN_DECLARE_BODIES(SingleWinogradBody, single_winograd_body)

}  // namespace cnn
