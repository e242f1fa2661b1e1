// Convolution of a single sample, output channels as SIMD lanes; the formula and its shapes are those of
// convolution.h, the layout that of single_tensor.h.
//
// Sums run over chunks of channels, then taps, then channels, from the bias on: in one order for each output,
// whatever the tile and the thread. Padding is zeros in the border of the input, and adds nothing as long as
// the weights are finite; pack() tells when they are not. A NaN or Inf in the sample reaches the outputs
// whose sum contains it. A batch normalization in evaluation and a ReLU may follow on the way out.
#pragma once

#include <vector>

#include "core/op.h"
#include "kernels/convolution/convolution.h"
#include "kernels/single/single_convolution_body.h"
#include "kernels/single/single_packed.h"
#include "kernels/single/single_tensor.h"

namespace cnn {

// Floats in a vector of the instruction set in use: channels are padded to a multiple of it.
std::ptrdiff_t single_vector_width();

class SingleConvolution : public Op, public SinglePacked {
  public:
    // `bias` may be null. `input` has a border of the shape's padding.
    SingleConvolution(const ConvolutionShape& shape, const float* weight, const float* bias,
                      const SingleNormalization& normalization, bool relu, const SingleTensor& input,
                      const SingleTensor& output);
    bool pack() override;
    std::size_t bytes() const override;
    std::ptrdiff_t tasks(const Context&) const override { return groups_ * strips_ * row_chunks_; }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t chunk_begin(std::ptrdiff_t chunk) const { return chunk * inputs_ / chunks_; }
    std::ptrdiff_t strip_vectors(std::ptrdiff_t strip) const;

    const SingleConvolutionBody* body_;
    ConvolutionShape shape_;
    const float* weight_;
    const float* bias_;
    SingleEpilogueArrays arrays_;
    bool relu_;
    SingleTensor input_, output_;
    bool indexed_;            // groups that do not fill vectors: each lane reads an input of its own
    std::ptrdiff_t groups_;   // run one after the other; 1 where indexed
    std::ptrdiff_t inputs_;   // of a sum
    std::ptrdiff_t outputs_;  // of one of groups_, with those that fill the last vector
    std::ptrdiff_t strips_, chunks_, row_chunks_;
    std::vector<std::ptrdiff_t> index_;  // of each output's first input
    std::vector<float> packed_, packed_bias_;
};

}  // namespace cnn
