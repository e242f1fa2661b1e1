#include "kernels/pooled_gradient/pooled_gradient.h"

#include <algorithm>
#include <utility>

#include "core/tiles.h"
#include "kernels/convolution/pooled_convolution.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kWidest = 16;  // floats in the widest register
constexpr std::ptrdiff_t kColumn = 64;  // floats in a column of a scatter, at most

// Multiply-adds of a window beyond which algorithms that need fewer of them win, and elements of the lists of
// a sample that stay in the second-level cache.
constexpr std::ptrdiff_t kMostTaps = 512;
constexpr std::ptrdiff_t kMostGradients = 8192;

const PooledGradientBody* gradient_body() {
    return CNN_SELECT_BODY(pooled_gradient_body);
}

const LayoutBody* layout() {
    return CNN_SELECT_BODY(layout_body);
}

// The rectangle rows x floats, tile by tile: function(first row, rows, first float, vectors).
template <class Function>
void for_each_tile(const PooledGradientBody& body, std::ptrdiff_t rows, std::ptrdiff_t floats,
                   Function function) {
    const std::ptrdiff_t vectors = ceil_divide(floats, body.width);
    const std::ptrdiff_t columns = ceil_divide(vectors, body.max_vectors);
    for (std::ptrdiff_t column = 0; column < columns; ++column) {
        const std::ptrdiff_t first = part_begin(vectors, columns, column);
        const std::ptrdiff_t wide = part_begin(vectors, columns, column + 1) - first;
        const std::ptrdiff_t bands = ceil_divide(rows, body.max_rows(wide));
        for (std::ptrdiff_t band = 0; band < bands; ++band) {
            const std::ptrdiff_t row = part_begin(rows, bands, band);
            function(row, part_begin(rows, bands, band + 1) - row, first * body.width, wide);
        }
    }
}

// The tiles of a scatter, whose sums meet in memory: columns are the same floats on AVX2 and AVX-512, and the
// last rows come first, as they belong to the first positions. So an element gets its terms column by column
// in the order of the positions, however many rows the registers hold.
template <class Function>
void for_each_scatter(const PooledGradientBody& body, std::ptrdiff_t rows, std::ptrdiff_t floats,
                      Function function) {
    const std::ptrdiff_t most = std::min(body.max_scatter * body.width, kColumn);
    const std::ptrdiff_t chunks = ceil_divide(floats, kWidest), columns = ceil_divide(chunks, most / kWidest);
    for (std::ptrdiff_t column = 0; column < columns; ++column) {
        const std::ptrdiff_t first = part_begin(chunks, columns, column) * kWidest;
        const std::ptrdiff_t end = std::min(floats, part_begin(chunks, columns, column + 1) * kWidest);
        const std::ptrdiff_t wide = ceil_divide(end - first, body.width);
        const std::ptrdiff_t bands = ceil_divide(rows, body.max_rows(wide));
        for (std::ptrdiff_t band = bands; band-- > 0;) {
            const std::ptrdiff_t row = part_begin(rows, bands, band);
            function(row, part_begin(rows, bands, band + 1) - row, first, wide);
        }
    }
}

PooledGradients of_block(const PooledOutputs& outputs, const PooledGradientPlan& plan, std::ptrdiff_t channel,
                         const std::vector<std::int32_t>& choice_offset) {
    const std::ptrdiff_t plane = plan.positions() * kLanes, at = channel * plane;
    PooledGradients gradients{};
    gradients.grad_output = outputs.grad_output + at;
    gradients.output = outputs.output ? outputs.output + at : nullptr;
    gradients.choice = outputs.choice + at;
    gradients.channel = plane;
    gradients.positions = plan.positions();
    gradients.choice_offset = choice_offset.data();
    gradients.choices = plan.choices();
    return gradients;
}

