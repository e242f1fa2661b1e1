// What pooling.cpp, and convolutions that pool on the way out, ask of the bodies in pooling.simd.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/instruction_set.h"

namespace cnn {

// Always inlined: code made for one instruction set must not be called from another.
#define CNN_SHAPE_INLINE __attribute__((always_inline)) inline

// The places of a window along one axis that lie inside the input: begin, begin + dilation, ... below end.
struct PoolingWindow {
    std::ptrdiff_t begin, end;
};

struct PoolingShape {
    std::ptrdiff_t channels;
    std::ptrdiff_t input_height, input_width, output_height, output_width;
    // Of adaptive windows the kernel is the largest one; stride and padding mean nothing.
    std::ptrdiff_t kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width;
    std::ptrdiff_t dilation_height = 1, dilation_width = 1;
    std::ptrdiff_t divisor = 0;  // of each average; 0: as many as the window has
    bool adaptive = false;  // window o is from floor(o * input / output) to ceil((o + 1) * input / output)

    CNN_SHAPE_INLINE std::ptrdiff_t input_plane() const { return input_height * input_width; }
    CNN_SHAPE_INLINE std::ptrdiff_t output_plane() const { return output_height * output_width; }
    // From the first to the last place of a window.
    CNN_SHAPE_INLINE std::ptrdiff_t span_height() const { return (kernel_height - 1) * dilation_height + 1; }
    CNN_SHAPE_INLINE std::ptrdiff_t span_width() const { return (kernel_width - 1) * dilation_width + 1; }
    // Each input belongs to at most one window.
    CNN_SHAPE_INLINE bool disjoint() const {
        return !adaptive && stride_height >= span_height() && stride_width >= span_width();
    }
    // No window has gaps, or reaches beyond the padded input.
    CNN_SHAPE_INLINE bool has_whole_windows() const {
        return !adaptive && dilation_height == 1 && dilation_width == 1 &&
               (output_height - 1) * stride_height + kernel_height <= input_height + 2 * padding_height &&
               (output_width - 1) * stride_width + kernel_width <= input_width + 2 * padding_width;
    }
    CNN_SHAPE_INLINE PoolingWindow rows(std::ptrdiff_t oh) const {
        if (adaptive) return share(oh, input_height, output_height);
        return place(oh * stride_height - padding_height, span_height(), dilation_height, input_height);
    }
    CNN_SHAPE_INLINE PoolingWindow cols(std::ptrdiff_t ow) const {
        if (adaptive) return share(ow, input_width, output_width);
        return place(ow * stride_width - padding_width, span_width(), dilation_width, input_width);
    }
    // What the sum of a window without gaps is divided by. The padding counts, what lies beyond it never.
    CNN_SHAPE_INLINE float divisor_of(bool count_padding, std::ptrdiff_t oh, std::ptrdiff_t ow,
                                      const PoolingWindow& rows, const PoolingWindow& cols) const {
        if (divisor != 0) return static_cast<float>(divisor);
        if (!count_padding) return static_cast<float>((rows.end - rows.begin) * (cols.end - cols.begin));
        const std::ptrdiff_t height = input_height + 2 * padding_height - oh * stride_height;
        const std::ptrdiff_t width = input_width + 2 * padding_width - ow * stride_width;
        return static_cast<float>((kernel_height < height ? kernel_height : height) *
                                  (kernel_width < width ? kernel_width : width));
    }

  private:
    CNN_SHAPE_INLINE static PoolingWindow place(std::ptrdiff_t first, std::ptrdiff_t span,
                                                std::ptrdiff_t dilation, std::ptrdiff_t input) {
        const std::ptrdiff_t end = first + span;
        std::ptrdiff_t begin = first;
        if (first < 0) begin = dilation == 1 ? 0 : first + (dilation - 1 - first) / dilation * dilation;
        return {begin, end > input ? input : end};
    }
    CNN_SHAPE_INLINE static PoolingWindow share(std::ptrdiff_t o, std::ptrdiff_t input,
                                                std::ptrdiff_t output) {
        return {o * input / output, ((o + 1) * input + output - 1) / output};
    }
};

#undef CNN_SHAPE_INLINE

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
