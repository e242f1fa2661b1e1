// What convolution.cpp asks of the per-instruction-set bodies in convolution.simd.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/instruction_set.h"

namespace cnn {

// Along one axis: which kernel taps reach an output coordinate, and which input coordinates they read. A
// backward pass is the same gather with another table.
struct Taps {
    int first, count, step;  // kernel indices first, first + step, ...
    int input, input_step;   // input coordinate of the first tap, and from a tap to the next
    int run;                 // coordinates from here on with the same taps, their inputs `advance` apart
};

// One block, one tile of output channels, some rows:
// output[t][oh][ow] (+)= bias[t] + sum over c, kh, kw of weights[c][kh][kw][t] * input[c][ih][iw], all with
// 16 lanes.
struct ConvolutionRows {
    const float* input;
    float* output;
    const float* weights;
    const float* bias;  // or null
    std::ptrdiff_t channels;
    std::ptrdiff_t input_channel, input_row, input_col;     // strides in floats
    std::ptrdiff_t output_channel, output_row, output_col;  // strides in floats
    std::ptrdiff_t tile;                                    // 1 .. max_tile
    std::ptrdiff_t kernel_width, kernel_area;               // of the packed weights
    const Taps* rows;
    const Taps* cols;
    std::ptrdiff_t row_begin, row_end, col_count;
    std::ptrdiff_t advance;  // input columns from one output column to the next within a run
    bool accumulate;         // add to the output instead of bias
    bool relu;
    bool skip_empty;  // outputs that no tap reaches are zero already
};

constexpr std::ptrdiff_t kMostGradientTaps = 5;  // of a tile, on any instruction set

// Taps of the gradient of the weights that share their range of output rows: neighbours in a kernel row, or
// channels of a 1x1 kernel.
struct TapTile {
    std::ptrdiff_t count;
    std::ptrdiff_t row_begin, row_end;         // 0 and 0 if no row reaches the input
    std::ptrdiff_t offset[kMostGradientTaps];  // of a tap's input at output (0, 0), in floats
    std::ptrdiff_t index[kMostGradientTaps];   // of a tap in a row of the gradient
    std::ptrdiff_t col_begin[kMostGradientTaps], col_end[kMostGradientTaps];
    // Columns that some tap reaches, and of these the ones that all do.
    std::ptrdiff_t begin, common_begin, common_end, end;
};

// For one slot of blocks, of one group: gradient[o * gradient_row + index[j]] = sum over blocks, lanes and
// positions of grad_output[o][oh][ow] * input[offset[j] + oh * input_row + ow * input_col], for the taps j of
// some tiles.
struct ConvolutionGradient {
    const float* input;        // of the slot's first block, the group's first channel
    const float* grad_output;  // likewise
    float* gradient;
    std::ptrdiff_t input_block, output_block;  // strides in floats
    std::ptrdiff_t blocks, last_lanes;         // the last block has this many live lanes
    std::ptrdiff_t output_channel, output_row, output_col;
    std::ptrdiff_t input_row, input_col;  // strides for one step of an output row or column
    std::ptrdiff_t gradient_row;          // from one output channel to the next
    std::ptrdiff_t outputs, height, width;
    const TapTile* tiles;
    std::ptrdiff_t tile_count;
    // Some rows of about so many positions go by for all outputs and tiles before the next do, so that what
    // they read is in the first-level cache.
    std::ptrdiff_t positions_at_once;
};

// All tiles of output channels of some rows, by im2col: `strip` positions and `chunk` channels at a time.
struct ConvolutionPanels {
    ConvolutionRows rows;  // its weights, output and bias are those of the first tile; `tile` is not used
    std::ptrdiff_t output_channels, tiles;
    std::ptrdiff_t strip, chunk;
};

// sums[t][16 columns] (+)= sum over r < terms of weights[r][t] * panel[r][16 columns]: a GEMM micro-kernel.
struct SampleProduct {
    const float* panel;
    const float* weights;
    float* sums;  // [tile][16], aligned to 64
    std::ptrdiff_t terms, tile;
    bool first;  // write instead of add
    // Null, or [position][16]: -1 where a tap lies in the input, 0 where it lies on padding and adds nothing,
    // even where the weight is infinite. A position has `lanes` terms.
    const std::int32_t* inside;
    std::ptrdiff_t lanes;
};

struct ConvolutionBody {
    std::ptrdiff_t max_tile;
    void (*rows)(const ConvolutionRows&);
    void (*panel_rows)(const ConvolutionPanels&, float* panels);
    std::ptrdiff_t max_gradient_taps;
    // Floats of `sums` for so many outputs and tiles, which is aligned to 64 bytes.
    std::ptrdiff_t (*gradient_sums)(std::ptrdiff_t outputs, std::ptrdiff_t tiles);
    void (*gradient)(const ConvolutionGradient&, float* sums);
    void (*sample_product)(const SampleProduct&);
    // The sum over a slot's blocks, positions and live lanes of one channel: the gradient of its bias.
    float (*plane_sum)(const float* grad_output, std::ptrdiff_t block_stride, std::ptrdiff_t blocks,
                       std::ptrdiff_t positions, std::ptrdiff_t last_lanes);
};

CNN_DECLARE_BODIES(ConvolutionBody, convolution_body)

}  // namespace cnn
