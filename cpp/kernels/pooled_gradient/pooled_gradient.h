// The backward pass of convolution + ReLU + max pooling (see pooled_convolution.h) from the gradients that
// are left: pooling lets one position of a window through and ReLU about half of those, so that an eighth of
// the convolution's outputs, or less, has a gradient. Lists of them are made, and each entry of a list costs
// one pass over a kernel's window, wherever it lies:
//
//   grad_weight[o][kh][kw][c] = sum over the list of o of g * x[n][oh * stride + kh][ow * stride + kw][c]
//   grad_x[n][window of p]    = sum over the list of (n, p) of g * weight[o], placed where its maximum was
//
// Taps and not samples are the lanes of these sums, so x and grad_x lie with a sample's values side by side,
// channels last: [sample][height + 2 * padding][width + 2 * padding][C].
// A gradient that is 0 adds nothing, even where x is Inf or NaN. One that is Inf or NaN may spread NaN to the
// gradients of its sample's pixels around the window, and to those of weights whose taps lie on padding.
// Sums over samples are per slot, in the order of blocks, positions, lanes; those of grad_x in the order of
// positions and output channels. Neither depends on the number of threads.
#pragma once

#include <memory>
#include <vector>

#include "core/layout_body.h"
#include "kernels/convolution/convolution.h"
#include "kernels/pooled_gradient/pooled_gradient_body.h"
#include "kernels/pooling/pooling_body.h"

namespace cnn {

// Whether lists pay: what can_pool_convolution() allows, neighbouring taps, and a window that is not so wide
// that other algorithms need fewer multiplications.
bool has_sparse_gradient(const ConvolutionShape& convolution, const PoolingShape& pooling);

// Where things lie; shared by the operations of one layer.
struct PooledGradientPlan {
    PooledGradientPlan(const ConvolutionShape&, const PoolingShape&);

    ConvolutionShape shape;
    PoolingShape pooling;
    std::ptrdiff_t row,
        sample;  // strides of x in floats; a sample ends in zeros that a register may read past it
    std::ptrdiff_t packed_rows, packed_row, packed_channel, packed_size;  // of the packed weights, in floats
    std::vector<std::int32_t> position_offset;  // of the window of pooled position p in a sample
    std::vector<std::int32_t> x_choice_offset, weight_choice_offset;

    std::ptrdiff_t positions() const { return pooling.output_plane(); }
    std::ptrdiff_t choices() const { return pooling.kernel_height * pooling.kernel_width; }
};

using SharedPlan = std::shared_ptr<const PooledGradientPlan>;

// x [block][C][H][W][16] to padded rows, block_count * 16 * plan.sample floats that begin as zeros. A task a
// block.
class PadRows : public Op {
  public:
    PadRows(SharedPlan plan, const float* input, float* rows);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    SharedPlan plan_;
    const LayoutBody* body_;
    const float* input_;
    float* rows_;
};

// The arrays that lists are made from, [block][O][PH][PW][16]; output: null where there is no ReLU.
struct PooledOutputs {
    const float* grad_output;
    const float* output;
    const std::int32_t* choice;
};

// Slot sums of the gradients of the weights and (if not null) of the bias: weight_slots[slot][O][C][KH][KW],
// bias_slots[slot][O]. A task a slot and output channel.
class ListWeightGradient : public Op {
  public:
    ListWeightGradient(SharedPlan plan, const PooledOutputs& outputs, const float* rows, float* weight_slots,
                       float* bias_slots);
    std::ptrdiff_t tasks(const Context& context) const override {
        return slot_count(context.samples) * plan_->shape.output_channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    SharedPlan plan_;
    const PooledGradientBody* body_;
    PooledOutputs outputs_;
    const float* rows_;
    float* weight_slots_;
    float* bias_slots_;
    std::ptrdiff_t sums_;  // floats of all register tiles
};

// Weights (O, C, KH, KW) to [place in a window's row][O][packed_rows][packed_row], each with zeros around it,
// so that one window of taps serves every place of the maximum. `packed`: plan.packed_size floats that begin
// as zeros.
class PackPooledWeights : public Op {
  public:
    PackPooledWeights(SharedPlan plan, const float* weight, float* packed);
    std::ptrdiff_t tasks(const Context&) const override { return plan_->shape.output_channels; }
    void run(const Context&, std::ptrdiff_t channel, std::byte*) const override;

  private:
    SharedPlan plan_;
    const float* weight_;
    float* packed_;
};

// grad_x [block][C][H][W][16]. A task a block and a register's worth of its samples.
class ListInputGradient : public Op {
  public:
    ListInputGradient(SharedPlan plan, const PooledOutputs& outputs, const float* packed, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    SharedPlan plan_;
    const PooledGradientBody* body_;
    const LayoutBody* layout_body_;
    PooledOutputs outputs_;
    const float* packed_;
    float* grad_input_;
};

}  // namespace cnn
