// The gradients of a convolution's weights and bias: slot sums over samples (see op.h), of the formula in
// convolution.h. That of the input is a gather, ConvolutionGather::backward_input.
#pragma once

#include <vector>

#include "core/op.h"
#include "kernels/convolution/convolution.h"

namespace cnn {

// Slot sums of the weight gradient, by register tiles of per-lane sums: slots[slot][weight_size()].
class ConvolutionWeightGradient : public Op {
  public:
    ConvolutionWeightGradient(const ConvolutionShape&, const float* input, const float* grad_output,
                              float* slots);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const ConvolutionBody* body_;
    ConvolutionShape shape_;
    const float* input_;
    const float* grad_output_;
    float* slots_;
    std::vector<TapTile> tap_tiles_;
    std::ptrdiff_t tap_tiles_per_task_ = 1;
};

// The same slot sums as a GEMM whose inner dimension is samples x positions, through im2col panels.
// `packed_grad`: the output of PackSampleMajor for grad_output.
class ConvolutionWeightGradientIm2col : public Op {
  public:
    ConvolutionWeightGradientIm2col(const ConvolutionShape&, const float* input, const float* packed_grad,
                                    float* slots);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    // `sums`: [tile][max_tile][16 taps]; `gradient`: the group's rows of the slot, from the first tap.
    void store_sums(const float* sums, float* gradient, std::ptrdiff_t taps) const;

    const ConvolutionBody* body_;
    ConvolutionShape shape_;
    const float* input_;
    const float* packed_grad_;
    float* slots_;
    std::ptrdiff_t panels_, panels_per_task_, positions_per_chunk_, tiles_;
};

// grad_output [block][O][positions][16] to [group][tile][block][position][16 lanes][outputs of the tile].
class PackSampleMajor : public Op {
  public:
    PackSampleMajor(const ConvolutionShape&, const float* grad_output, float* packed);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;

  private:
    ConvolutionShape shape_;
    std::ptrdiff_t tiles_;
    const float* grad_output_;
    float* packed_;
};

// Slot sums of the bias gradient: slots[slot][channels], from grad_output [block][channels][positions][16].
class BiasGradient : public Op {
  public:
    BiasGradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_output, float* slots);
    std::ptrdiff_t tasks(const Context& context) const override { return slot_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t slot, std::byte* scratch) const override;

  private:
    const ConvolutionBody* body_;
    std::ptrdiff_t channels_, positions_;
    const float* grad_output_;
    float* slots_;
};

}  // namespace cnn
