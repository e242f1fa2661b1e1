// Convolution of an image of few channels, ReLU and maximum pooling of 2x2 windows, for a single sample, in
// one pass: neighbouring windows are the SIMD lanes. Few outputs would leave lanes of channels empty, and
// load an input for each multiply-add (single_convolution.h); here each is used for several outputs, and what
// the pooling drops is never stored. The formulas are those of convolution.h and pooling.h, the layouts that
// of single_tensor.h.
//
// Sums run over channels, then taps, from the bias on: in one order for each output. Padding is zeros, and
// adds nothing as long as the weights are finite; pack() tells when they are not. A NaN or Inf in the sample
// reaches the windows whose sums contain it; a NaN wins a window.
#pragma once

#include <vector>

#include "core/op.h"
#include "kernels/convolution/convolution.h"
#include "kernels/pooling/pooling_body.h"
#include "kernels/single/single_packed.h"
#include "kernels/single/single_pooled_convolution_body.h"
#include "kernels/single/single_tensor.h"

namespace cnn {

// Whether this is faster than a convolution with channels as lanes and a pooling: chosen by shape alone.
bool single_pooling_pays(const ConvolutionShape& shape, const PoolingShape& pooling);

class SinglePooledConvolution : public SinglePacked {
  public:
    // `bias` may be null. `input` has a border of the shape's padding.
    SinglePooledConvolution(const ConvolutionShape& shape, const float* weight, const float* bias, bool relu,
                            const SingleTensor& input, const SingleTensor& output);
    bool pack() override;
    std::size_t bytes() const override;

    // The stages, to be run one after the other.
    Op* split_columns();
    Op* convolve();

  private:
    friend class SingleSplitColumns;
    friend class SingleConvolvePooled;
    std::ptrdiff_t rows() const { return shape_.input_height + 2 * shape_.padding_height; }

    const SinglePooledConvolutionBody* body_;
    ConvolutionShape shape_;
    const float* weight_;
    const float* bias_;
    bool relu_;
    SingleTensor input_, output_;
    std::ptrdiff_t half_;  // floats in a row of columns of one parity
    std::vector<float> split_, packed_, packed_bias_;
};

}  // namespace cnn
