// Losses: the value for each sample, and its gradient times the context's loss_scale.
// predictions: [block][size][16]; targets of classifiers: one class index for each sample of the run.
// Each task is one block. Losses are not added here: Program::add_losses adds those of the samples, in their
// order, in double.
#pragma once

#include "core/op.h"
#include "kernels/loss/log_softmax_body.h"

namespace cnn {

// Negative log-likelihood: loss_n = -log_probabilities[n, target_n]; forward only when grad_input is null.
// grad_input = -scale at the target, 0 elsewhere; `through_softmax`: scale * (softmax - one-hot), the
// gradient with respect to the input of the log-softmax. scale is the context's loss_scale.
class NllLoss : public Op {
  public:
    NllLoss(std::ptrdiff_t classes, const float* log_probabilities, const std::int64_t* targets,
            float* losses, std::uint8_t* correct, float* grad_input, bool through_softmax);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    const LogSoftmaxBody* body_;
    std::ptrdiff_t classes_;
    const float* log_probabilities_;
    const std::int64_t* targets_;
    float* losses_;
    std::uint8_t* correct_;
    float* grad_input_;
    bool through_softmax_;
};

// Squared error: loss_n = factor * sum over i of (x_i - t_i)^2, grad_input = 2 * factor * (x - t) *
// loss_scale. `targets`: (samples, size) floats, row-major. factor = 1/size for the mean, 1/2 for half the
// sum.
class SquaredErrorLoss : public Op {
  public:
    SquaredErrorLoss(std::ptrdiff_t size, float factor, const float* predictions, const float* targets,
                     float* losses, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    std::ptrdiff_t size_;
    float factor_;
    const float* predictions_;
    const float* targets_;
    float* losses_;
    float* grad_input_;
};

}  // namespace cnn
