// What pooling.cpp, and convolutions that pool on the way out, ask of the bodies in pooling.simd.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/instruction_set.h"

namespace cnn {

struct PoolingShape {
    std::ptrdiff_t channels;
    std::ptrdiff_t input_height, input_width, output_height, output_width;
    std::ptrdiff_t kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width;

    std::ptrdiff_t input_plane() const { return input_height * input_width; }
    std::ptrdiff_t output_plane() const { return output_height * output_width; }
    // Each input belongs to at most one window.
    bool disjoint() const { return stride_height >= kernel_height && stride_width >= kernel_width; }
};

// Neighbouring windows of several channels, from where a convolution has just left its outputs:
// output[c][w] = max over (kh, kw) of values[kh][w * window + kw][c], rectified if `relu`; choice[c][w] is
// the place kh * kernel_width + kw of the first maximum. A NaN wins, the first one of several.
struct PooledStrip {
    const float* values;
    std::ptrdiff_t row, col, channel;  // strides in floats
    float* output;
    std::int32_t* choice;  // or null
    std::ptrdiff_t output_channel, output_window;
    std::ptrdiff_t channels, windows, window;  // window: columns from one window to the next
    std::ptrdiff_t kernel_height, kernel_width;
    bool relu;
};

// One plane each: input [H][W][16], output [OH][OW][16].
struct PoolingBody {
    // `argmax` may be null.
    void (*max_forward)(const PoolingShape&, const float* input, float* output, std::int32_t* argmax);
    // `output` is null, or the pooled values of a ReLU: then a gradient passes only where they are not <= 0.
    void (*max_backward)(const PoolingShape&, const float* grad_output, const std::int32_t* argmax,
                         const float* output, float* grad_input);
    void (*average_forward)(const PoolingShape&, bool count_padding, const float* input, float* output);
    void (*average_backward)(const PoolingShape&, bool count_padding, const float* grad_output,
                             float* grad_input);
    void (*max_strip)(const PooledStrip&);
};

CNN_DECLARE_BODIES(PoolingBody, pooling_body)

}  // namespace cnn
