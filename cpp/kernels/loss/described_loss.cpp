#include "kernels/loss/described_loss.h"

#include <algorithm>

namespace cnn {

DescribedLoss::DescribedLoss(const LossForm& form, std::ptrdiff_t size, const Arrays& arrays)
    : body_(CNN_SELECT_BODY(value_loss_body)), form_(form), size_(size), arrays_(arrays) {}

std::size_t DescribedLoss::scratch_bytes() const {
    const std::ptrdiff_t targets = form_.family == LossFamily::kValues ? size_ * kLanes : 0;
    return static_cast<std::size_t>(targets) * sizeof(float);
}

// The targets of a block as lanes; of lanes without a sample 0.
void DescribedLoss::fill_targets(std::ptrdiff_t block, std::ptrdiff_t live, float* targets) const {
    std::fill(targets, targets + size_ * kLanes, 0.0f);
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        const std::ptrdiff_t n = block * kLanes + lane;
        for (std::ptrdiff_t i = 0; i < size_; ++i) {
            float& target = targets[i * kLanes + lane];
            if (!form_.of_labels) {
                target = arrays_.targets[n * size_ + i];
            } else {
                const bool is_on = arrays_.labels[n] == (size_ == 1 ? 1 : i);
                target = is_on ? form_.on : form_.off;
            }
        }
    }
}

std::uint8_t DescribedLoss::is_right(const float* x, std::ptrdiff_t lane, std::int64_t label) const {
    if (size_ == 1 && form_.family == LossFamily::kValues)
        return (x[lane] > form_.threshold ? 1 : 0) == label ? 1 : 0;
    std::ptrdiff_t best = 0;
    for (std::ptrdiff_t c = 1; c < size_; ++c) {
        if (x[c * kLanes + lane] > x[best * kLanes + lane]) best = c;
    }
    return best == label ? 1 : 0;
}

void DescribedLoss::run(const Context& context, std::ptrdiff_t block, std::byte* scratch) const {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    alignas(64) float sums[kLanes], labels[kLanes], factors[kLanes];
    const std::ptrdiff_t offset = block * size_ * kLanes;
    ValueLossArrays arrays{};
    arrays.x = arrays_.x + offset;
    arrays.weight = form_.weight.empty() ? nullptr : form_.weight.data();
    arrays.positive = form_.positive.empty() ? nullptr : form_.positive.data();
    arrays.sums = sums;
    arrays.slopes = arrays_.grad_input == nullptr ? nullptr : arrays_.grad_input + offset;
    const float scale = context.loss_scale;
    for (std::ptrdiff_t lane = 0; lane < kLanes && form_.of_labels; ++lane) {
        const std::int64_t label = lane < live ? arrays_.labels[block * kLanes + lane] : -1;
        labels[lane] = static_cast<float>(label);
        const float weight = label < 0 || arrays.weight == nullptr ? 1.0f : arrays.weight[label % size_];
        factors[lane] = label < 0 ? 0.0f : form_.factor * weight;
    }
    if (form_.family == LossFamily::kValues) {
        auto* targets = reinterpret_cast<float*>(scratch);
        fill_targets(block, live, targets);
        arrays.targets = targets;
        body_->values(form_.function, arrays, size_, form_.alpha, form_.factor, scale);
    } else if (form_.family == LossFamily::kMargins) {
        body_->margins(arrays, labels, factors, size_, form_.alpha, form_.power, scale);
    } else {
        const bool through_softmax = form_.family == LossFamily::kCrossShares;
        body_->log_shares(arrays, labels, factors, size_, form_.alpha, through_softmax, scale);
    }
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        const std::ptrdiff_t n = block * kLanes + lane;
        arrays_.losses[n] = sums[lane] * context.loss_factor;
        if (form_.of_labels) arrays_.correct[n] = is_right(arrays.x, lane, arrays_.labels[n]);
    }
}

}  // namespace cnn
