#include "kernels/augmentation/partners.h"

#include <utility>

#include "kernels/augmentation/draws.h"

namespace cnn {

Partners::Partners(std::vector<std::int64_t> images, std::int64_t count)
    : possible_(std::move(images)),
      possible_count_(possible_.empty() ? count : static_cast<std::int64_t>(possible_.size())) {}

void Partners::draw(double alpha, const std::int64_t* indices, std::ptrdiff_t count, std::uint64_t seed,
                    std::uint32_t epoch) {
    drawn_.resize(static_cast<std::size_t>(count));
    shares_.resize(static_cast<std::size_t>(count));
    for (std::size_t n = 0; n < drawn_.size(); ++n) {
        const Mixup mixup = draw_mixup(alpha, possible_count_, seed, epoch, indices[n]);
        drawn_[n] = possible_.empty() ? mixup.partner : possible_[static_cast<std::size_t>(mixup.partner)];
        shares_[n] = mixup.share;
    }
}

}  // namespace cnn
