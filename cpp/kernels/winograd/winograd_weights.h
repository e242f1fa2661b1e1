// Filters at the points of Winograd's transforms, G w G^T, in the order in which the products read them:
//
//   transformed[point][register tile][input][output of the register tile]
//
// for w of (O, C, taps, taps), with the register tiles of tiles.h; winograd_apart(C * O) floats from a point
// to the next. For the gradient of the input, inputs and outputs change places and the filters are turned by
// half. Single images pad the last one with zeros and pack it themselves, by the same body.
#pragma once

#include "core/op.h"
#include "kernels/convolution/convolution.h"
#include "kernels/winograd/winograd_weights_body.h"

namespace cnn {

// Floats of all of them.
std::ptrdiff_t winograd_weight_size(const WinogradForm& form, const ConvolutionShape& shape);

// A task a register tile of at most `max_register_tile` outputs.
class TransformWinogradWeights : public Op {
  public:
    TransformWinogradWeights(const WinogradForm& form, const ConvolutionShape& shape, bool backward,
                             std::ptrdiff_t max_register_tile, const float* weight, float* transformed);
    std::ptrdiff_t tasks(const Context&) const override { return register_tiles_; }
    void run(const Context&, std::ptrdiff_t register_tile, std::byte*) const override;

  private:
    const WinogradWeightsBody* body_;
    WinogradForm form_;
    bool backward_;
    const float* weight_;
    float* transformed_;
    std::ptrdiff_t inputs_, outputs_, register_tiles_;
};

}  // namespace cnn
