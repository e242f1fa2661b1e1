// The images that a mixup adds to those of a step: which may be, and which were drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cnn {

class Partners {
  public:
    Partners() = default;
    // Those of `images` may be mixed in; where it is empty, all `count` of the training.
    Partners(std::vector<std::int64_t> images, std::int64_t count);

    // For each of these images in this epoch, instead of those drawn before. `alpha`: see draw_mixup.
    void draw(double alpha, const std::int64_t* indices, std::ptrdiff_t count, std::uint64_t seed,
              std::uint32_t epoch);

    // In the order of the images they were drawn for: the partner, and the share of the image itself.
    const std::vector<std::int64_t>& drawn() const { return drawn_; }
    const std::vector<float>& shares() const { return shares_; }

  private:
    std::vector<std::int64_t> possible_;  // empty: all
    std::int64_t possible_count_ = 0;
    std::vector<std::int64_t> drawn_;
    std::vector<float> shares_;
};

}  // namespace cnn
