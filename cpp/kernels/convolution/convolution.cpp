#include "kernels/convolution/convolution.h"

#include <algorithm>

#include "core/tiles.h"
#include "kernels/convolution/convolution_taps.h"

namespace cnn {
namespace {

const ConvolutionBody* convolution_body() {
    return CNN_SELECT_BODY(convolution_body);
}

// Multiply-adds of all 16 lanes in a task: some microseconds, so that handing one out costs nothing beside
// it.
constexpr std::ptrdiff_t kTaskWork = 16384;
// im2col: panels of a strip stay in the second-level cache, and one panel with its weights in the first.
constexpr std::ptrdiff_t kStrip = 12;
constexpr std::ptrdiff_t kPanelTaps = 288;

}  // namespace

PackConvolutionWeights::PackConvolutionWeights(const ConvolutionShape& shape, bool backward,
                                               const float* weight, float* packed)
    : shape_(shape),
      backward_(backward),
      weight_(weight),
      packed_(packed),
      max_tile_(convolution_body()->max_tile) {}

void PackConvolutionWeights::run(const Context&, std::ptrdiff_t group, std::byte*) const {
    const std::ptrdiff_t area = shape_.kernel_area();
    const std::ptrdiff_t inputs = backward_ ? shape_.group_outputs() : shape_.group_inputs();
    const std::ptrdiff_t outputs = backward_ ? shape_.group_inputs() : shape_.group_outputs();
    // In the weight array: from one output of the gather to the next, and from one of its inputs to the next.
    const std::ptrdiff_t output_step = backward_ ? area : shape_.group_inputs() * area;
    const std::ptrdiff_t input_step = backward_ ? shape_.group_inputs() * area : area;
    const std::ptrdiff_t tiles = ceil_divide(outputs, max_tile_);
    const float* from = weight_ + group * shape_.group_outputs() * shape_.group_inputs() * area;
    float* to = packed_ + group * inputs * outputs * area;
    for (std::ptrdiff_t t = 0; t < tiles; ++t) {
        const std::ptrdiff_t begin = part_begin(outputs, tiles, t), end = part_begin(outputs, tiles, t + 1);
        for (std::ptrdiff_t c = 0; c < inputs; ++c) {
            for (std::ptrdiff_t k = 0; k < area; ++k) {
                for (std::ptrdiff_t o = begin; o < end; ++o)
                    *to++ = from[o * output_step + c * input_step + k];
            }
        }
    }
}

ConvolutionGather* ConvolutionGather::forward(const ConvolutionShape& s, ConvolutionAlgorithm algorithm,
                                              const float* input, float* output, const float* packed,
                                              const float* bias, bool relu) {
    auto* op = new ConvolutionGather(s, algorithm, input, output, packed, bias);
    op->relu_ = relu;
    op->advance_ = s.stride_width;
    op->rows_ = forward_taps(vertical_axis(s));
    op->cols_ = forward_taps(horizontal_axis(s));
    op->split_rows();
    return op;
}

ConvolutionGather* ConvolutionGather::backward_input(const ConvolutionShape& s,
                                                     ConvolutionAlgorithm algorithm, const float* grad_output,
                                                     float* grad_input, const float* packed,
                                                     const float* bias) {
    auto* op = new ConvolutionGather(s.reversed(), algorithm, grad_output, grad_input, packed, bias);
    op->rows_ = backward_taps(vertical_axis(s));
    op->cols_ = backward_taps(horizontal_axis(s));
    op->split_rows();
    return op;
}

ConvolutionGather::ConvolutionGather(const ConvolutionShape& s, ConvolutionAlgorithm algorithm,
                                     const float* input, float* output, const float* packed,
                                     const float* bias)
    : algorithm_(algorithm),
      input_(input),
      output_(output),
      packed_(packed),
      bias_(bias),
      groups_(s.groups),
      inputs_(s.group_inputs()),
      outputs_(s.group_outputs()),
      input_height_(s.input_height),
      input_width_(s.input_width),
      output_height_(s.output_height),
      output_width_(s.output_width),
      kernel_width_(s.kernel_width),
      kernel_area_(s.kernel_area()) {}

void ConvolutionGather::split_rows() {
    body_ = convolution_body();
    const auto empty = [](const Taps& taps) { return taps.count == 0; };
    clear_ =
        bias_ == nullptr && !relu_ &&
        (std::any_of(rows_.begin(), rows_.end(), empty) || std::any_of(cols_.begin(), cols_.end(), empty));
    tiles_ = ceil_divide(outputs_, body_->max_tile);
    const bool direct = algorithm_ == ConvolutionAlgorithm::kDirect;
    const std::ptrdiff_t tile = direct ? ceil_divide(outputs_, tiles_) : outputs_;
    const std::ptrdiff_t row_work =
        std::max<std::ptrdiff_t>(1, output_width_ * tile * inputs_ * kernel_area_);
    row_chunk_ = std::clamp<std::ptrdiff_t>(ceil_divide(kTaskWork, row_work), 1, output_height_);
    row_chunks_ = ceil_divide(output_height_, row_chunk_);
    strip_ = std::min(kStrip, output_width_);
    chunk_ = std::clamp<std::ptrdiff_t>(kPanelTaps / kernel_area_, 1, inputs_);
}

std::ptrdiff_t ConvolutionGather::tasks(const Context& context) const {
    const bool direct = algorithm_ == ConvolutionAlgorithm::kDirect;
    return block_count(context.samples) * groups_ * (direct ? tiles_ : 1) * row_chunks_;
}

std::size_t ConvolutionGather::scratch_bytes() const {
    if (algorithm_ == ConvolutionAlgorithm::kDirect) return 0;
    return static_cast<std::size_t>(strip_ * chunk_ * kernel_area_ * kLanes) * sizeof(float);
}

void ConvolutionGather::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const bool direct = algorithm_ == ConvolutionAlgorithm::kDirect;
    const std::ptrdiff_t chunk = task % row_chunks_;
    const std::ptrdiff_t tile = direct ? task / row_chunks_ % tiles_ : 0;
    const std::ptrdiff_t rest = task / row_chunks_ / (direct ? tiles_ : 1);
    const std::ptrdiff_t group = rest % groups_, block = rest / groups_;
    const std::ptrdiff_t first = part_begin(outputs_, tiles_, tile);
    const std::ptrdiff_t input_plane = input_height_ * input_width_ * kLanes;
    const std::ptrdiff_t output_plane = output_height_ * output_width_ * kLanes;
    const std::ptrdiff_t output_channel = group * outputs_ + first;
    ConvolutionRows rows{};
    rows.input = input_ + (block * groups_ + group) * inputs_ * input_plane;
    rows.output = output_ + (block * groups_ * outputs_ + output_channel) * output_plane;
    rows.weights = packed_ + output_channel * inputs_ * kernel_area_;
    rows.bias = bias_ ? bias_ + output_channel : nullptr;
    rows.channels = inputs_;
    rows.input_channel = input_plane;
    rows.input_row = input_width_ * kLanes;
    rows.input_col = kLanes;
    rows.output_channel = output_plane;
    rows.output_row = output_width_ * kLanes;
    rows.output_col = kLanes;
    rows.tile = part_begin(outputs_, tiles_, tile + 1) - first;
    rows.kernel_width = kernel_width_;
    rows.kernel_area = kernel_area_;
    rows.rows = rows_.data();
    rows.cols = cols_.data();
    rows.row_begin = chunk * row_chunk_;
    rows.row_end = std::min(output_height_, (chunk + 1) * row_chunk_);
    rows.col_count = output_width_;
    rows.advance = advance_;
    rows.relu = relu_;
    rows.skip_empty = clear_;
    if (clear_) {
        // Whole rows at once, where the kernel would write a line here and there.
        const std::ptrdiff_t count = (rows.row_end - rows.row_begin) * rows.output_row;
        for (std::ptrdiff_t c = 0; c < (direct ? rows.tile : outputs_); ++c) {
            float* plane = rows.output + c * output_plane + rows.row_begin * rows.output_row;
            std::fill(plane, plane + count, 0.0f);
        }
    }
    if (direct) {
        body_->rows(rows);
    } else {
        body_->panel_rows({rows, outputs_, tiles_, strip_, chunk_}, reinterpret_cast<float*>(scratch));
    }
}

}  // namespace cnn
