#include "kernels/convolution/convolution_gradient.h"

#include <algorithm>
#include <tuple>

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

// Tiles of taps in a task: those of one channel or of some, whose input is in the first-level cache for all
// outputs and each output's gradient for all of them. Channels of a 1x1 kernel share no input.
constexpr std::ptrdiff_t kTapTiles = 16, kPointwiseTiles = 2;
constexpr std::ptrdiff_t kLeastTasks = 8;  // of a group and slot, where there are as many channels
// Enough to pay for the sums that leave the registers from some rows to the next.
constexpr std::ptrdiff_t kPositionsAtOnce = 42, kPointwisePositionsAtOnce = 28;

// Columns that any tap of the tile reaches, and of these the ones that all do.
void set_common_columns(TapTile& tile) {
    const std::ptrdiff_t* first = tile.col_begin;
    const std::ptrdiff_t* last = tile.col_end;
    tile.begin = *std::min_element(first, first + tile.count);
    tile.end = *std::max_element(last, last + tile.count);
    tile.common_begin = *std::max_element(first, first + tile.count);
    tile.common_end = *std::min_element(last, last + tile.count);
    if (tile.common_end < tile.common_begin) tile.common_begin = tile.common_end = tile.end;
}

// What a panel of im2col holds: some taps of a group at some positions of a block.
struct PanelPart {
    std::ptrdiff_t first_tap, taps;  // at most kLanes
    std::ptrdiff_t first_position, positions;
    std::ptrdiff_t live;  // lanes of the block
};

// `panel`: [position][live lane][16 taps]. `inside`: [position][16], -1 where a tap lies in the input, else
// 0. Returns whether a tap lies on padding. `input`: the block's, from the first channel of the group.
bool fill_panel(const ConvolutionShape& s, const float* input, const PanelPart& at, float* panel,
                std::int32_t* inside) {
    std::fill(panel, panel + at.positions * at.live * kLanes, 0.0f);
    std::fill(inside, inside + at.positions * kLanes, 0);
    bool padded = false;
    for (std::ptrdiff_t j = 0; j < at.taps; ++j) {
        const std::ptrdiff_t tap = at.first_tap + j, kw = tap % s.kernel_width;
        const std::ptrdiff_t kh = tap / s.kernel_width % s.kernel_height, c = tap / s.kernel_area();
        for (std::ptrdiff_t p = 0; p < at.positions; ++p) {
            const std::ptrdiff_t oh = (at.first_position + p) / s.output_width;
            const std::ptrdiff_t ow = (at.first_position + p) % s.output_width;
            const std::ptrdiff_t ih = oh * s.stride_height - s.padding_height + kh * s.dilation_height;
            const std::ptrdiff_t iw = ow * s.stride_width - s.padding_width + kw * s.dilation_width;
            if (ih < 0 || ih >= s.input_height || iw < 0 || iw >= s.input_width) {
                padded = true;
                continue;
            }
            inside[p * kLanes + j] = -1;
            const float* from = input + ((c * s.input_height + ih) * s.input_width + iw) * kLanes;
            float* to = panel + p * at.live * kLanes + j;
            for (std::ptrdiff_t lane = 0; lane < at.live; ++lane) to[lane * kLanes] = from[lane];
        }
    }
    return padded;
}

}  // namespace

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
    // Tiles of as many taps are neighbours, since the body lets them go together.
    for (std::ptrdiff_t c = 0; c < (pointwise ? 1 : s.group_inputs()); ++c) {
        for (std::ptrdiff_t piece = 0; piece < pieces; ++piece) {
            for (std::ptrdiff_t kh = 0; kh < s.kernel_height; ++kh) {
                const auto [row_begin, row_end] = range(vertical_axis(s), kh);
                const std::ptrdiff_t first = part_begin(across, pieces, piece);
                TapTile tile{};
                tile.count = part_begin(across, pieces, piece + 1) - first;
                if (row_begin < row_end) {
                    tile.row_begin = row_begin;
                    tile.row_end = row_end;
                }
                for (std::ptrdiff_t j = 0; j < tile.count; ++j) {
                    const std::ptrdiff_t channel = pointwise ? first + j : c, kw = pointwise ? 0 : first + j;
                    const std::ptrdiff_t row = kh * s.dilation_height - s.padding_height;
                    const std::ptrdiff_t col = kw * s.dilation_width - s.padding_width;
                    tile.offset[j] = channel * plane + (row * s.input_width + col) * kLanes;
                    tile.index[j] = (channel * s.kernel_height + kh) * s.kernel_width + kw;
                    std::tie(tile.col_begin[j], tile.col_end[j]) = range(horizontal_axis(s), kw);
                }
                set_common_columns(tile);
                tap_tiles_.push_back(tile);
            }
        }
    }
    const std::ptrdiff_t of_channel = s.kernel_height * pieces;
    if (pointwise) {
        tap_tiles_per_task_ = kPointwiseTiles;
    } else if (of_channel > kTapTiles) {
        tap_tiles_per_task_ = ceil_divide(of_channel, ceil_divide(of_channel, kTapTiles));
    } else {
        const std::ptrdiff_t channels = std::min(kTapTiles / of_channel, s.group_inputs() / kLeastTasks);
        tap_tiles_per_task_ = std::max<std::ptrdiff_t>(1, channels) * of_channel;
    }
    const auto count = static_cast<std::ptrdiff_t>(tap_tiles_.size());
    tap_tiles_per_task_ = std::min(tap_tiles_per_task_, count);
}

