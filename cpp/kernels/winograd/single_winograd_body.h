// What single_winograd.cpp asks of the bodies in single_winograd.simd.cpp.
#pragma once

#include <cstddef>

#include "kernels/single/single_convolution_body.h"
#include "kernels/single/single_tensor.h"
#include "kernels/winograd/winograd_form.h"
#include "simd/instruction_set.h"

namespace cnn {

// The tiles [begin, end) of an image. In `transformed` the values of a point lie together, `point` floats
// from the next: [point][tile][channels].
struct SingleWinogradTiles {
    WinogradTiling tiling;  // of 2 x 2 or 4 x 4 outputs
    std::ptrdiff_t begin, end;
    std::ptrdiff_t point, channels;
    SingleTensor image;  // input: `values` is the corner of tile 0's window; output: of the first output
};

struct SingleWinogradBody {
    void (*transform_input)(const SingleWinogradTiles&, float* transformed);
    void (*transform_output)(const SingleWinogradTiles&, const float* transformed, const float* bias,
                             const SingleEpilogue& epilogue);
};

CNN_DECLARE_BODIES(SingleWinogradBody, single_winograd_body)

}  // namespace cnn
