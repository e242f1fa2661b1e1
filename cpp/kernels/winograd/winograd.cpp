#include "kernels/winograd/winograd.h"

#include <algorithm>

#include "kernels/winograd/winograd_weights.h"

namespace cnn {
namespace {

// Output tiles of a block that are multiplied together, so that a register tile's weights are used four times
// while they are in the first-level cache; and register tiles whose sums are kept until they are transformed
// back. What does not fit the second-level cache comes from the third fast enough, being used for many
// outputs: with 512 KiB, 1 to 8 output tiles and 2 to 11 register tiles were within 5 % of each other for 64
// to 256 channels.
constexpr std::ptrdiff_t kOutputTiles = 4;
constexpr std::ptrdiff_t kRegisterTiles = 8;
static_assert(kOutputTiles <= kWinogradGroup);

// Channels of either kind in a task of the gradient of the weights: the sums of 36 elements x 128 x 128 take
// 2.3 MB. Fewer channels repeat more transforms.
constexpr std::ptrdiff_t kPart = 128, kLeastPart = 32;

// Multiply-adds of all 16 lanes in a task, so that Ctrl-C is heard: 6 to 8 ms on a core of 100 GFLOP/s.
constexpr std::ptrdiff_t kTaskWork = 20'000'000;
// Small batches of small pictures are split further, at the price of repeated transforms.
constexpr std::ptrdiff_t kLeastTasks = 2;

WinogradTiling tiling_of(std::ptrdiff_t height, std::ptrdiff_t width) {
    return winograd_tiling(kWinograd4x3.outputs, height, width);
}

// Whether `products` multiplications and `transforms` worth as many, for each of a tile's elements, take less
// time than the direct sum, at four fifths of its speed. Tiles that reach beyond the picture are paid in
// full.
bool pays(const ConvolutionShape& s, std::ptrdiff_t products, std::ptrdiff_t transforms) {
    const std::ptrdiff_t tiles = winograd_tiles(tiling_of(s.output_height, s.output_width));
    return winograd_fits(kWinograd4x3, s) && 5 * tiles * kWinogradElements * (products + transforms) <
                                                 4 * s.output_height * s.output_width * s.weight_size();
}

}  // namespace

bool winograd_fits(const WinogradForm& form, const ConvolutionShape& s) {
    return s.kernel_height == form.taps && s.kernel_width == form.taps && s.stride_height == 1 &&
           s.stride_width == 1 && s.dilation_height == 1 && s.dilation_width == 1 && s.groups == 1;
}

bool winograd_pays(const ConvolutionShape& s) {
    return pays(s, s.input_channels * s.output_channels, 8 * (s.input_channels + s.output_channels));
}

bool winograd_gradient_pays(const ConvolutionShape& s) {
    const std::ptrdiff_t inputs = round_up(s.input_channels, kLanes);
    const std::ptrdiff_t outputs = round_up(s.output_channels, kLanes);
    return pays(s, inputs * s.output_channels, 12 * (inputs + outputs));
}

std::ptrdiff_t winograd_weight_size(const ConvolutionShape& s) {
    return winograd_weight_size(kWinograd4x3, s);
}

Op* transform_winograd_weights(const ConvolutionShape& s, bool backward, const float* weight,
                               float* transformed) {
    const std::ptrdiff_t max_register_tile = (CNN_SELECT_BODY(winograd_body))->max_register_tile;
    return new TransformWinogradWeights(kWinograd4x3, s, backward, max_register_tile, weight, transformed);
}

WinogradGather* WinogradGather::forward(const ConvolutionShape& s, const float* input, float* output,
                                        const float* transformed, const float* bias, bool relu) {
    auto* op = new WinogradGather(s, input, output, transformed, bias);
    op->relu_ = relu;
    op->row_padding_ = s.padding_height;
    op->col_padding_ = s.padding_width;
    return op;
}

WinogradGather* WinogradGather::backward_input(const ConvolutionShape& s, const float* grad_output,
                                               float* grad_input, const float* transformed,
                                               const float* bias) {
    auto* op = new WinogradGather(s.reversed(), grad_output, grad_input, transformed, bias);
    // Below zero where the padding was wider than the filter.
    op->row_padding_ = kWinograd4x3.taps - 1 - s.padding_height;
    op->col_padding_ = kWinograd4x3.taps - 1 - s.padding_width;
    return op;
}

WinogradGather::WinogradGather(const ConvolutionShape& s, const float* input, float* output,
                               const float* transformed, const float* bias)
    : body_(CNN_SELECT_BODY(winograd_body)),
      input_{input, s.input_channels, s.input_height, s.input_width},
      output_(output),
      transformed_(transformed),
      bias_(bias),
      outputs_(s.output_channels),
      output_height_(s.output_height),
      output_width_(s.output_width),
      tiling_(tiling_of(s.output_height, s.output_width)) {
    positions_ = winograd_tiles(tiling_);
    register_tiles_ = ceil_divide(outputs_, body_->max_register_tile);
    group_ =
        std::clamp<std::ptrdiff_t>(positions_, 1, kOutputTiles / body_->max_positions * body_->max_positions);
    groups_ = ceil_divide(positions_, group_);
    chunk_ = ceil_divide(register_tiles_, ceil_divide(register_tiles_, kRegisterTiles));
    input_element_ = winograd_apart(group_ * input_.channels * kLanes);
    sum_element_ = winograd_apart(chunk_ * body_->max_register_tile * group_ * kLanes);
}

void WinogradGather::normalize(const WinogradNormalization& normalization, bool relu) {
    normalization_ = normalization;
    relu_ = relu;
}

std::ptrdiff_t WinogradGather::parts(const Context& context) const {
    const std::ptrdiff_t work = kWinogradElements * group_ * input_.channels * outputs_;
    const std::ptrdiff_t whole = std::max<std::ptrdiff_t>(1, block_count(context.samples) * groups_);
    const std::ptrdiff_t wanted = std::max(ceil_divide(work, kTaskWork), ceil_divide(kLeastTasks, whole));
    return std::min(wanted, register_tiles_);
}

std::ptrdiff_t WinogradGather::tasks(const Context& context) const {
    return block_count(context.samples) * groups_ * parts(context);
}

std::size_t WinogradGather::scratch_bytes() const {
    return static_cast<std::size_t>(kWinogradElements * (input_element_ + sum_element_)) * sizeof(float);
}

void WinogradGather::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const std::ptrdiff_t parts_now = parts(context);
    const std::ptrdiff_t part = task % parts_now, group = task / parts_now % groups_;
    const std::ptrdiff_t block = task / parts_now / groups_;
    const std::ptrdiff_t begin = part_begin(positions_, groups_, group),
                         end = part_begin(positions_, groups_, group + 1);
    auto* inputs = reinterpret_cast<float*>(scratch);
    float* sums = inputs + kWinogradElements * input_element_;
    WinogradPicture picture = input_;
    picture.values += block * picture.channels * picture.height * picture.width * kLanes;
    body_->transform_input(picture, {tiling_, begin, end, -row_padding_, -col_padding_},
                           {inputs, input_element_, kLanes, picture.channels * kLanes});
    WinogradProduct product{};
    product.input = inputs;
    product.weights = transformed_;
    product.sums = sums;
    product.channels = picture.channels;
    product.positions = end - begin;
    product.outputs = outputs_;
    product.register_tiles = register_tiles_;
    product.input_element = input_element_;
    product.sum_element = sum_element_;
    product.weight_element = winograd_apart(outputs_ * picture.channels);
    WinogradResult result{};
    result.sums = sums;
    result.sum_element = sum_element_;
    result.height = output_height_;
    result.width = output_width_;
    result.tiles = {tiling_, begin, end, 0, 0};
    result.relu = relu_;
    const std::ptrdiff_t last_register_tile = part_begin(register_tiles_, parts_now, part + 1);
    for (std::ptrdiff_t t = part_begin(register_tiles_, parts_now, part); t < last_register_tile;
         t += chunk_) {
        product.first_register_tile = t;
        product.last_register_tile = std::min(last_register_tile, t + chunk_);
        body_->multiply(product);
        const std::ptrdiff_t first = part_begin(outputs_, register_tiles_, t),
                             last = part_begin(outputs_, register_tiles_, product.last_register_tile);
        result.output = output_ + (block * outputs_ + first) * output_height_ * output_width_ * kLanes;
        result.bias = bias_ ? bias_ + first : nullptr;
        result.channels = last - first;
        if (normalization_.mean) {
            result.normalization.mean = normalization_.mean + first;
            result.normalization.inverse_std = normalization_.inverse_std + first;
            result.normalization.weight = normalization_.weight ? normalization_.weight + first : nullptr;
            result.normalization.bias = normalization_.bias ? normalization_.bias + first : nullptr;
        }
        body_->transform_output(result);
    }
}

