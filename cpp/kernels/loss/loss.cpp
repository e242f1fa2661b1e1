#include "kernels/loss/loss.h"

#include <algorithm>

namespace cnn {

NllLoss::NllLoss(std::ptrdiff_t classes, const float* log_probabilities, const std::int64_t* targets,
                 float* losses, std::uint8_t* correct, float* grad_input, bool through_softmax)
    : body_(CNN_SELECT_BODY(log_softmax_body)),
      classes_(classes),
      log_probabilities_(log_probabilities),
      targets_(targets),
      losses_(losses),
      correct_(correct),
      grad_input_(grad_input),
      through_softmax_(through_softmax) {}

void NllLoss::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    const float* y = log_probabilities_ + block * classes_ * kLanes;
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        const std::ptrdiff_t n = block * kLanes + lane;
        losses_[n] = -y[targets_[n] * kLanes + lane];
        std::ptrdiff_t best = 0;
        for (std::ptrdiff_t c = 1; c < classes_; ++c) {
            if (y[c * kLanes + lane] > y[best * kLanes + lane]) best = c;
        }
        correct_[n] = best == targets_[n] ? 1 : 0;
    }
    if (grad_input_ == nullptr) return;
    float* g = grad_input_ + block * classes_ * kLanes;
    const float scale = context.loss_scale;
    if (through_softmax_) {
        body_->scaled_exp(y, g, classes_, scale);
    } else {
        std::fill(g, g + classes_ * kLanes, 0.0f);
    }
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        g[targets_[block * kLanes + lane] * kLanes + lane] -= scale;
    }
}

SquaredErrorLoss::SquaredErrorLoss(std::ptrdiff_t size, float factor, const float* predictions,
                                   const float* targets, float* losses, float* grad_input)
    : size_(size),
      factor_(factor),
      predictions_(predictions),
      targets_(targets),
      losses_(losses),
      grad_input_(grad_input) {}

void SquaredErrorLoss::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    const float* x = predictions_ + block * size_ * kLanes;
    const float scale = 2.0f * factor_ * context.loss_scale;
    for (std::ptrdiff_t lane = 0; lane < live_lanes(context.samples, block); ++lane) {
        const std::ptrdiff_t n = block * kLanes + lane;
        double total = 0.0;
        for (std::ptrdiff_t i = 0; i < size_; ++i) {
            const float d = x[i * kLanes + lane] - targets_[n * size_ + i];
            total += static_cast<double>(d) * d;
            if (grad_input_ != nullptr) grad_input_[(block * size_ + i) * kLanes + lane] = scale * d;
        }
        losses_[n] = static_cast<float>(factor_ * total);
    }
}

}  // namespace cnn
