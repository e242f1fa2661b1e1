// What winograd.cpp asks of the per-instruction-set bodies in winograd.simd.cpp. A tile is one of outputs,
// with the window of inputs or the filter that belongs to it, and is transformed to 36 elements; a register
// tile is what the registers hold of a matrix product. All strides are in floats.
#pragma once

#include "kernels/winograd/winograd_form.h"
#include "simd/instruction_set.h"

namespace cnn {

constexpr std::ptrdiff_t kWinogradElements = winograd_points(kWinograd4x3);  // of a transformed tile
constexpr std::ptrdiff_t kWinogradGroup = 8;  // the most tiles that are transformed together

// The tiles [begin, end) of a picture. `row` and `col`: where the window of tile 0 begins, below zero where
// there is padding.
struct WinogradTiles {
    WinogradTiling tiling;
    std::ptrdiff_t begin, end, row, col;
};

// Where transformed tiles go: strides of elements, of groups of 16 channels or of a channel, and of tiles.
struct WinogradPlaces {
    float* to;
    std::ptrdiff_t element, channels, tile;
};

// sums[element][output][position] = sum over c of weights[element][c][output] * input[element][position][c],
// all but the weights with 16 lanes.
struct WinogradProduct {
    const float* input;
    const float* weights;  // of the first output; those of a register tile lie together
    float* sums;
    std::ptrdiff_t channels, positions;
    std::ptrdiff_t outputs;
    std::ptrdiff_t first_register_tile, last_register_tile, register_tiles;  // of all outputs, see tiles.h
    std::ptrdiff_t input_element, sum_element, weight_element;
};

// A batch normalization by known statistics that follows the convolution, as in batch_normalization.h: null,
// or (channels) each; `weight` and `bias` may be null alone.
struct WinogradNormalization {
    const float* mean;
    const float* inverse_std;
    const float* weight;
    const float* bias;
};

// The 4 x 4 outputs of some tiles, as far as they lie in the picture, of `channels` channels.
struct WinogradResult {
    const float* sums;  // [element][channel][tile][16]
    std::ptrdiff_t sum_element;
    float* output;  // the plane of the first channel
    const float* bias;
    std::ptrdiff_t channels, height, width;
    WinogradTiles tiles;
    WinogradNormalization normalization;
    bool relu;
};

// sums[element][o][16 c] (+)= sum over r < terms of grads[element][o / 16][r][o % 16] *
// inputs[element][c / 16][r][c % 16].
struct WinogradGradientProduct {
    const float* inputs;
    const float* grads;
    float* sums;
    std::ptrdiff_t terms;
    std::ptrdiff_t input_chunks, outputs;
    std::ptrdiff_t input_chunk, input_element;  // strides
    std::ptrdiff_t grad_chunk, grad_element, sum_element;
    bool first;  // write instead of add
};

// From the sums of one output channel and up to 16 input channels to their 3x3 gradients: to[c][9].
struct WinogradGradientResult {
    const float* sums;
    std::ptrdiff_t sum_element;
    float* gradient;
    std::ptrdiff_t count;
};

struct WinogradBody {
    std::ptrdiff_t max_register_tile;  // the most outputs in it
    std::ptrdiff_t max_positions;      // output tiles that share the weights of a full register tile
    // The 6 x 6 windows of some tiles, which may reach beyond the picture: to[element][tile][channel][16
    // samples].
    void (*transform_input)(const WinogradPicture&, const WinogradTiles&, const WinogradPlaces&);
    void (*multiply)(const WinogradProduct&);
    void (*transform_output)(const WinogradResult&);
    // The same windows with channels as lanes: to[element][channel / 16][tile][sample][channel % 16], for the
    // first `samples` samples. Lanes beyond the channels are zero.
    void (*transpose_input)(const WinogradPicture&, const WinogradTiles&, std::ptrdiff_t samples,
                            const WinogradPlaces&);
    // And the 4 x 4 gradients of the tiles, zero beyond the picture.
    void (*transpose_gradient)(const WinogradPicture&, const WinogradTiles&, std::ptrdiff_t samples,
                               const WinogradPlaces&);
    void (*multiply_gradient)(const WinogradGradientProduct&);
    void (*gradient_result)(const WinogradGradientResult&);
};

CNN_DECLARE_BODIES(WinogradBody, winograd_body)

}  // namespace cnn
