// Convolution by Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray 2016, "Fast algorithms for
// convolutional neural networks"), for kernels of 3x3 with stride 1, no dilation and one group.
//
//   Y = A^T [ sum over c of (G w G^T) * (B^T x B) ] A        for each tile of 4x4 outputs and its 6x6 inputs
//
// 36 multiplications where the direct sum takes 144. The 36 elements of the transformed tiles are 36
// independent matrix products (outputs x channels) times (channels x tiles and samples). The gradient of the
// input is the same with flipped filters whose inputs and outputs have changed places; that of the weights
// is F(3x3, 4x4): dw = A'^T [ sum over samples and tiles of (G' dy G'^T) * (B^T x B) ] A'.
//
// The same sums as convolution.h describes, with the error of the transforms: about 8e-7 rms of the result
// with 64 channels (direct: 4e-7); docs/kernels/winograd.md has a table of it. Values beyond about 1e36 may
// overflow in the transforms. A NaN or Inf in the input reaches, as NaN or Inf, every output of its sample
// whose sum contains it, and perhaps others of the same 4x4 tile; one in a weight reaches every output of its
// channel, also where it lies on padding; in the gradient of the weights all nine taps of a pair of channels
// share what one of them holds. None is lost. Rows and columns of a tile beyond the picture are zero on the
// way in and left out on the way out.
#pragma once

#include "kernels/convolution/convolution.h"
#include "kernels/winograd/winograd_body.h"

namespace cnn {

// Whether these are the convolutions of a form: its kernel, stride 1, no dilation, one group.
bool winograd_fits(const WinogradForm& form, const ConvolutionShape& shape);

// Whether it fits and is expected to be faster than the direct sum: forward and for the gradient of the
// input, where transforming a channel costs as much as multiplying it with eight others; and for the gradient
// of the weights, where it costs twelve and channels go by sixteens.
bool winograd_pays(const ConvolutionShape& shape);
bool winograd_gradient_pays(const ConvolutionShape& shape);

// The weights of both, transformed as winograd_weights.h says.
std::ptrdiff_t winograd_weight_size(const ConvolutionShape& shape);
Op* transform_winograd_weights(const ConvolutionShape& shape, bool backward, const float* weight,
                               float* transformed);

// The forward pass and the gradient of the input. A task: some tiles of a block and a part of the outputs.
class WinogradGather : public Op {
  public:
    static WinogradGather* forward(const ConvolutionShape&, const float* input, float* output,
                                   const float* transformed, const float* bias, bool relu);
    static WinogradGather* backward_input(const ConvolutionShape&, const float* grad_output,
                                          float* grad_input, const float* transformed,
                                          const float* bias = nullptr);
    // From here on the output is normalized by these statistics, and then goes through a ReLU if `relu`.
    void normalize(const WinogradNormalization& normalization, bool relu);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    // `shape`: of what is read and written, so that of the gradient of the input is reversed.
    WinogradGather(const ConvolutionShape& shape, const float* input, float* output, const float* transformed,
                   const float* bias);
    std::ptrdiff_t parts(const Context& context) const;

    const WinogradBody* body_ = nullptr;
    WinogradPicture input_{};
    float* output_ = nullptr;
    const float* transformed_ = nullptr;
    const float* bias_ = nullptr;
    WinogradNormalization normalization_{};
    bool relu_ = false;
    std::ptrdiff_t outputs_ = 0, output_height_ = 0, output_width_ = 0;
    std::ptrdiff_t row_padding_ = 0, col_padding_ = 0;
    WinogradTiling tiling_{};
    std::ptrdiff_t positions_ = 0, group_ = 1, groups_ = 0;
    std::ptrdiff_t register_tiles_ = 0, chunk_ = 1;  // and how many of them have their sums at a time
    std::ptrdiff_t input_element_ = 0, sum_element_ = 0;
};

// Slot sums of the gradient of the weights: slots[slot][weight_size()]. A task: a slot, a part of the output
// channels and a part of the input channels.
class WinogradWeightGradient : public Op {
  public:
    WinogradWeightGradient(const ConvolutionShape&, const float* input, const float* grad_output,
                           float* slots);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    // Channels of either kind in a task, in whole chunks of 16 lanes. A sum does not depend on them.
    struct Part {
        std::ptrdiff_t outputs, inputs;
    };
    Part part(const Context& context) const;
    std::ptrdiff_t output_parts(const Part& part) const;
    std::ptrdiff_t input_parts(const Part& part) const;

    const WinogradBody* body_;
    ConvolutionShape shape_;
    const float* input_;
    const float* grad_output_;
    float* slots_;
    WinogradTiling tiling_;
    std::ptrdiff_t positions_, group_;
    Part whole_;
};

}  // namespace cnn