WinogradWeightGradient::WinogradWeightGradient(const ConvolutionShape& s, const float* input,
                                               const float* grad_output, float* slots)
    : body_(CNN_SELECT_BODY(winograd_body)),
      shape_(s),
      input_(input),
      grad_output_(grad_output),
      slots_(slots),
      tiling_(tiling_of(s.output_height, s.output_width)),
      positions_(winograd_tiles(tiling_)) {
    group_ = std::clamp<std::ptrdiff_t>(positions_, 1, kOutputTiles);
    whole_ = {std::min(kPart, round_up(s.output_channels, kLanes)),
              std::min(kPart, round_up(s.input_channels, kLanes))};
}

WinogradWeightGradient::Part WinogradWeightGradient::part(const Context& context) const {
    const std::ptrdiff_t slots = slot_count(context.samples);
    const std::ptrdiff_t blocks =
        ceil_divide(block_count(context.samples), std::max<std::ptrdiff_t>(slots, 1));
    Part p = whole_;
    while (blocks * positions_ * kWinogradElements * p.outputs * p.inputs > kTaskWork ||
           slots * output_parts(p) * input_parts(p) < kLeastTasks) {
        std::ptrdiff_t& larger = p.inputs > p.outputs ? p.inputs : p.outputs;
        if (larger <= kLeastPart) break;
        larger = ceil_divide(larger, 2 * kLanes) * kLanes;
    }
    return p;
}

