// Convolution, ReLU and max pooling in one pass as in pooled_convolution.h, by Winograd's minimal filtering
// F(2x2, 5x5) (Winograd 1980; Lavin & Gray 2016): the four outputs of a 2x2 pooling window are one tile, and
// cost 36 multiplications for each pair of channels where the direct sum takes 100.
//
//   Y = A^T [ sum over c of (G w G^T) * (B^T x B) ] A        for the window's 6x6 inputs x
//
// For kernels of 5x5 with stride 1, no dilation and one group, and windows of 2x2 with stride 2. The error is
// that of the transforms, about 1e-6 rms of the result (direct: 2e-7). A NaN or Inf in the input reaches, as
// NaN or Inf, every output whose sum contains it, and perhaps others of the same window; one in a weight
// reaches every output of its channel, also where it lies on padding.
#pragma once

#include "kernels/convolution/convolution.h"
#include "kernels/pooling/pooling_body.h"
#include "kernels/winograd/winograd_pooled_body.h"

namespace cnn {

// Whether it is made for these shapes and expected to be faster than the direct sum.
bool pooled_winograd_pays(const ConvolutionShape& convolution, const PoolingShape& pooling);

// The weights, transformed as winograd_weights.h says.
std::ptrdiff_t pooled_winograd_weight_size(const ConvolutionShape& shape);
Op* transform_pooled_winograd_weights(const ConvolutionShape& shape, const float* weight, float* transformed);

// A task a block and row of windows.
class WinogradPooledConvolution : public Op {
  public:
    WinogradPooledConvolution(const ConvolutionShape&, const PoolingShape&, bool relu, const float* input,
                              float* output, std::int32_t* choice, const float* transformed,
                              const float* bias);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const PooledWinogradBody* body_;
    const PoolingBody* pooling_body_;
    ConvolutionShape shape_;
    PoolingShape pooling_;
    bool relu_;
    const float* input_;
    float* output_;
    std::int32_t* choice_;
    const float* transformed_;
    const float* bias_;
};

}  // namespace cnn
