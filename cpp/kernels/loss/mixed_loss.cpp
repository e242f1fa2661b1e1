#include "kernels/loss/mixed_loss.h"

#include <algorithm>

namespace cnn {

std::size_t MixedLoss::scratch_bytes() const {
    return std::max(own_->scratch_bytes(), partner_->scratch_bytes());
}

void MixedLoss::run(const Context& context, std::ptrdiff_t block, std::byte* scratch) const {
    own_->run(context, block, scratch);
    partner_->run(context, block, scratch);
    for (std::ptrdiff_t lane = 0; lane < live_lanes(context.samples, block); ++lane) {
        const std::ptrdiff_t n = block * kLanes + lane;
        const float share = arrays_.shares[n], rest = 1.0f - share;
        arrays_.losses[n] = share * arrays_.losses[n] + rest * arrays_.partner_losses[n];
        for (std::ptrdiff_t i = 0; i < size_ && arrays_.grad_input; ++i) {
            const std::ptrdiff_t at = (block * size_ + i) * kLanes + lane;
            arrays_.grad_input[at] = share * arrays_.grad_input[at] + rest * arrays_.partner_gradient[at];
        }
    }
}

}  // namespace cnn
