// 3x3 convolutions of a single sample by Winograd's minimal filtering, F(2x2, 3x3) or F(4x4, 3x3), Lavin &
// Gray 2016: 2.25 or 4 times fewer multiplications than the definition. Three stages: the input's tiles are
// transformed, one matrix product for each point joins them with the transformed weights, and the outputs are
// transformed back.
//
// A NaN or Inf in the sample reaches all outputs of its tile, otherwise what it reaches in
// single_convolution.h. Error against float64, rms, relative to that of the outputs: 3e-7 for F(2x2), 8e-7
// for F(4x4) with 64 channels, as that of lanes (winograd.h).
#pragma once

#include <optional>
#include <vector>

#include "core/op.h"
#include "kernels/convolution/convolution.h"
#include "kernels/single/single_packed.h"
#include "kernels/single/single_tensor.h"
#include "kernels/winograd/single_winograd_body.h"
#include "kernels/winograd/winograd_weights_body.h"

namespace cnn {

// None where the definition is faster: chosen by shape alone. Where tiles reach beyond the output, the input
// needs as many rows and columns of zeros beside its padding.
std::optional<WinogradForm> single_winograd_form(const ConvolutionShape& shape);

// The weights, and what the three stages share.
class SingleWinograd : public SinglePacked {
  public:
    SingleWinograd(const ConvolutionShape& shape, const WinogradForm& form, const float* weight,
                   const float* bias, const SingleNormalization& normalization, bool relu,
                   const SingleTensor& input, const SingleTensor& output);
    bool pack() override;
    std::size_t bytes() const override;

    // The stages, to be run one after the other.
    Op* transform_input();
    Op* multiply();
    Op* transform_output();

  private:
    friend class SingleWinogradInput;
    friend class SingleWinogradProduct;
    friend class SingleWinogradOutput;
    std::ptrdiff_t points() const { return winograd_points(form_); }
    std::ptrdiff_t tiles() const { return winograd_tiles(tiling_); }
    std::ptrdiff_t transform_tasks(std::ptrdiff_t channels) const;
    SingleWinogradTiles describe(const SingleTensor& image, std::ptrdiff_t task, std::ptrdiff_t tasks,
                                 std::ptrdiff_t point) const;

    const SingleWinogradBody* body_;
    const WinogradWeightsBody* weights_;
    const SingleConvolutionBody* product_;
    ConvolutionShape shape_;
    WinogradForm form_;
    WinogradTiling tiling_;
    const float* weight_;
    const float* bias_;
    SingleEpilogueArrays arrays_;
    bool relu_;
    SingleTensor input_, output_;
    std::ptrdiff_t strips_;
    std::ptrdiff_t input_point_, output_point_;  // floats from a point to the next
    std::vector<float> packed_;                  // [point][strip][input channel][outputs of the strip]
    std::vector<float> packed_bias_, zeros_;
    std::vector<float> input_points_, output_points_;  // [point][tile][channels]
};

}  // namespace cnn
