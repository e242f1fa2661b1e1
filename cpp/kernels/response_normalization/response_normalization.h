// Local response normalization across channels (Krizhevsky, Sutskever & Hinton 2012, section 3.3), in the
// form of Torch7 and PyTorch, where alpha is divided by the size:
//
//   d[c] = k + alpha / size * sum of x[i]^2, i from c - size / 2 to c + (size - 1) / 2
//   y[c] = x[c] d[c]^-beta
//   grad_x[c] = g[c] d[c]^-beta - 2 alpha beta / size x[c] * sum of g[i] x[i] d[i]^(-beta - 1)
//
// as far as there are channels; the last sum is over the i whose window has c, from c - (size - 1) / 2 to c +
// size / 2. The powers are exp(-beta log d). Each window is summed by itself: with a sum that slides, a NaN
// would stay in it. x and y: [block][C][positions][16]. One task per block and some positions.
#pragma once

#include "core/op.h"
#include "kernels/response_normalization/response_normalization_body.h"

namespace cnn {

class ResponseNormalization : public Op {
  public:
    ResponseNormalization(const ResponseSettings& settings, std::ptrdiff_t channels, std::ptrdiff_t positions,
                          const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const ResponseNormalizationBody* body_;
    ResponseSettings settings_;
    std::ptrdiff_t channels_, positions_;
    const float* input_;
    float* output_;
};

class ResponseNormalizationBackward : public Op {
  public:
    ResponseNormalizationBackward(const ResponseSettings& settings, std::ptrdiff_t channels,
                                  std::ptrdiff_t positions, const float* input, const float* grad_output,
                                  float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const ResponseNormalizationBody* body_;
    ResponseSettings settings_;
    std::ptrdiff_t channels_, positions_;
    const float* input_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
