// The loss of a mixup: share * loss of a sample with its own targets + (1 - share) * loss with those of its
// partner, and the same sum of the gradients; one share for each sample of the run. Which class was found is
// held against the sample's own label. One task per block.
#pragma once

#include <memory>

#include "core/op.h"

namespace cnn {

class MixedLoss : public Op {
  public:
    struct Arrays {
        const float* shares;
        float* losses;  // of `own`; becomes the sum
        const float* partner_losses;
        float* grad_input;  // of `own`, [block][size][16]; becomes the sum; or null, as the other one
        const float* partner_gradient;
    };
    // Two losses of the same samples, which write these arrays.
    MixedLoss(std::unique_ptr<Op> own, std::unique_ptr<Op> partner, std::ptrdiff_t size, const Arrays& arrays)
        : own_(std::move(own)), partner_(std::move(partner)), size_(size), arrays_(arrays) {}
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    std::unique_ptr<Op> own_, partner_;
    std::ptrdiff_t size_;
    Arrays arrays_;
};

}  // namespace cnn
