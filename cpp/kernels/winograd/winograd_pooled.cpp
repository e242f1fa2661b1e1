#include "kernels/winograd/winograd_pooled.h"

#include <algorithm>

#include "kernels/convolution/pooled_convolution.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kWindow = 6;  // inputs of a tile, in each direction

}  // namespace

bool pooled_winograd_pays(const ConvolutionShape& s, const PoolingShape& p) {
    const bool fits = can_pool_convolution(s, p) && s.kernel_height == 5 && s.kernel_width == 5 &&
                      s.stride_height == 1 && s.stride_width == 1 && s.dilation_height == 1 &&
                      s.dilation_width == 1 && p.kernel_height == 2 && p.kernel_width == 2 &&
                      p.stride_height == 2 && p.stride_width == 2;
    // In multiply-adds of a tile: transforms of an input and of an output cost about 200 and 170 of them.
    const std::ptrdiff_t pairs = s.input_channels * s.output_channels;
    return fits && (100 - 36) * pairs > 200 * s.input_channels + 170 * s.output_channels;
}

std::ptrdiff_t pooled_winograd_weight_size(const ConvolutionShape& s) {
    return kPooledWinogradElements * s.input_channels * s.output_channels;
}

TransformPooledWeights::TransformPooledWeights(const ConvolutionShape& s, const float* weight,
                                               float* transformed)
    : body_(CNN_SELECT_BODY(winograd_pooled_body)), shape_(s), weight_(weight), transformed_(transformed) {}

void TransformPooledWeights::run(const Context&, std::ptrdiff_t, std::byte*) const {
    body_->transform_filters({weight_, transformed_, shape_.input_channels, shape_.output_channels});
}

WinogradPooledConvolution::WinogradPooledConvolution(const ConvolutionShape& s, const PoolingShape& p,
                                                     bool relu, const float* input, float* output,
                                                     std::int32_t* choice, const float* transformed,
                                                     const float* bias)
    : body_(CNN_SELECT_BODY(winograd_pooled_body)),
      pooling_body_(CNN_SELECT_BODY(pooling_body)),
      shape_(s),
      pooling_(p),
      relu_(relu),
      input_(input),
      output_(output),
      choice_(choice),
      transformed_(transformed),
      bias_(bias) {}

std::ptrdiff_t WinogradPooledConvolution::tasks(const Context& context) const {
    return block_count(context.samples) * pooling_.output_height;
}

std::size_t WinogradPooledConvolution::scratch_bytes() const {
    // Elements of a tile and their products, its four outputs, and a copy of its window where that has
    // padding.
    const std::ptrdiff_t lanes =
        kPooledWinogradElements * (2 * shape_.input_channels + body_->max_tile) + 4 * shape_.output_channels;
    return static_cast<std::size_t>(lanes * kLanes) * sizeof(float);
}

const float* WinogradPooledConvolution::window(const float* input, std::ptrdiff_t row, std::ptrdiff_t col,
                                               float* copy) const {
    const ConvolutionShape& s = shape_;
    if (row >= 0 && col >= 0 && row + kWindow <= s.input_height && col + kWindow <= s.input_width)
        return nullptr;
    std::fill(copy, copy + s.input_channels * kPooledWinogradElements * kLanes, 0.0f);
    const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, -col),
                         end = std::min(kWindow, s.input_width - col);
    for (std::ptrdiff_t c = 0; c < s.input_channels && first < end; ++c) {
        for (std::ptrdiff_t i = 0; i < kWindow; ++i) {
            if (row + i < 0 || row + i >= s.input_height) continue;
            const float* from =
                input + ((c * s.input_height + row + i) * s.input_width + col + first) * kLanes;
            std::copy(from, from + (end - first) * kLanes,
                      copy + ((c * kWindow + i) * kWindow + first) * kLanes);
        }
    }
    return copy;
}

void WinogradPooledConvolution::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const std::ptrdiff_t block = task / pooling_.output_height, pooled_row = task % pooling_.output_height;
    const std::ptrdiff_t plane = pooling_.output_plane() * kLanes, col_step = s.output_channels * kLanes;
    const float* picture = input_ + block * s.input_size() * kLanes;
    auto* values = reinterpret_cast<float*>(scratch);
    float* copy = values + 4 * col_step;
    float* elements = copy + s.input_channels * kPooledWinogradElements * kLanes;
    const std::ptrdiff_t row = 2 * pooled_row - s.padding_height;
    for (std::ptrdiff_t w = 0; w < pooling_.output_width; ++w) {
        const std::ptrdiff_t col = 2 * w - s.padding_width;
        PooledWinogradTile tile{picture + (row * s.input_width + col) * kLanes,
                                transformed_,
                                bias_,
                                values,
                                elements,
                                s.input_channels,
                                s.output_channels,
                                s.input_height * s.input_width * kLanes,
                                s.input_width * kLanes};
        if (const float* padded = window(picture, row, col, copy)) {
            tile.input = padded;
            tile.channel = kPooledWinogradElements * kLanes;
            tile.row = kWindow * kLanes;
        }
        body_->tile(tile);
        const std::ptrdiff_t to =
            block * s.output_channels * plane + (pooled_row * pooling_.output_width + w) * kLanes;
        pooling_body_->max_strip({values, 2 * col_step, col_step, kLanes, output_ + to,
                                  choice_ ? choice_ + to : nullptr, plane, kLanes, s.output_channels, 1, 2, 2,
                                  2, relu_});
    }
}

}  // namespace cnn
