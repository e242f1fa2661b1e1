// The random numbers of one generated digit: a sequence that depends on (seed, picture) alone.
#pragma once

#include <cstdint>

#include "random/philox.h"

namespace cnn {

class DigitDraws {
  public:
    DigitDraws(std::uint64_t seed, std::uint64_t picture)
        : key_(Philox4x32::key(seed)),
          counter_{0, static_cast<std::uint32_t>(picture), static_cast<std::uint32_t>(picture >> 32),
                   static_cast<std::uint32_t>(Purpose::kDigits) << 24} {}

    std::uint32_t bits() {
        if (used_ == 4) {
            block_ = Philox4x32::block(counter_, key_);
            ++counter_[0];
            used_ = 0;
        }
        return block_[used_++];
    }

    // Uniform in [0, 1).
    float uniform() { return Philox4x32::uniform(bits()); }
    float between(float low, float high) { return low + (high - low) * uniform(); }
    bool chance(float probability) { return uniform() < probability; }

    // Bell-shaped with mean 0 and this standard deviation: the sum of four uniform numbers, within 3.5
    // deviations. Only sums and products, so that every machine draws the same bits.
    float normal(float deviation) {
        const std::uint32_t a = bits();
        const std::uint32_t b = bits();
        const float sum = static_cast<float>(a & 0xFFFFu) + static_cast<float>(a >> 16) +
                          static_cast<float>(b & 0xFFFFu) + static_cast<float>(b >> 16);
        constexpr float kScale = 1.7320508f / 65535.0f;  // the sum has the deviation 65535 / sqrt(3)
        return (sum - 2.0f * 65535.0f) * kScale * deviation;
    }
    float near(float mean, float deviation) { return mean + normal(deviation); }

    // A factor around 1 whose logarithm is near normal: exp(z) to second order, always positive.
    float factor(float deviation) {
        const float half = 0.5f * normal(deviation);
        return (1.0f + half) / (1.0f - half);
    }

  private:
    Philox4x32::Key key_;
    Philox4x32::Counter counter_;
    Philox4x32::Counter block_{};
    std::size_t used_ = 4;
};

}  // namespace cnn
