// Convolution, ReLU and max pooling in one pass: the convolution's outputs go from the registers to a strip
// that stays in the first-level cache, and only their maxima leave it.
//
// y[n,o,ph,pw] = max over the window of relu(convolution(x)[n,o,..]); choice[n,o,ph,pw]: the place of the
// first maximum in its window, row by row. Outputs that no window covers are not computed. Values, ties and
// NaN are those of the three layers one after the other (the choice of a window whose maximum is not above
// zero may be another one; the gradient does not pass there). x: [block][C][H][W][16], y and choice:
// [block][O][PH][PW][16].
#pragma once

#include <vector>

#include "kernels/convolution/convolution.h"
#include "kernels/pooling/pooling_body.h"

namespace cnn {

// Whether these kernels do it: one group, windows that do not overlap and have no padding.
bool can_pool_convolution(const ConvolutionShape& convolution, const PoolingShape& pooling);

// `packed`: as by PackConvolutionWeights for the forward pass. One task per block and some rows of windows.
class PooledConvolution : public Op {
  public:
    PooledConvolution(const ConvolutionShape&, const PoolingShape&, bool relu, const float* input,
                      float* output, std::int32_t* choice, const float* packed, const float* bias);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const ConvolutionBody* convolution_body_;
    const PoolingBody* pooling_body_;
    ConvolutionShape shape_;
    PoolingShape pooling_;
    bool relu_;
    const float* input_;
    float* output_;
    std::int32_t* choice_;
    const float* packed_;
    const float* bias_;
    std::ptrdiff_t tiles_, strip_, row_chunk_, row_chunks_;
    std::vector<Taps> rows_, cols_;
};

}  // namespace cnn