std::ptrdiff_t WinogradWeightGradient::output_parts(const Part& part) const {
    return ceil_divide(shape_.output_channels, part.outputs);
}

std::ptrdiff_t WinogradWeightGradient::input_parts(const Part& part) const {
    return ceil_divide(shape_.input_channels, part.inputs);
}

std::ptrdiff_t WinogradWeightGradient::tasks(const Context& context) const {
    const Part p = part(context);
    return slot_count(context.samples) * output_parts(p) * input_parts(p);
}

std::size_t WinogradWeightGradient::scratch_bytes() const {
    return static_cast<std::size_t>(kWinogradElements * (winograd_apart(group_ * kLanes * whole_.inputs) +
                                                         winograd_apart(group_ * kLanes * whole_.outputs) +
                                                         winograd_apart(whole_.inputs * whole_.outputs))) *
           sizeof(float);
}

void WinogradWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    const ConvolutionShape& s = shape_;
    const Part whole = part(context);
    const std::ptrdiff_t first_input = task % input_parts(whole) * whole.inputs;
    const std::ptrdiff_t first_output = task / input_parts(whole) % output_parts(whole) * whole.outputs;
    const std::ptrdiff_t slot = task / input_parts(whole) / output_parts(whole);
    const std::ptrdiff_t inputs = std::min(whole.inputs, s.input_channels - first_input);
    const std::ptrdiff_t outputs = std::min(whole.outputs, s.output_channels - first_output);
    const std::ptrdiff_t chunks = ceil_divide(inputs, kLanes);

    const std::ptrdiff_t rows = group_ * kLanes;
    const std::ptrdiff_t input_element = winograd_apart(rows * chunks * kLanes);
    const std::ptrdiff_t grad_element = winograd_apart(rows * round_up(outputs, kLanes));
    const std::ptrdiff_t sum_element = winograd_apart(outputs * chunks * kLanes);
    auto* transformed_inputs = reinterpret_cast<float*>(scratch);
    float* transformed_grads = transformed_inputs + kWinogradElements * input_element;
    float* sums = transformed_grads + kWinogradElements * grad_element;

    WinogradGradientProduct product{};
    product.inputs = transformed_inputs;
    product.grads = transformed_grads;
    product.sums = sums;
    product.input_chunks = chunks;
    product.outputs = outputs;
    product.input_chunk = product.grad_chunk = rows * kLanes;
    product.input_element = input_element;
    product.grad_element = grad_element;
    product.sum_element = sum_element;
    product.first = true;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    for (std::ptrdiff_t block = blocks.begin; block < blocks.end; ++block) {
        const std::ptrdiff_t live = live_lanes(context.samples, block);
        const WinogradPicture input{
            input_ + (block * s.input_channels + first_input) * s.input_height * s.input_width * kLanes,
            inputs, s.input_height, s.input_width};
        const WinogradPicture grads{grad_output_ + (block * s.output_channels + first_output) *
                                                       s.output_height * s.output_width * kLanes,
                                    outputs, s.output_height, s.output_width};
        for (std::ptrdiff_t p0 = 0; p0 < positions_; p0 += group_) {
            const std::ptrdiff_t count = std::min(group_, positions_ - p0);
            const std::ptrdiff_t p1 = p0 + count;
            body_->transpose_input(input, {tiling_, p0, p1, -s.padding_height, -s.padding_width}, live,
                                   {transformed_inputs, input_element, rows * kLanes, live * kLanes});
            body_->transpose_gradient(grads, {tiling_, p0, p1, 0, 0}, live,
                                      {transformed_grads, grad_element, rows * kLanes, live * kLanes});
            product.terms = count * live;
            body_->multiply_gradient(product);
            product.first = false;
        }
    }
    for (std::ptrdiff_t o = 0; o < outputs; ++o) {
        float* row =
            slots_ + slot * s.weight_size() + ((first_output + o) * s.input_channels + first_input) * 9;
        for (std::ptrdiff_t chunk = 0; chunk < chunks; ++chunk) {
            body_->gradient_result({sums + (o * chunks + chunk) * kLanes, sum_element,
                                    row + chunk * kLanes * 9, std::min(kLanes, inputs - chunk * kLanes)});
        }
    }
}

}  // namespace cnn