// One row of an image, between lanes of a block and the padded rows of its samples.
BlockLayout image_row(const PooledGradientPlan& plan, std::ptrdiff_t first_lane, std::ptrdiff_t end_lane) {
    const ConvolutionShape& s = plan.shape;
    BlockLayout layout{};
    layout.channels = s.input_channels;
    layout.positions = s.input_width;
    layout.position = kLanes;
    layout.channel = s.input_height * s.input_width * kLanes;
    layout.row = plan.sample;
    layout.first_lane = first_lane;
    layout.end_lane = end_lane;
    return layout;
}

}  // namespace

bool has_sparse_gradient(const ConvolutionShape& s, const PoolingShape& p) {
    return can_pool_convolution(s, p) && s.dilation_height == 1 && s.dilation_width == 1 &&
           p.kernel_height * p.kernel_width >= 4 && s.input_channels * s.kernel_area() <= kMostTaps &&
           p.output_plane() * s.output_channels <= kMostGradients;
}

PooledGradientPlan::PooledGradientPlan(const ConvolutionShape& s, const PoolingShape& p)
    : shape(s), pooling(p) {
    const std::ptrdiff_t channels = s.input_channels;
    // Rows of windows may reach past the padded input only where no window of the pooling is.
    const std::ptrdiff_t height = s.input_height + 2 * s.padding_height;
    const std::ptrdiff_t width = s.input_width + 2 * s.padding_width;
    row = width * channels;
    sample = round_up(height * row + kWidest, kWidest);
    const std::ptrdiff_t spread = (p.kernel_height - 1) * s.stride_height;
    packed_rows = s.kernel_height + 2 * spread;
    packed_row = round_up((s.kernel_width + (p.kernel_width - 1) * s.stride_width) * channels, kWidest);
    packed_channel = packed_rows * packed_row;
    packed_size = p.kernel_width * s.output_channels * packed_channel;
    for (std::ptrdiff_t h = 0; h < p.output_height; ++h) {
        for (std::ptrdiff_t w = 0; w < p.output_width; ++w) {
            position_offset.push_back(
                static_cast<std::int32_t>(h * p.stride_height * s.stride_height * row +
                                          w * p.stride_width * s.stride_width * channels));
        }
    }
    for (std::ptrdiff_t h = 0; h < p.kernel_height; ++h) {
        for (std::ptrdiff_t w = 0; w < p.kernel_width; ++w) {
            x_choice_offset.push_back(
                static_cast<std::int32_t>(h * s.stride_height * row + w * s.stride_width * channels));
            weight_choice_offset.push_back(static_cast<std::int32_t>(
                w * s.output_channels * packed_channel + (spread - h * s.stride_height) * packed_row));
        }
    }
}

PadRows::PadRows(SharedPlan plan, const float* input, float* rows)
    : plan_(std::move(plan)), body_(layout()), input_(input), rows_(rows) {}

void PadRows::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    const ConvolutionShape& s = plan_->shape;
    const BlockLayout layout = image_row(*plan_, 0, live_lanes(context.samples, block));
    const float* from = input_ + block * s.input_size() * kLanes;
    float* to = rows_ + block * kLanes * plan_->sample + s.padding_height * plan_->row +
                s.padding_width * s.input_channels;
    for (std::ptrdiff_t h = 0; h < s.input_height; ++h) {
        body_->lanes_to_rows(layout, from + h * s.input_width * kLanes, to + h * plan_->row);
    }
}

ListWeightGradient::ListWeightGradient(SharedPlan plan, const PooledOutputs& outputs, const float* rows,
                                       float* weight_slots, float* bias_slots)
    : plan_(std::move(plan)),
      body_(gradient_body()),
      outputs_(outputs),
      rows_(rows),
      weight_slots_(weight_slots),
      bias_slots_(bias_slots),
      sums_(plan_->shape.kernel_height *
            round_up(plan_->shape.kernel_width * plan_->shape.input_channels, body_->width)) {}

std::size_t ListWeightGradient::scratch_bytes() const {
    const std::ptrdiff_t list = plan_->positions() * kLanes + kLanes;
    return static_cast<std::size_t>(sums_ + 2 * list) * sizeof(float);
}

void ListWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = plan_->shape;
    const std::ptrdiff_t channel = task % s.output_channels, slot = task / s.output_channels;
    const std::ptrdiff_t list = plan_->positions() * kLanes + kLanes;
    const std::ptrdiff_t floats = s.kernel_width * s.input_channels;
    auto* sums = reinterpret_cast<float*>(scratch);
    float* values = sums + sums_;
    auto* offsets = reinterpret_cast<std::int32_t*>(values + list);
    std::fill(sums, sums + sums_, 0.0f);
    float bias = 0.0f;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    for (std::ptrdiff_t block = blocks.begin; block < blocks.end; ++block) {
        float sum = 0.0f;
        ChannelList chosen{};
        chosen.gradients =
            of_block(outputs_, *plan_, block * s.output_channels + channel, plan_->x_choice_offset);
        chosen.position_offset = plan_->position_offset.data();
        chosen.lane_offset = static_cast<std::int32_t>(plan_->sample);
        chosen.live = live_lanes(context.samples, block);
        chosen.offsets = offsets;
        chosen.values = values;
        ListProduct product{};
        product.offsets = offsets;
        product.values = values;
        product.count = body_->channel_list(chosen, &sum);
        product.row = plan_->row;
        bias += sum;
        const float* x = rows_ + block * kLanes * plan_->sample;
        float* to = sums;
        for_each_tile(
            *body_, s.kernel_height, floats,
            [&](std::ptrdiff_t row, std::ptrdiff_t rows, std::ptrdiff_t column, std::ptrdiff_t vectors) {
                product.x = x + row * plan_->row + column;
                product.rows = rows;
                product.vectors = vectors;
                product.sums = to;
                body_->product(product);
                to += rows * vectors * body_->width;
            });
    }
    const float* from = sums;
    float* to = weight_slots_ + slot * s.weight_size() + channel * s.input_channels * s.kernel_area();
    for_each_tile(
        *body_, s.kernel_height, floats,
        [&](std::ptrdiff_t row, std::ptrdiff_t rows, std::ptrdiff_t column, std::ptrdiff_t vectors) {
            const std::ptrdiff_t wide = vectors * body_->width;
            for (std::ptrdiff_t r = 0; r < rows; ++r, from += wide) {
                std::ptrdiff_t kw = column / s.input_channels, c = column % s.input_channels;
                for (std::ptrdiff_t j = 0; j < std::min(wide, floats - column); ++j) {
                    to[(c * s.kernel_height + row + r) * s.kernel_width + kw] = from[j];
                    if (++c == s.input_channels) {
                        c = 0;
                        ++kw;
                    }
                }
            }
        });
    if (bias_slots_ != nullptr) bias_slots_[slot * s.output_channels + channel] = bias;
}

PackPooledWeights::PackPooledWeights(SharedPlan plan, const float* weight, float* packed)
    : plan_(std::move(plan)), weight_(weight), packed_(packed) {}

void PackPooledWeights::run(const Context&, std::ptrdiff_t channel, std::byte*) const {
    const ConvolutionShape& s = plan_->shape;
    const std::ptrdiff_t inputs = s.input_channels,
                         spread = (plan_->pooling.kernel_height - 1) * s.stride_height;
    const float* from = weight_ + channel * inputs * s.kernel_area();
    for (std::ptrdiff_t place = 0; place < plan_->pooling.kernel_width; ++place) {
        float* to = packed_ + (place * s.output_channels + channel) * plan_->packed_channel +
                    spread * plan_->packed_row + place * s.stride_width * inputs;
        for (std::ptrdiff_t c = 0; c < inputs; ++c) {
            for (std::ptrdiff_t kh = 0; kh < s.kernel_height; ++kh) {
                for (std::ptrdiff_t kw = 0; kw < s.kernel_width; ++kw) {
                    to[kh * plan_->packed_row + kw * inputs + c] =
                        from[(c * s.kernel_height + kh) * s.kernel_width + kw];
                }
            }
        }
    }
}

