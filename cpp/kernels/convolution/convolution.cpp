#include "kernels/convolution/convolution.h"

#include <algorithm>

#include "core/tiles.h"
#include "kernels/convolution/convolution_taps.h"

namespace cnn {
namespace {

const ConvolutionBody* convolution_body() {
    return CNN_SELECT_BODY(convolution_body);
}

Axis height(const ConvolutionShape& s) {
    return {s.input_height,  s.output_height,  s.kernel_height,
            s.stride_height, s.padding_height, s.dilation_height};
}

Axis width(const ConvolutionShape& s) {
    return {s.input_width, s.output_width, s.kernel_width, s.stride_width, s.padding_width, s.dilation_width};
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
        const std::ptrdiff_t begin = tile_begin(outputs, tiles, t), end = tile_begin(outputs, tiles, t + 1);
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
    auto* op = new ConvolutionGather();
    op->algorithm_ = algorithm;
    op->input_ = input;
    op->output_ = output;
    op->packed_ = packed;
    op->bias_ = bias;
    op->relu_ = relu;
    op->groups_ = s.groups;
    op->inputs_ = s.group_inputs();
    op->outputs_ = s.group_outputs();
    op->input_height_ = s.input_height;
    op->input_width_ = s.input_width;
    op->output_height_ = s.output_height;
    op->output_width_ = s.output_width;
    op->kernel_width_ = s.kernel_width;
    op->kernel_area_ = s.kernel_area();
    op->advance_ = s.stride_width;
    op->rows_ = forward_taps(height(s));
    op->cols_ = forward_taps(width(s));
    op->split_rows();
    return op;
}

ConvolutionGather* ConvolutionGather::backward_input(const ConvolutionShape& s,
                                                     ConvolutionAlgorithm algorithm, const float* grad_output,
                                                     float* grad_input, const float* packed) {
    auto* op = new ConvolutionGather();
    op->algorithm_ = algorithm;
    op->input_ = grad_output;
    op->output_ = grad_input;
    op->packed_ = packed;
    op->groups_ = s.groups;
    op->inputs_ = s.group_outputs();
    op->outputs_ = s.group_inputs();
    op->input_height_ = s.output_height;
    op->input_width_ = s.output_width;
    op->output_height_ = s.input_height;
    op->output_width_ = s.input_width;
    op->kernel_width_ = s.kernel_width;
    op->kernel_area_ = s.kernel_area();
    op->advance_ = 1;
    op->rows_ = backward_taps(height(s));
    op->cols_ = backward_taps(width(s));
    op->split_rows();
    return op;
}

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
    const std::ptrdiff_t first = tile_begin(outputs_, tiles_, tile);
    const std::ptrdiff_t input_plane = input_height_ * input_width_ * kLanes;
    const std::ptrdiff_t output_plane = output_height_ * output_width_ * kLanes;
    const std::ptrdiff_t output_channel = group * outputs_ + first;
    const ConvolutionRows rows{input_ + (block * groups_ + group) * inputs_ * input_plane,
                               output_ + (block * groups_ * outputs_ + output_channel) * output_plane,
                               packed_ + output_channel * inputs_ * kernel_area_,
                               bias_ ? bias_ + output_channel : nullptr,
                               inputs_,
                               input_plane,
                               input_width_ * kLanes,
                               kLanes,
                               output_plane,
                               output_width_ * kLanes,
                               kLanes,
                               tile_begin(outputs_, tiles_, tile + 1) - first,
                               kernel_width_,
                               kernel_area_,
                               rows_.data(),
                               cols_.data(),
                               chunk * row_chunk_,
                               std::min(output_height_, (chunk + 1) * row_chunk_),
                               output_width_,
                               advance_,
                               false,
                               relu_,
                               clear_};
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

ConvolutionWeightGradient::ConvolutionWeightGradient(const ConvolutionShape& s, const float* input,
                                                     const float* grad_output, float* slots)
    : body_(convolution_body()), shape_(s), input_(input), grad_output_(grad_output), slots_(slots) {
    const auto range = [](const Axis& a, std::ptrdiff_t k) {
        const std::ptrdiff_t shift = k * a.dilation - a.padding;  // input = output * stride + shift
        const std::ptrdiff_t begin = shift < 0 ? ceil_divide(-shift, a.stride) : 0;
        const std::ptrdiff_t end = shift >= a.input ? 0 : ceil_divide(a.input - shift, a.stride);
        return std::pair{std::min(begin, a.output),
                         std::max(std::min(begin, a.output), std::min(end, a.output))};
    };
    const bool pointwise = s.kernel_width == 1;
    const std::ptrdiff_t across = pointwise ? s.group_inputs() : s.kernel_width;
    const std::ptrdiff_t pieces = ceil_divide(across, body_->max_gradient_taps);
    const std::ptrdiff_t plane = s.input_height * s.input_width * kLanes;
    for (std::ptrdiff_t c = 0; c < (pointwise ? 1 : s.group_inputs()); ++c) {
        for (std::ptrdiff_t kh = 0; kh < s.kernel_height; ++kh) {
            const auto [row_begin, row_end] = range(height(s), kh);
            for (std::ptrdiff_t piece = 0; piece < pieces; ++piece) {
                TapTile tile{0, row_begin, row_end, {}, {}, {}, {}};
                const std::ptrdiff_t end = tile_begin(across, pieces, piece + 1);
                for (std::ptrdiff_t j = tile_begin(across, pieces, piece); j < end; ++j) {
                    const std::ptrdiff_t channel = pointwise ? j : c, kw = pointwise ? 0 : j;
                    const auto [col_begin, col_end] = range(width(s), kw);
                    const std::ptrdiff_t row = kh * s.dilation_height - s.padding_height;
                    const std::ptrdiff_t col = kw * s.dilation_width - s.padding_width;
                    tile.offset.push_back(channel * plane + (row * s.input_width + col) * kLanes);
                    tile.index.push_back((channel * s.kernel_height + kh) * s.kernel_width + kw);
                    tile.col_begin.push_back(col_begin);
                    tile.col_end.push_back(col_end);
                    ++tile.count;
                }
                tap_tiles_.push_back(std::move(tile));
            }
        }
    }
    // At most eight channels' worth of work a task, so that its slice of grad_output stays in the cache.
    tap_tiles_per_task_ = std::max<std::ptrdiff_t>(1, std::min<std::ptrdiff_t>(s.kernel_height * pieces, 8));
}

std::ptrdiff_t ConvolutionWeightGradient::tasks(const Context& context) const {
    const auto count = static_cast<std::ptrdiff_t>(tap_tiles_.size());
    return slot_count(context.samples) * shape_.groups * ceil_divide(count, tap_tiles_per_task_);
}

void ConvolutionWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const auto count = static_cast<std::ptrdiff_t>(tap_tiles_.size());
    const std::ptrdiff_t parts = ceil_divide(count, tap_tiles_per_task_);
    const std::ptrdiff_t part = task % parts, group = task / parts % shape_.groups;
    const std::ptrdiff_t slot = task / parts / shape_.groups;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t output_plane = shape_.output_height * shape_.output_width * kLanes;
    const std::ptrdiff_t row = shape_.group_inputs() * shape_.kernel_area();
    const std::ptrdiff_t input_channel = group * shape_.group_inputs();
    const float* input = input_ + blocks.begin * shape_.input_size() * kLanes +
                         input_channel * shape_.input_height * shape_.input_width * kLanes;
    for (std::ptrdiff_t t = part * tap_tiles_per_task_; t < std::min(count, (part + 1) * tap_tiles_per_task_);
         ++t) {
        const TapTile& taps = tap_tiles_[static_cast<std::size_t>(t)];
        const std::ptrdiff_t outputs = shape_.group_outputs();
        const std::ptrdiff_t tiles = ceil_divide(outputs, body_->gradient_tile(taps.count));
        for (std::ptrdiff_t o = 0; o < tiles; ++o) {
            const std::ptrdiff_t first = tile_begin(outputs, tiles, o);
            const std::ptrdiff_t channel = group * outputs + first;
            body_->gradient(
                {input,
                 grad_output_ + blocks.begin * shape_.output_size() * kLanes + channel * output_plane,
                 slots_ + slot * shape_.weight_size() + channel * row,
                 shape_.input_size() * kLanes,
                 shape_.output_size() * kLanes,
                 blocks.end - blocks.begin,
                 live_lanes(context.samples, blocks.end - 1),
                 output_plane,
                 shape_.output_width * kLanes,
                 kLanes,
                 shape_.stride_height * shape_.input_width * kLanes,
                 shape_.stride_width * kLanes,
                 row,
                 tile_begin(outputs, tiles, o + 1) - first,
                 taps.count,
                 taps.row_begin,
                 taps.row_end,
                 taps.offset.data(),
                 taps.index.data(),
                 taps.col_begin.data(),
                 taps.col_end.data()});
        }
    }
}

PackSampleMajor::PackSampleMajor(const ConvolutionShape& s, const float* grad_output, float* packed)
    : shape_(s),
      tiles_(ceil_divide(s.group_outputs(), convolution_body()->max_tile)),
      grad_output_(grad_output),
      packed_(packed) {}

std::ptrdiff_t PackSampleMajor::tasks(const Context& context) const {
    return block_count(context.samples) * shape_.groups;
}

void PackSampleMajor::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t group = task % shape_.groups, block = task / shape_.groups;
    const std::ptrdiff_t positions = shape_.output_height * shape_.output_width;
    const std::ptrdiff_t outputs = shape_.group_outputs();
    const std::ptrdiff_t blocks = block_count(context.samples), live = live_lanes(context.samples, block);
    for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
        const std::ptrdiff_t begin = group * outputs + tile_begin(outputs, tiles_, t);
        const std::ptrdiff_t end = group * outputs + tile_begin(outputs, tiles_, t + 1);
        float* to = packed_ + (begin * blocks + block * (end - begin)) * positions * kLanes;
        const float* from = grad_output_ + (block * shape_.output_channels + begin) * positions * kLanes;
        for (std::ptrdiff_t p = 0; p < positions; ++p) {
            for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
                for (std::ptrdiff_t o = 0; o < end - begin; ++o) {
                    *to++ = from[(o * positions + p) * kLanes + lane];
                }
            }
        }
    }
}

