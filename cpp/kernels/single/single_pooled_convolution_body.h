// What single_pooled_convolution.cpp asks of the bodies in single_pooled_convolution.simd.cpp: rows of one
// sample, neighbouring pooling windows as lanes.
#pragma once

#include <cstddef>

#include "kernels/single/single_tensor.h"
#include "simd/instruction_set.h"

namespace cnn {

// Most outputs: their lanes are gathered before they change places with the positions.
constexpr std::ptrdiff_t kMaxSinglePooledOutputs = 32;

// y[r][p][o] = max over dr, dc of (bias[o] + sum over c, i, j of weight[o][c][i][j] x[c][2 r + dr + i][2 p +
// dc + j]) for rows row_begin .. row_end, then ReLU.
struct SinglePooledRows {
    // [input channel][row][parity of the column][column / 2], with padding as zeros, and zeros as far behind
    // a row as whole vectors of windows reach.
    const float* input;
    const float*
        weights;        // tile by tile of outputs: [input channel][tap row][tap column][outputs of the tile]
    const float* bias;  // one for each output
    SingleTensor output;
    std::ptrdiff_t inputs, tap_rows, tap_cols;
    std::ptrdiff_t channel, row, parity;  // floats of the input to the next
    std::ptrdiff_t row_begin, row_end;
    bool relu;
};

struct SinglePooledConvolutionBody {
    std::ptrdiff_t width;     // windows in a vector
    std::ptrdiff_t max_tile;  // most outputs of a tile; they are divided among tiles as in tiles.h
    void (*rows)(const SinglePooledRows&);
};

CNN_DECLARE_BODIES(SinglePooledConvolutionBody, single_pooled_convolution_body)

}  // namespace cnn