std::ptrdiff_t ConvolutionWeightGradient::tasks(const Context& context) const {
    const auto count = static_cast<std::ptrdiff_t>(tap_tiles_.size());
    return slot_count(context.samples) * shape_.groups * ceil_divide(count, tap_tiles_per_task_);
}

std::size_t ConvolutionWeightGradient::scratch_bytes() const {
    return static_cast<std::size_t>(body_->gradient_sums(shape_.group_outputs(), tap_tiles_per_task_)) *
           sizeof(float);
}

void ConvolutionWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const auto count = static_cast<std::ptrdiff_t>(tap_tiles_.size());
    const std::ptrdiff_t parts = ceil_divide(count, tap_tiles_per_task_);
    const std::ptrdiff_t part = task % parts, group = task / parts % s.groups, slot = task / parts / s.groups;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t output_plane = s.output_height * s.output_width * kLanes;
    const std::ptrdiff_t row = s.group_inputs() * s.kernel_area();
    ConvolutionGradient gradient{};
    gradient.input = input_ + blocks.begin * s.input_size() * kLanes +
                     group * s.group_inputs() * s.input_height * s.input_width * kLanes;
    gradient.grad_output =
        grad_output_ + blocks.begin * s.output_size() * kLanes + group * s.group_outputs() * output_plane;
    gradient.gradient = slots_ + slot * s.weight_size() + group * s.group_outputs() * row;
    gradient.input_block = s.input_size() * kLanes;
    gradient.output_block = s.output_size() * kLanes;
    gradient.blocks = blocks.end - blocks.begin;
    gradient.last_lanes = live_lanes(context.samples, blocks.end - 1);
    gradient.output_channel = output_plane;
    gradient.output_row = s.output_width * kLanes;
    gradient.output_col = kLanes;
    gradient.input_row = s.stride_height * s.input_width * kLanes;
    gradient.input_col = s.stride_width * kLanes;
    gradient.gradient_row = row;
    gradient.outputs = s.group_outputs();
    gradient.height = s.output_height;
    gradient.width = s.output_width;
    const std::ptrdiff_t first = part * tap_tiles_per_task_;
    gradient.tiles = tap_tiles_.data() + first;
    gradient.tile_count = std::min(count - first, tap_tiles_per_task_);
    gradient.positions_at_once = s.kernel_width == 1 ? kPointwisePositionsAtOnce : kPositionsAtOnce;
    body_->gradient(gradient, reinterpret_cast<float*>(scratch));
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
        const std::ptrdiff_t begin = group * outputs + part_begin(outputs, tiles_, t);
        const std::ptrdiff_t end = group * outputs + part_begin(outputs, tiles_, t + 1);
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
    const std::ptrdiff_t positions = s.output_height * s.output_width;
    const std::ptrdiff_t taps = s.group_inputs() * s.kernel_area();
    const std::ptrdiff_t batch_blocks = block_count(context.samples);
    float* panel = reinterpret_cast<float*>(scratch);
    float* sums = panel + positions_per_chunk_ * kLanes * kLanes;
    auto* inside = reinterpret_cast<std::int32_t*>(sums + tiles_ * body_->max_tile * kLanes);
    const std::ptrdiff_t last_panel = std::min(panels_, (part + 1) * panels_per_task_);
    for (std::ptrdiff_t q = part * panels_per_task_; q < last_panel; ++q) {
        PanelPart at{};
        at.first_tap = q * kLanes;
        at.taps = std::min(kLanes, taps - at.first_tap);
        SampleProduct product{};
        product.panel = panel;
        product.first = true;
        for (std::ptrdiff_t block = blocks.begin; block < blocks.end; ++block) {
            at.live = product.lanes = live_lanes(context.samples, block);
            const float* input = input_ + (block * s.groups + group) * s.group_inputs() * s.input_height *
                                              s.input_width * kLanes;
            for (std::ptrdiff_t p0 = 0; p0 < positions; p0 += positions_per_chunk_) {
                at.first_position = p0;
                at.positions = std::min(positions_per_chunk_, positions - p0);
                product.inside = fill_panel(s, input, at, panel, inside) ? inside : nullptr;
                product.terms = at.positions * at.live;
                for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
                    const std::ptrdiff_t begin = part_begin(s.group_outputs(), tiles_, t);
                    product.tile = part_begin(s.group_outputs(), tiles_, t + 1) - begin;
                    product.weights =
                        packed_grad_ +
                        (group * s.group_outputs() + begin) * batch_blocks * positions * kLanes +
                        (block * positions * kLanes + p0 * at.live) * product.tile;
                    product.sums = sums + t * body_->max_tile * kLanes;
                    body_->sample_product(product);
                }
                product.first = false;
            }
        }
        store_sums(sums, slots_ + slot * s.weight_size() + group * s.group_outputs() * taps + at.first_tap,
                   at.taps);
    }
}

void ConvolutionWeightGradientIm2col::store_sums(const float* sums, float* gradient,
                                                 std::ptrdiff_t taps) const {
    const std::ptrdiff_t outputs = shape_.group_outputs();
    for (std::ptrdiff_t t = 0; t < tiles_; ++t) {
        const std::ptrdiff_t begin = part_begin(outputs, tiles_, t), end = part_begin(outputs, tiles_, t + 1);
        for (std::ptrdiff_t o = begin; o < end; ++o) {
            const float* from = sums + (t * body_->max_tile + o - begin) * kLanes;
            std::copy(from, from + taps, gradient + o * shape_.group_inputs() * shape_.kernel_area());
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