ConvolutionWeightGradientIm2col::ConvolutionWeightGradientIm2col(const ConvolutionShape& s,
                                                                 const float* input, const float* packed_grad,
                                                                 float* slots)
    : body_(convolution_body()), shape_(s), input_(input), packed_grad_(packed_grad), slots_(slots) {
    const std::ptrdiff_t taps = s.group_inputs() * s.kernel_area();
    panels_ = ceil_divide(taps, kLanes);
    tiles_ = ceil_divide(s.group_outputs(), body_->max_tile);
    const std::ptrdiff_t positions = s.output_height * s.output_width;
    positions_per_chunk_ = std::clamp<std::ptrdiff_t>(positions, 1, 16);
    const std::ptrdiff_t work = std::max<std::ptrdiff_t>(1, s.group_outputs() * positions * kLanes);
    panels_per_task_ = std::clamp<std::ptrdiff_t>(ceil_divide(kTaskWork, work), 1, panels_);
}

std::ptrdiff_t ConvolutionWeightGradientIm2col::tasks(const Context& context) const {
    return slot_count(context.samples) * shape_.groups * ceil_divide(panels_, panels_per_task_);
}

std::size_t ConvolutionWeightGradientIm2col::scratch_bytes() const {
    // One panel of [position][lane][16 taps], the sums of every tile, and [position][16]: which taps are in
    // the input.
    static_assert(sizeof(float) == sizeof(std::int32_t));
    return static_cast<std::size_t>(positions_per_chunk_ * kLanes * kLanes +
                                    tiles_ * body_->max_tile * kLanes + positions_per_chunk_ * kLanes) *
           sizeof(float);
}

