#include "kernels/winograd/single_winograd.h"

#include <algorithm>
#include <cmath>

#include "kernels/winograd/winograd.h"

namespace cnn {
namespace {

// Transforms pay for themselves from so many channels on.
constexpr std::ptrdiff_t kFewestChannels = 16;
// A transformed weight is read from memory once and used once for each tile: with fewer tiles the 36 points
// of F(4x4) cost more to read than its multiplications save over the 16 of F(2x2).
constexpr std::ptrdiff_t kFewestTiles = 9;
// Values in a task of a transform, and multiply-adds in one of the product.
constexpr std::ptrdiff_t kTransformTask = 1 << 14, kProductTask = 1 << 18;

}  // namespace

std::optional<WinogradForm> single_winograd_form(const ConvolutionShape& s) {
    if (std::min(s.input_channels, s.output_channels) < kFewestChannels) return std::nullopt;
    for (const WinogradForm& form : {kWinograd4x3, kWinograd2x3}) {
        const WinogradTiling tiling = winograd_tiling(form.outputs, s.output_height, s.output_width);
        if (winograd_fits(form, s) && winograd_tiles(tiling) >= kFewestTiles) return form;
    }
    return std::nullopt;
}

SingleWinograd::SingleWinograd(const ConvolutionShape& shape, const WinogradForm& form, const float* weight,
                               const float* bias, const SingleNormalization& normalization, bool relu,
                               const SingleTensor& input, const SingleTensor& output)
    : body_(CNN_SELECT_BODY(single_winograd_body)),
      weights_(CNN_SELECT_BODY(winograd_weights_body)),
      product_(CNN_SELECT_BODY(single_convolution_body)),
      shape_(shape),
      form_(form),
      tiling_(winograd_tiling(form.outputs, shape.output_height, shape.output_width)),
      weight_(weight),
      bias_(bias),
      arrays_(normalization, shape.output_channels, output.pixel),
      relu_(relu),
      input_(input),
      output_(output),
      strips_(ceil_divide(output.pixel, product_->max_vectors * product_->width)),
      input_point_(winograd_apart(tiles() * input.pixel)),
      output_point_(winograd_apart(tiles() * output.pixel)),
      packed_(static_cast<std::size_t>(points() * shape.input_channels * output.pixel)),
      packed_bias_(static_cast<std::size_t>(output.pixel)),
      zeros_(static_cast<std::size_t>(product_->max_vectors * product_->width)),
      input_points_(static_cast<std::size_t>(points() * input_point_)),
      output_points_(static_cast<std::size_t>(points() * output_point_)) {}

bool SingleWinograd::pack() {
    if (!std::all_of(weight_, weight_ + shape_.weight_size(), [](float w) { return std::isfinite(w); }))
        return false;
    const std::ptrdiff_t inputs = shape_.input_channels, outputs = shape_.output_channels;
    const std::ptrdiff_t strip = product_->max_vectors * product_->width, taps = form_.taps * form_.taps;
    WinogradFilters filters{};
    filters.form = form_;
    filters.inputs = inputs;
    filters.input_step = taps;
    filters.output_step = inputs * taps;
    filters.point = inputs * output_.pixel;
    for (std::ptrdiff_t first = 0; first < output_.pixel; first += strip) {
        filters.weight = weight_ + first * inputs * taps;
        filters.transformed = packed_.data() + first * inputs;
        filters.outputs = outputs - first;
        filters.lanes = std::min(strip, output_.pixel - first);
        weights_->transform(filters);
    }
    if (bias_) std::copy_n(bias_, shape_.output_channels, packed_bias_.begin());
    arrays_.pack();
    return true;
}

std::size_t SingleWinograd::bytes() const {
    return (packed_.size() + packed_bias_.size() + zeros_.size() + input_points_.size() +
            output_points_.size()) *
               sizeof(float) +
           arrays_.bytes();
}

std::ptrdiff_t SingleWinograd::transform_tasks(std::ptrdiff_t channels) const {
    return std::clamp<std::ptrdiff_t>(points() * tiles() * channels / kTransformTask, 1, tiling_.rows);
}

SingleWinogradTiles SingleWinograd::describe(const SingleTensor& image, std::ptrdiff_t task,
                                             std::ptrdiff_t tasks, std::ptrdiff_t point) const {
    const std::ptrdiff_t first = part_begin(tiling_.rows, tasks, task),
                         end = part_begin(tiling_.rows, tasks, task + 1);
    return {tiling_, first * tiling_.cols, end * tiling_.cols, point, image.pixel, image};
}

class SingleWinogradInput : public Op {
  public:
    explicit SingleWinogradInput(SingleWinograd* w) : w_(w) {}
    std::ptrdiff_t tasks(const Context&) const override { return w_->transform_tasks(w_->input_.pixel); }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override {
        SingleTensor corner = w_->input_;
        corner.values = corner.at(-w_->shape_.padding_height, -w_->shape_.padding_width);
        w_->body_->transform_input(w_->describe(corner, task, tasks(context), w_->input_point_),
                                   w_->input_points_.data());
    }

