// What single_convolution.cpp asks of the bodies in single_convolution.simd.cpp: rows of one sample, output
// channels as lanes.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// What happens to a sum on its way out, arrays for each output channel: ((sum - mean) * scale + shift), then
// ReLU.
struct SingleEpilogue {
    const float* mean = nullptr;  // null: no normalization
    const float* scale = nullptr;
    const float* shift = nullptr;
    bool relu = false;
};

// y[oh][ow][o] = epilogue(bias[o] + sum over r, k, c of weights[r][k][c][o] * x[oh, ow, r, k][c]) for one
// strip of output channels: `vectors` whole vectors.
struct SingleRows {
    const float* input;       // of output (0, 0), tap (0, 0), the first channel
    float* output;            // of output (0, 0), the first channel of the strip
    const float* weights;     // [tap rows][tap columns][terms][vectors * width]
    const float* bias;        // of the strip; read where `first`
    SingleEpilogue epilogue;  // of the strip; applied where `last`
    std::ptrdiff_t vectors;
    std::ptrdiff_t tap_rows, tap_cols,
        terms;                        // terms lie side by side: the channels of a tap, or of a row of taps
    std::ptrdiff_t tap_row, tap_col;  // floats of the input from a tap to the next
    std::ptrdiff_t input_row, input_col;  // floats from one output's input to the next's
    std::ptrdiff_t output_row, output_col;
    std::ptrdiff_t row_begin, row_end, cols;
    std::ptrdiff_t next_weights;  // floats to those that are wanted next and still lie in a far cache
    bool first, last;             // of the chunks of channels whose sums are added in the output
};

// The same with an input of its own for each lane, for channels in groups:
// y[o] = epilogue(bias[o] + sum over r, k, c of weights[r][k][c][o] * x[r][k][index[o] + c]).
struct SingleGroups {
    SingleRows rows;  // `vectors` is 1, `terms` the inputs of a group, `first` and `last` are true
    const std::ptrdiff_t* index;  // of each lane
    bool neighbours;              // index[o + 1] == index[o] + 1: depthwise
};

struct SingleConvolutionBody {
    std::ptrdiff_t width;        // floats in a vector
    std::ptrdiff_t max_vectors;  // of a strip
    void (*rows)(const SingleRows&);
    void (*groups)(const SingleGroups&);
};

CNN_DECLARE_BODIES(SingleConvolutionBody, single_convolution_body)

}  // namespace cnn
