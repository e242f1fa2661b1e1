#include "kernels/single/single_pooled_convolution.h"

#include <algorithm>
#include <cmath>

#include "core/tiles.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kMaxInputs = 4;
// Multiply-adds in a task: enough to pay for handing it to a thread.
constexpr std::ptrdiff_t kTaskWork = 1 << 18;

}  // namespace

bool single_pooling_pays(const ConvolutionShape& s, const PoolingShape& p) {
    const bool fits = s.stride_height == 1 && s.stride_width == 1 && s.dilation_height == 1 &&
                      s.dilation_width == 1 && s.groups == 1 && p.kernel_height == 2 && p.kernel_width == 2 &&
                      p.stride_height == 2 && p.stride_width == 2 && p.padding_height == 0 &&
                      p.padding_width == 0;
    if (!fits || s.input_channels > kMaxInputs || s.output_channels > kMaxSinglePooledOutputs) return false;
    // Multiply-adds of either way. A single vector of channels needs a load for each, which takes a third
    // longer.
    const std::ptrdiff_t width = CNN_SELECT_BODY(single_pooled_convolution_body)->width;
    const std::ptrdiff_t windows = round_up(p.output_width, width) * s.output_channels;
    const std::ptrdiff_t channels = round_up(s.output_channels, width) * p.output_width;
    return 3 * windows < (s.output_channels <= width ? 4 : 3) * channels;
}

SinglePooledConvolution::SinglePooledConvolution(const ConvolutionShape& shape, const float* weight,
                                                 const float* bias, bool relu, const SingleTensor& input,
                                                 const SingleTensor& output)
    : body_(CNN_SELECT_BODY(single_pooled_convolution_body)),
      shape_(shape),
      weight_(weight),
      bias_(bias),
      relu_(relu),
      input_(input),
      output_(output),
      half_(std::max(round_up(output.width, body_->width) + (shape.kernel_width + 1) / 2,
                     (shape.input_width + 2 * shape.padding_width + 1) / 2)),
      split_(static_cast<std::size_t>(shape.input_channels * rows() * 2 * half_)),
      packed_(static_cast<std::size_t>(shape.weight_size())),
      packed_bias_(static_cast<std::size_t>(shape.output_channels)) {}

bool SinglePooledConvolution::pack() {
    const std::ptrdiff_t outputs = shape_.output_channels,
                         taps = shape_.input_channels * shape_.kernel_area();
    if (shape_.padding_height > 0 || shape_.padding_width > 0) {
        if (!std::all_of(weight_, weight_ + shape_.weight_size(), [](float w) { return std::isfinite(w); }))
            return false;
    }
    float* to = packed_.data();
    const std::ptrdiff_t tiles = ceil_divide(outputs, body_->max_tile);
    for (std::ptrdiff_t t = 0; t < tiles; ++t) {
        for (std::ptrdiff_t k = 0; k < taps; ++k) {
            for (std::ptrdiff_t o = part_begin(outputs, tiles, t); o < part_begin(outputs, tiles, t + 1); ++o)
                *to++ = weight_[o * taps + k];
        }
    }
    if (bias_) std::copy_n(bias_, outputs, packed_bias_.begin());
    return true;
}

std::size_t SinglePooledConvolution::bytes() const {
    return (split_.size() + packed_.size() + packed_bias_.size()) * sizeof(float);
}

class SingleSplitColumns : public Op {
  public:
    explicit SingleSplitColumns(SinglePooledConvolution* owner) : owner_(owner) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override {
        const ConvolutionShape& s = owner_->shape_;
        const SingleTensor& x = owner_->input_;
        const std::ptrdiff_t cols = s.input_width + 2 * s.padding_width, half = owner_->half_;
        float* to = owner_->split_.data();
        for (std::ptrdiff_t c = 0; c < s.input_channels; ++c) {
            for (std::ptrdiff_t h = 0; h < owner_->rows(); ++h, to += 2 * half) {
                const float* from = x.at(h - s.padding_height, -s.padding_width) + c;
                if (x.pixel == 1) {  // a constant, so that it becomes a shuffle of registers
                    split(from, cols, 1, to, half);
                } else {
                    split(from, cols, x.pixel, to, half);
                }
            }
        }
    }

  private:
    static void split(const float* from, std::ptrdiff_t cols, std::ptrdiff_t pixel, float* to,
                      std::ptrdiff_t half) {
        for (std::ptrdiff_t w = 0; w < cols / 2; ++w) {
            to[w] = from[2 * w * pixel];
            to[half + w] = from[(2 * w + 1) * pixel];
        }
        if (cols % 2 != 0) to[cols / 2] = from[(cols - 1) * pixel];
    }

    SinglePooledConvolution* owner_;
};

class SingleConvolvePooled : public Op {
  public:
    explicit SingleConvolvePooled(SinglePooledConvolution* owner)
        : owner_(owner),
          tasks_(std::clamp<std::ptrdiff_t>(
              4 * owner->output_.height * owner->output_.width * owner->shape_.weight_size() / kTaskWork, 1,
              std::max<std::ptrdiff_t>(1, owner->output_.height))) {}
    std::ptrdiff_t tasks(const Context&) const override { return tasks_; }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override {
        const SinglePooledConvolution& p = *owner_;
        SinglePooledRows rows{};
        rows.input = p.split_.data();
        rows.weights = p.packed_.data();
        rows.bias = p.packed_bias_.data();
        rows.output = p.output_;
        rows.inputs = p.shape_.input_channels;
        rows.tap_rows = p.shape_.kernel_height;
        rows.tap_cols = p.shape_.kernel_width;
        rows.channel = p.rows() * 2 * p.half_;
        rows.row = 2 * p.half_;
        rows.parity = p.half_;
        rows.row_begin = task * p.output_.height / tasks_;
        rows.row_end = (task + 1) * p.output_.height / tasks_;
        rows.relu = p.relu_;
        p.body_->rows(rows);
    }

  private:
    SinglePooledConvolution* owner_;
    std::ptrdiff_t tasks_;
};

Op* SinglePooledConvolution::split_columns() {
    return new SingleSplitColumns(this);
}
Op* SinglePooledConvolution::convolve() {
    return new SingleConvolvePooled(this);
}

}  // namespace cnn
