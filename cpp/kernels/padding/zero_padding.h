// Zeros around each picture, or a part of it cut off, where a side is negative.
//
//   y[n,c,h,w] = x[n,c, h - top, w - left], and 0 where that is no place of x
//
// x: [block][C][H][W][16]; y: [block][C][top + H + bottom][left + W + right][16]. The gradient of x is y's
// with the sides of opposite sign: what was cut off has 0. One task per block and channel.
#pragma once

#include "core/op.h"

namespace cnn {

struct ZeroPadding {
    std::ptrdiff_t channels = 0, height = 0, width = 0;  // of the input
    std::ptrdiff_t top = 0, bottom = 0, left = 0, right = 0;

    std::ptrdiff_t output_height() const { return top + height + bottom; }
    std::ptrdiff_t output_width() const { return left + width + right; }
    ZeroPadding reversed() const {
        return {channels, output_height(), output_width(), -top, -bottom, -left, -right};
    }
};

class PadWithZeros : public Op {
  public:
    PadWithZeros(const ZeroPadding& padding, const float* input, float* output)
        : padding_(padding), input_(input), output_(output) {}
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * padding_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    ZeroPadding padding_;
    const float* input_;
    float* output_;
};

}  // namespace cnn
