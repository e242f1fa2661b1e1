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
      rows_(forward_taps(vertical_axis(s))),
      cols_(forward_taps(horizontal_axis(s))) {
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
    ConvolutionRows rows{};
    rows.input = input_ + block * s.input_size() * kLanes;
    rows.output = values;
    rows.channels = s.input_channels;
    rows.input_channel = s.input_height * s.input_width * kLanes;
    rows.input_row = s.input_width * kLanes;
    rows.input_col = kLanes;
    rows.output_channel = kLanes;
    rows.kernel_width = s.kernel_width;
    rows.kernel_area = s.kernel_area();
    rows.row_end = p.kernel_height;
    rows.advance = s.stride_width;
    PooledStrip strip{};
    strip.values = values;
    strip.channel = kLanes;
    strip.output_channel = plane;
    strip.output_window = kLanes;
    strip.window = p.stride_width;
    strip.kernel_height = p.kernel_height;
    strip.kernel_width = p.kernel_width;
    strip.relu = relu_;
    for (std::ptrdiff_t row = chunk * row_chunk_; row < last; ++row) {
        rows.rows = rows_.data() + row * p.stride_height;
        for (std::ptrdiff_t window = 0; window < p.output_width; window += strip_) {
            strip.windows = std::min(strip_, p.output_width - window);
            rows.cols = cols_.data() + window * p.stride_width;
            rows.col_count = (strip.windows - 1) * p.stride_width + p.kernel_width;
            for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
                const std::ptrdiff_t first = part_begin(s.output_channels, tiles_, t);
                rows.tile = strip.channels = part_begin(s.output_channels, tiles_, t + 1) - first;
                rows.weights = packed_ + first * s.input_channels * s.kernel_area();
                rows.bias = bias_ ? bias_ + first : nullptr;
                rows.output_col = strip.col = rows.tile * kLanes;
                rows.output_row = strip.row = rows.col_count * rows.output_col;
                convolution_body_->rows(rows);
                const std::ptrdiff_t to =
                    (block * s.output_channels + first) * plane + (row * p.output_width + window) * kLanes;
                strip.output = output_ + to;
                strip.choice = choice_ ? choice_ + to : nullptr;
                pooling_body_->max_strip(strip);
            }
        }
    }
}

}  // namespace cnn