  private:
    SingleWinograd* w_;
};

// Tiles take the place of the positions of a 1x1 convolution.
class SingleWinogradProduct : public Op {
  public:
    explicit SingleWinogradProduct(SingleWinograd* w)
        : w_(w),
          parts_(std::clamp<std::ptrdiff_t>(
              w->tiles() * w->shape_.input_channels * w->output_.pixel / kProductTask, 1, w->strips_)) {}
    std::ptrdiff_t tasks(const Context&) const override { return w_->points() * parts_; }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override {
        const std::ptrdiff_t point = task / parts_, part = task % parts_;
        const std::ptrdiff_t inputs = w_->shape_.input_channels, width = w_->product_->width;
        const std::ptrdiff_t vectors = w_->output_.pixel / width, most = w_->product_->max_vectors;
        for (std::ptrdiff_t s = part * w_->strips_ / parts_; s < (part + 1) * w_->strips_ / parts_; ++s) {
            const std::ptrdiff_t first = s * most * width;
            SingleRows rows{};
            rows.input = w_->input_points_.data() + point * w_->input_point_;
            rows.output = w_->output_points_.data() + point * w_->output_point_ + first;
            rows.weights = w_->packed_.data() + (point * w_->output_.pixel + first) * inputs;
            rows.bias = w_->zeros_.data();
            rows.vectors = std::min(most, vectors - s * most);
            rows.tap_rows = rows.tap_cols = 1;
            rows.terms = inputs;
            rows.input_col = w_->input_.pixel;
            rows.output_col = w_->output_.pixel;
            rows.row_end = 1;
            rows.cols = w_->tiles();
            rows.next_weights = inputs * rows.vectors * width;
            rows.first = rows.last = true;
            w_->product_->rows(rows);
        }
    }

  private:
    SingleWinograd* w_;
    std::ptrdiff_t parts_;
};

class SingleWinogradOutput : public Op {
  public:
    explicit SingleWinogradOutput(SingleWinograd* w) : w_(w) {}
    std::ptrdiff_t tasks(const Context&) const override { return w_->transform_tasks(w_->output_.pixel); }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override {
        w_->body_->transform_output(w_->describe(w_->output_, task, tasks(context), w_->output_point_),
                                    w_->output_points_.data(), w_->packed_bias_.data(),
                                    w_->arrays_.from(0, w_->relu_));
    }

  private:
    SingleWinograd* w_;
};

Op* SingleWinograd::transform_input() {
    return new SingleWinogradInput(this);
}
Op* SingleWinograd::multiply() {
    return new SingleWinogradProduct(this);
}
Op* SingleWinograd::transform_output() {
    return new SingleWinogradOutput(this);
}

}  // namespace cnn
