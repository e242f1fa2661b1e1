// A linear layer, y = W x + b, forward and backward, with samples as SIMD lanes.
//
// x: [block][I][16]; y: [block][O][16]; W: (O, I) row-major; b: (O) or null. W is read where it lies: its
// elements are broadcast, so they need no packing. A NaN or Inf stays in its sample, and in those gradients
// of weights whose sum contains it. Sums over samples are made slot by slot and added as the tree of
// slot_tree.h, in the register tile, so that no copy of the gradients per slot exists.
#pragma once

#include "core/op.h"
#include "kernels/linear/linear_body.h"

namespace cnn {

// y = W x + b, or that rectified, and grad_x = W^T grad_y; inputs and outputs are those of the layer in both.
// Tasks are register tiles of what is written.
class LinearProduct : public Op {
  public:
    static LinearProduct* forward(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* input,
                                  float* output, const float* weight, const float* bias, bool relu);
    static LinearProduct* backward_input(std::ptrdiff_t inputs, std::ptrdiff_t outputs,
                                         const float* grad_output, float* grad_input, const float* weight);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    LinearProduct(std::ptrdiff_t terms, std::ptrdiff_t outputs);

    const LinearBody* body_;
    std::ptrdiff_t terms_, outputs_, tiles_;
    const float* input_ = nullptr;
    float* output_ = nullptr;
    const float* weight_ = nullptr;
    const float* bias_ = nullptr;
    bool relu_ = false;
    std::ptrdiff_t weight_term_ = 0, weight_output_ = 0;  // floats to the next
};

// Floats from one sample to the next of the rows that LinearWeightGradient reads.
std::ptrdiff_t linear_row_stride(std::ptrdiff_t inputs);

// grad_weight = scale * sum over samples of grad_y x^T, or added to what is there. `rows`: x with a sample's
// values side by side, linear_row_stride() floats from one sample to the next, as FromLanes of layout.h
// writes them; what lies between the rows is read and left out. Tasks are strips of inputs.
class LinearWeightGradient : public Op {
  public:
    LinearWeightGradient(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* rows,
                         const float* grad_output, float* grad_weight);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const LinearBody* body_;
    std::ptrdiff_t inputs_, outputs_, tiles_, strips_;
    const float* rows_;
    const float* grad_output_;
    float* grad_weight_;
};

}  // namespace cnn