ListInputGradient::ListInputGradient(SharedPlan plan, const PooledOutputs& outputs, const float* packed,
                                     float* grad_input)
    : plan_(std::move(plan)),
      body_(gradient_body()),
      layout_body_(layout()),
      outputs_(outputs),
      packed_(packed),
      grad_input_(grad_input) {}

std::ptrdiff_t ListInputGradient::tasks(const Context& context) const {
    return block_count(context.samples) * (kLanes / body_->width);
}

std::size_t ListInputGradient::scratch_bytes() const {
    const std::ptrdiff_t list = plan_->positions() * plan_->shape.output_channels + kLanes;
    return static_cast<std::size_t>(body_->width * (plan_->sample + 2 * list + plan_->positions())) *
           sizeof(float);
}

void ListInputGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    static_assert(sizeof(float) == sizeof(std::int32_t));
    const ConvolutionShape& s = plan_->shape;
    const std::ptrdiff_t width = body_->width, parts = kLanes / width;
    const std::ptrdiff_t block = task / parts, first_lane = task % parts * width;
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    const std::ptrdiff_t lanes = std::clamp<std::ptrdiff_t>(live - first_lane, 0, width);
    const std::ptrdiff_t positions = plan_->positions(), list = positions * s.output_channels + kLanes;
    auto* samples = reinterpret_cast<float*>(scratch);
    float* values = samples + width * plan_->sample;
    auto* offsets = reinterpret_cast<std::int32_t*>(values + width * list);
    std::int32_t* ends = offsets + width * list;

    SampleLists lists{};
    lists.gradients = of_block(outputs_, *plan_, block * s.output_channels, plan_->weight_choice_offset);
    lists.channels = s.output_channels;
    lists.first_lane = first_lane;
    lists.live = live;
    lists.channel_offset = static_cast<std::int32_t>(plan_->packed_channel);
    lists.list = list;
    lists.offsets = offsets;
    lists.values = values;
    lists.ends = ends;
    body_->sample_lists(lists);
    std::fill(samples, samples + lanes * plan_->sample, 0.0f);
    const std::ptrdiff_t rows = s.kernel_height + (plan_->pooling.kernel_height - 1) * s.stride_height;
    const std::ptrdiff_t floats =
        (s.kernel_width + (plan_->pooling.kernel_width - 1) * s.stride_width) * s.input_channels;
    // A band of the weights at a time: it stays in the first-level cache while all samples go by.
    for_each_scatter(
        *body_, rows, floats,
        [&](std::ptrdiff_t row, std::ptrdiff_t count, std::ptrdiff_t column, std::ptrdiff_t vectors) {
            ListScatter scatter{};
            scatter.weights = packed_ + row * plan_->packed_row + column;
            scatter.position_offset = plan_->position_offset.data();
            scatter.positions = positions;
            scatter.weight_row = plan_->packed_row;
            scatter.sample_row = plan_->row;
            scatter.rows = count;
            scatter.vectors = vectors;
            for (std::ptrdiff_t lane = 0; lane < lanes; ++lane) {
                scatter.offsets = offsets + lane * list;
                scatter.values = values + lane * list;
                scatter.ends = ends + lane * positions;
                scatter.sample = samples + lane * plan_->sample + row * plan_->row + column;
                body_->scatter(scatter);
            }
        });
    const BlockLayout layout = image_row(*plan_, first_lane, first_lane + lanes);
    const float* from = samples - first_lane * plan_->sample + s.padding_height * plan_->row +
                        s.padding_width * s.input_channels;
    float* to = grad_input_ + block * s.input_size() * kLanes;
    for (std::ptrdiff_t h = 0; h < s.input_height; ++h) {
        layout_body_->rows_to_lanes(layout, from + h * plan_->row, to + h * s.input_width * kLanes);
    }
}

}  // namespace cnn