void ConvolutionWeightGradientIm2col::run(const Context& context, std::ptrdiff_t task,
                                          std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const std::ptrdiff_t parts = ceil_divide(panels_, panels_per_task_);
    const std::ptrdiff_t part = task % parts, group = task / parts % s.groups, slot = task / parts / s.groups;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t positions = s.output_height * s.output_width, outputs = s.group_outputs();
    const std::ptrdiff_t taps = s.group_inputs() * s.kernel_area();
    const std::ptrdiff_t batch_blocks = block_count(context.samples);
    float* panel = reinterpret_cast<float*>(scratch);
    float* sums = panel + positions_per_chunk_ * kLanes * kLanes;
    auto* inside = reinterpret_cast<std::int32_t*>(sums + tiles_ * body_->max_tile * kLanes);
    const std::ptrdiff_t last_panel = std::min(panels_, (part + 1) * panels_per_task_);
    for (std::ptrdiff_t q = part * panels_per_task_; q < last_panel; ++q) {
        const std::ptrdiff_t first_tap = q * kLanes, tap_count = std::min(kLanes, taps - first_tap);
        bool first = true;
        for (std::ptrdiff_t block = blocks.begin; block < blocks.end; ++block) {
            const std::ptrdiff_t live = live_lanes(context.samples, block);
            const float* input = input_ + (block * s.groups + group) * s.group_inputs() * s.input_height *
                                              s.input_width * kLanes;
            for (std::ptrdiff_t p0 = 0; p0 < positions; p0 += positions_per_chunk_) {
                const std::ptrdiff_t count = std::min(positions_per_chunk_, positions - p0);
                std::fill(panel, panel + count * live * kLanes, 0.0f);
                std::fill(inside, inside + count * kLanes, 0);
                bool padded = false;
                for (std::ptrdiff_t j = 0; j < tap_count; ++j) {
                    const std::ptrdiff_t tap = first_tap + j, kw = tap % s.kernel_width;
                    const std::ptrdiff_t kh = tap / s.kernel_width % s.kernel_height,
                                         c = tap / s.kernel_area();
                    for (std::ptrdiff_t p = 0; p < count; ++p) {
                        const std::ptrdiff_t oh = (p0 + p) / s.output_width, ow = (p0 + p) % s.output_width;
                        const std::ptrdiff_t ih =
                            oh * s.stride_height - s.padding_height + kh * s.dilation_height;
                        const std::ptrdiff_t iw =
                            ow * s.stride_width - s.padding_width + kw * s.dilation_width;
                        if (ih < 0 || ih >= s.input_height || iw < 0 || iw >= s.input_width) {
                            padded = true;
                            continue;
                        }
                        inside[p * kLanes + j] = -1;
                        const float* from = input + ((c * s.input_height + ih) * s.input_width + iw) * kLanes;
                        float* to = panel + p * live * kLanes + j;
                        for (std::ptrdiff_t lane = 0; lane < live; ++lane) to[lane * kLanes] = from[lane];
                    }
                }
                for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
                    const std::ptrdiff_t begin = tile_begin(outputs, tiles_, t);
                    const std::ptrdiff_t tile = tile_begin(outputs, tiles_, t + 1) - begin;
                    const float* weights = packed_grad_ +
                                           (group * outputs + begin) * batch_blocks * positions * kLanes +
                                           block * tile * positions * kLanes + p0 * live * tile;
                    body_->sample_product({panel, weights, sums + t * body_->max_tile * kLanes, count * live,
                                           tile, first, padded ? inside : nullptr, live});
                }
                first = false;
            }
        }
        for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
            const std::ptrdiff_t begin = tile_begin(outputs, tiles_, t),
                                 end = tile_begin(outputs, tiles_, t + 1);
            for (std::ptrdiff_t o = begin; o < end; ++o) {
                const float* from = sums + (t * body_->max_tile + o - begin) * kLanes;
                float* to = slots_ + slot * s.weight_size() + (group * outputs + o) * taps + first_tap;
                std::copy(from, from + tap_count, to);
            }
        }
    }
}

BiasGradient::BiasGradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_output,
                           float* slots)
    : body_(convolution_body()),
      channels_(channels),
      positions_(positions),
      grad_output_(grad_output),
      slots_(slots) {}

void BiasGradient::run(const Context& context, std::ptrdiff_t slot, std::byte*) const {
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t block_stride = channels_ * positions_ * kLanes;
    for (std::ptrdiff_t c = 0; c < channels_; ++c) {
        slots_[slot * channels_ + c] = body_->plane_sum(
            grad_output_ + blocks.begin * block_stride + c * positions_ * kLanes, block_stride,
            blocks.end - blocks.begin, positions_, live_lanes(context.samples, blocks.end - 1));
    }
}

}  // namespace cnn
