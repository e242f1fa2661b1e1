#include "kernels/winograd/winograd_pooled.h"

#include "kernels/convolution/pooled_convolution.h"
#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_weights.h"

namespace cnn {

bool pooled_winograd_pays(const ConvolutionShape& s, const PoolingShape& p) {
    const std::ptrdiff_t size = kWinograd2x5.outputs;
    const bool fits = can_pool_convolution(s, p) && winograd_fits(kWinograd2x5, s) &&
                      p.kernel_height == size && p.kernel_width == size && p.stride_height == size &&
                      p.stride_width == size;
    // In multiply-adds of a tile: transforms of an input and of an output cost about 200 and 170 of them.
    const std::ptrdiff_t pairs = s.input_channels * s.output_channels;
    return fits && (100 - kPooledWinogradElements) * pairs > 200 * s.input_channels + 170 * s.output_channels;
}

std::ptrdiff_t pooled_winograd_weight_size(const ConvolutionShape& s) {
    return winograd_weight_size(kWinograd2x5, s);
}

Op* transform_pooled_winograd_weights(const ConvolutionShape& s, const float* weight, float* transformed) {
    const std::ptrdiff_t max_register_tile = (CNN_SELECT_BODY(winograd_pooled_body))->max_register_tile;
    return new TransformWinogradWeights(kWinograd2x5, s, false, max_register_tile, weight, transformed);
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
    // Elements of a tile and their products, and its four outputs.
    const std::ptrdiff_t lanes =
        kPooledWinogradElements * (shape_.input_channels + body_->max_register_tile) +
        4 * shape_.output_channels;
    return static_cast<std::size_t>(lanes * kLanes) * sizeof(float);
}

void WinogradPooledConvolution::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const std::ptrdiff_t block = task / pooling_.output_height, pooled_row = task % pooling_.output_height;
    const std::ptrdiff_t plane = pooling_.output_plane() * kLanes, col_step = s.output_channels * kLanes;
    const WinogradPicture picture{input_ + block * s.input_size() * kLanes, s.input_channels, s.input_height,
                                  s.input_width};
    auto* values = reinterpret_cast<float*>(scratch);
    constexpr std::ptrdiff_t kSize = kWinograd2x5.outputs;
    PooledWinogradTile tile{};
    tile.picture = picture;
    tile.row = kSize * pooled_row - s.padding_height;
    tile.transformed = transformed_;
    tile.bias = bias_;
    tile.values = values;
    tile.scratch = values + 4 * col_step;
    tile.outputs = s.output_channels;
    PooledStrip strip{};
    strip.values = values;
    strip.row = kSize * col_step;
    strip.col = col_step;
    strip.channel = strip.output_window = kLanes;
    strip.output_channel = plane;
    strip.channels = s.output_channels;
    strip.windows = 1;
    strip.window = strip.kernel_height = strip.kernel_width = kSize;
    strip.relu = relu_;
    for (std::ptrdiff_t w = 0; w < pooling_.output_width; ++w) {
        tile.col = kSize * w - s.padding_width;
        body_->tile(tile);
        const std::ptrdiff_t to =
            block * s.output_channels * plane + (pooled_row * pooling_.output_width + w) * kLanes;
        strip.output = output_ + to;
        strip.choice = choice_ ? choice_ + to : nullptr;
        pooling_body_->max_strip(strip);
    }
}

}  // namespace cnn
