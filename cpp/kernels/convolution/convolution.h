// Convolution as CNN layers use it (a cross-correlation), forward and backward, with samples as SIMD lanes.
//
//   y[n,o,oh,ow] = b[o] + sum over c,kh,kw of w[o,c,kh,kw] * x[n, g*C/G + c, oh*stride - padding +
//   kh*dilation, ...]
//
// x: [block][C][H][W][16]; y: [block][O][OH][OW][16]; w: (O, C/G, KH, KW) row-major; b: (O) or null; g: the
// group of o. Two algorithms give the same sums in the same order: `direct` reads the input where it lies,
// and `im2col` copies the taps of some positions into panels first and runs the GEMM micro-kernel over them,
// which pays when a layer has many channels. Padding is skipped, not multiplied: it adds nothing even where a
// weight is infinite or NaN. A NaN or Inf in a sample reaches only outputs of that sample, and those
// gradients of weights whose sum contains it. Tasks write disjoint outputs; gradients of parameters are
// summed per slot (see op.h). A third algorithm, `winograd`, is for 3x3 kernels: what it does otherwise, also
// with NaN and Inf, is said in winograd.h.
#pragma once

#include <utility>
#include <vector>

#include "core/op.h"
#include "kernels/convolution/convolution_body.h"

namespace cnn {

struct ConvolutionShape {
    std::ptrdiff_t input_channels, input_height, input_width;
    std::ptrdiff_t output_channels, output_height, output_width;
    std::ptrdiff_t kernel_height, kernel_width;
    std::ptrdiff_t stride_height, stride_width;
    std::ptrdiff_t padding_height, padding_width;
    std::ptrdiff_t dilation_height, dilation_width;
    std::ptrdiff_t groups;

    std::ptrdiff_t input_size() const { return input_channels * input_height * input_width; }
    std::ptrdiff_t output_size() const { return output_channels * output_height * output_width; }
    std::ptrdiff_t kernel_area() const { return kernel_height * kernel_width; }
    std::ptrdiff_t group_inputs() const { return input_channels / groups; }
    std::ptrdiff_t group_outputs() const { return output_channels / groups; }
    std::ptrdiff_t weight_size() const { return output_channels * group_inputs() * kernel_area(); }
    // From outputs to inputs.
    ConvolutionShape reversed() const {
        ConvolutionShape shape = *this;
        std::swap(shape.input_channels, shape.output_channels);
        std::swap(shape.input_height, shape.output_height);
        std::swap(shape.input_width, shape.output_width);
        return shape;
    }
};

enum class ConvolutionAlgorithm { kDirect, kIm2col, kWinograd };

// Weights in the order that the register tiles read them: [group][tile][channel][kh][kw][outputs of the
// tile]. For the backward pass the roles of input and output channels change places. `packed`: weight_size()
// floats.
class PackConvolutionWeights : public Op {
  public:
    PackConvolutionWeights(const ConvolutionShape& shape, bool backward, const float* weight, float* packed);
    std::ptrdiff_t tasks(const Context&) const override { return shape_.groups; }
    void run(const Context&, std::ptrdiff_t group, std::byte*) const override;

  private:
    ConvolutionShape shape_;
    bool backward_;
    const float* weight_;
    float* packed_;
    std::ptrdiff_t max_tile_;
};

// The gather that the forward pass and the gradient of the input share; only the tables differ. `bias`: of a
// transposed convolution, whose forward pass is that gradient; one for each input channel.
class ConvolutionGather : public Op {
  public:
    static ConvolutionGather* forward(const ConvolutionShape&, ConvolutionAlgorithm, const float* input,
                                      float* output, const float* packed, const float* bias, bool relu);
    static ConvolutionGather* backward_input(const ConvolutionShape&, ConvolutionAlgorithm,
                                             const float* grad_output, float* grad_input, const float* packed,
                                             const float* bias = nullptr);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    // `shape`: of what is read and written, so that of the gradient of the input is reversed.
    ConvolutionGather(const ConvolutionShape& shape, ConvolutionAlgorithm, const float* input, float* output,
                      const float* packed, const float* bias);
    void split_rows();

    const ConvolutionBody* body_ = nullptr;
    ConvolutionAlgorithm algorithm_ = ConvolutionAlgorithm::kDirect;
    const float* input_ = nullptr;
    float* output_ = nullptr;
    const float* packed_ = nullptr;
    const float* bias_ = nullptr;
    bool relu_ = false;
    bool clear_ = false;                                    // some outputs have no tap and become zeros first
    std::ptrdiff_t groups_ = 1, inputs_ = 0, outputs_ = 0;  // channels of a group
    std::ptrdiff_t input_height_ = 0, input_width_ = 0, output_height_ = 0, output_width_ = 0;
    std::ptrdiff_t kernel_width_ = 0, kernel_area_ = 0, advance_ = 1;
    std::ptrdiff_t tiles_ = 0, row_chunk_ = 1, row_chunks_ = 1, strip_ = 1, chunk_ = 1;
    std::vector<Taps> rows_, cols_;
};

}  // namespace cnn
