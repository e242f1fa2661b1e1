#include "kernels/convolution/pooled_convolution.h"

#include <algorithm>

#include "core/tiles.h"
#include "kernels/convolution/convolution_taps.h"

namespace cnn {
namespace {

// Windows of a strip: with 2x2 windows and 8 channels their outputs are 12 KiB, a third of the first-level
// cache; a multiple of every number of positions in a register tile.
constexpr std::ptrdiff_t kStrip = 6;
// Multiply-adds of all 16 lanes in a task.
constexpr std::ptrdiff_t kTaskWork = 32768;

}  // namespace

bool can_pool_convolution(const ConvolutionShape& s, const PoolingShape& p) {
    return s.groups == 1 && p.disjoint() && p.padding_height == 0 && p.padding_width == 0;
}

PooledConvolution::PooledConvolution(const ConvolutionShape& s, const PoolingShape& pooling, bool relu,
                                     const float* input, float* output, std::int32_t* choice,
                                     const float* packed, const float* bias)
    : convolution_body_(CNN_SELECT_BODY(convolution_body)),
      pooling_body_(CNN_SELECT_BODY(pooling_body)),
      shape_(s),
      pooling_(pooling),
      relu_(relu),
      input_(input),
      output_(output),
      choice_(choice),
      packed_(packed),
      bias_(bias),
      tiles_(ceil_divide(s.output_channels, convolution_body_->max_tile)),
      strip_(std::min(kStrip, pooling.output_width)),
      rows_(forward_taps({s.input_height, s.output_height, s.kernel_height, s.stride_height, s.padding_height,
                          s.dilation_height})),
      cols_(forward_taps({s.input_width, s.output_width, s.kernel_width, s.stride_width, s.padding_width,
                          s.dilation_width})) {
    const std::ptrdiff_t row_work = std::max<std::ptrdiff_t>(
        1, pooling.kernel_height * s.output_width * s.output_channels * s.input_channels * s.kernel_area());
    row_chunk_ = std::clamp<std::ptrdiff_t>(kTaskWork / row_work, 1, pooling.output_height);
    row_chunks_ = ceil_divide(pooling.output_height, row_chunk_);
}

std::ptrdiff_t PooledConvolution::tasks(const Context& context) const {
    return block_count(context.samples) * row_chunks_;
}

std::size_t PooledConvolution::scratch_bytes() const {
    const std::ptrdiff_t cols = (strip_ - 1) * pooling_.stride_width + pooling_.kernel_width;
    return static_cast<std::size_t>(pooling_.kernel_height * cols * convolution_body_->max_tile * kLanes) *
           sizeof(float);
}

void PooledConvolution::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const PoolingShape& p = pooling_;
    const std::ptrdiff_t block = task / row_chunks_, chunk = task % row_chunks_;
    const std::ptrdiff_t plane = p.output_plane() * kLanes;
    const std::ptrdiff_t last = std::min(p.output_height, (chunk + 1) * row_chunk_);
    auto* values = reinterpret_cast<float*>(scratch);
    for (std::ptrdiff_t row = chunk * row_chunk_; row < last; ++row) {
        for (std::ptrdiff_t window = 0; window < p.output_width; window += strip_) {
            const std::ptrdiff_t windows = std::min(strip_, p.output_width - window);
            const std::ptrdiff_t cols = (windows - 1) * p.stride_width + p.kernel_width;
            for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
                const std::ptrdiff_t first = tile_begin(s.output_channels, tiles_, t);
                const std::ptrdiff_t tile = tile_begin(s.output_channels, tiles_, t + 1) - first;
                const std::ptrdiff_t col = tile * kLanes;
                convolution_body_->rows({input_ + block * s.input_size() * kLanes,
                                         values,
                                         packed_ + first * s.input_channels * s.kernel_area(),
                                         bias_ ? bias_ + first : nullptr,
                                         s.input_channels,
                                         s.input_height * s.input_width * kLanes,
                                         s.input_width * kLanes,
                                         kLanes,
                                         kLanes,
                                         cols * col,
                                         col,
                                         tile,
                                         s.kernel_width,
                                         s.kernel_area(),
                                         rows_.data() + row * p.stride_height,
                                         cols_.data() + window * p.stride_width,
                                         0,
                                         p.kernel_height,
                                         cols,
                                         s.stride_width,
                                         false,
                                         false,
                                         false});
                const std::ptrdiff_t to =
                    (block * s.output_channels + first) * plane + (row * p.output_width + window) * kLanes;
                pooling_body_->max_strip({values, cols * col, col, kLanes, output_ + to,
                                          choice_ ? choice_ + to : nullptr, plane, kLanes, tile, windows,
                                          p.stride_width, p.kernel_height, p.kernel_width, relu_});
            }
        }
    }
}

}  // namespace cnn
