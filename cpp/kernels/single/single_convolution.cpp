#include "kernels/single/single_convolution.h"

#include <algorithm>
#include <cmath>

#include "core/tiles.h"

namespace cnn {
namespace {

// Outputs that the widest registers take at once. Whatever decides the order of a sum counts in these and not
// in the registers of this CPU, so that AVX2 and AVX-512 give the same bits.
constexpr std::ptrdiff_t kStripOutputs = 32, kVectorOutputs = 16;
// Weights of a strip and a chunk of channels stay in the first-level cache while positions go by.
constexpr std::ptrdiff_t kChunkFloats = 4096;
// Multiply-adds in a task: enough to pay for handing it to a thread and for loading its weights.
constexpr std::ptrdiff_t kTaskWork = 1 << 20;

}  // namespace

std::ptrdiff_t single_vector_width() {
    return CNN_SELECT_BODY(single_convolution_body)->width;
}

SingleConvolution::SingleConvolution(const ConvolutionShape& shape, const float* weight, const float* bias,
                                     const SingleNormalization& normalization, bool relu,
                                     const SingleTensor& input, const SingleTensor& output)
    : body_(CNN_SELECT_BODY(single_convolution_body)),
      shape_(shape),
      weight_(weight),
      bias_(bias),
      arrays_(normalization, shape.output_channels, output.pixel),
      relu_(relu),
      input_(input),
      output_(output) {
    const std::ptrdiff_t width = body_->width;
    indexed_ = shape.groups > 1 && shape.group_outputs() % width != 0;
    groups_ = indexed_ ? 1 : shape.groups;
    inputs_ = shape.group_inputs();
    outputs_ = groups_ > 1 ? shape.group_outputs() : output.pixel;
    const std::ptrdiff_t strip = (indexed_ ? 1 : body_->max_vectors) * width;
    strips_ = ceil_divide(outputs_, strip);
    const std::ptrdiff_t area = shape.kernel_area();
    const bool whole =
        shape.groups > 1 && shape.group_outputs() % kVectorOutputs != 0;  // indexed on some CPU
    const std::ptrdiff_t floats = inputs_ * area * kStripOutputs;
    chunks_ = whole ? 1 : std::clamp<std::ptrdiff_t>(ceil_divide(floats, kChunkFloats), 1, inputs_);
    const std::ptrdiff_t work = shape.output_height * shape.output_width * strip * inputs_ * area;
    row_chunks_ =
        std::clamp<std::ptrdiff_t>(work / kTaskWork, 1, std::max<std::ptrdiff_t>(1, shape.output_height));
    packed_.resize(static_cast<std::size_t>(groups_ * outputs_ * inputs_ * area));
    packed_bias_.resize(static_cast<std::size_t>(output.pixel));
    for (std::ptrdiff_t o = 0; indexed_ && o < outputs_; ++o) {
        const std::ptrdiff_t group = std::min(o, shape.output_channels - 1) / shape.group_outputs();
        index_.push_back(group * inputs_);
    }
}

std::ptrdiff_t SingleConvolution::strip_vectors(std::ptrdiff_t strip) const {
    if (indexed_) return 1;
    return std::min(body_->max_vectors, outputs_ / body_->width - strip * body_->max_vectors);
}

bool SingleConvolution::pack() {
    const std::ptrdiff_t area = shape_.kernel_area(), width = body_->width;
    if (shape_.padding_height > 0 || shape_.padding_width > 0) {
        for (std::ptrdiff_t i = 0; i < shape_.weight_size(); ++i) {
            if (!std::isfinite(weight_[i])) return false;
        }
    }
    float* to = packed_.data();
    for (std::ptrdiff_t group = 0; group < groups_; ++group) {
        std::ptrdiff_t first = 0;
        for (std::ptrdiff_t strip = 0; strip < strips_; ++strip) {
            const std::ptrdiff_t lanes = strip_vectors(strip) * width;
            for (std::ptrdiff_t chunk = 0; chunk < chunks_; ++chunk) {
                for (std::ptrdiff_t k = 0; k < area; ++k) {
                    for (std::ptrdiff_t c = chunk_begin(chunk); c < chunk_begin(chunk + 1); ++c) {
                        for (std::ptrdiff_t lane = 0; lane < lanes; ++lane) {
                            const std::ptrdiff_t o = group * outputs_ + first + lane;
                            *to++ = o < shape_.output_channels ? weight_[(o * inputs_ + c) * area + k] : 0.0f;
                        }
                    }
                }
            }
            first += lanes;
        }
    }
    if (bias_) std::copy_n(bias_, shape_.output_channels, packed_bias_.begin());
    arrays_.pack();
    return true;
}

std::size_t SingleConvolution::bytes() const {
    return (packed_.size() + packed_bias_.size()) * sizeof(float) + arrays_.bytes();
}

void SingleConvolution::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t row_chunk = task % row_chunks_, strip = task / row_chunks_ % strips_;
    const std::ptrdiff_t group = task / row_chunks_ / strips_;
    const std::ptrdiff_t area = shape_.kernel_area(), width = body_->width;
    const std::ptrdiff_t first = strip * (indexed_ ? 1 : body_->max_vectors) * width;
    const std::ptrdiff_t output = group * outputs_ + first;
    SingleRows rows{};
    rows.output = output_.values + output;
    rows.bias = packed_bias_.data() + output;
    rows.epilogue = arrays_.from(output, relu_);
    rows.vectors = strip_vectors(strip);
    rows.tap_rows = shape_.kernel_height;
    rows.tap_row = shape_.dilation_height * input_.row;
    rows.tap_col = shape_.dilation_width * input_.pixel;
    rows.input_row = shape_.stride_height * input_.row;
    rows.input_col = shape_.stride_width * input_.pixel;
    rows.output_row = output_.row;
    rows.output_col = output_.pixel;
    rows.row_begin = row_chunk * shape_.output_height / row_chunks_;
    rows.row_end = (row_chunk + 1) * shape_.output_height / row_chunks_;
    rows.cols = shape_.output_width;
    const float* x = input_.values - shape_.padding_height * input_.row - shape_.padding_width * input_.pixel;
    const float* w = packed_.data() + output * inputs_ * area;
    if (indexed_) {
        const bool neighbours = inputs_ == 1 && shape_.group_outputs() == 1;
        rows.input = x;
        rows.weights = w;
        rows.tap_cols = shape_.kernel_width;
        rows.terms = inputs_;
        rows.first = rows.last = true;
        body_->groups({rows, index_.data() + first, neighbours});
        return;
    }
    for (std::ptrdiff_t chunk = 0; chunk < chunks_; ++chunk) {
        const std::ptrdiff_t begin = chunk_begin(chunk), channels = chunk_begin(chunk + 1) - begin;
        // Where the channels of a row of taps lie side by side, they are one run of terms.
        const bool run = rows.tap_col == channels;
        rows.input = x + group * inputs_ + begin;
        rows.weights = w + begin * area * rows.vectors * width;
        rows.tap_cols = run ? 1 : shape_.kernel_width;
        rows.terms = run ? shape_.kernel_width * channels : channels;
        rows.next_weights = channels * area * rows.vectors * width;
        rows.first = chunk == 0;
        rows.last = chunk == chunks_ - 1;
        body_->rows(rows);
    }
}

}  // namespace cnn
