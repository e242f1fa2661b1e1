// Numbers for 16 samples side by side, each a pure function of (seed, purpose, layer, step, sample, unit).
#pragma once

#include <cstddef>

#include "random/philox.h"

namespace cnn {

// The numbers of one block of samples, each in [0, 1) and its own.
class LaneNumbers {
  public:
    static constexpr std::size_t kCount = 16;

    // first_sample: of the block, in the step. Four samples share a counter, so it is divided by four.
    LaneNumbers(std::uint64_t seed, std::ptrdiff_t first_sample, std::uint32_t step, Purpose purpose,
                std::uint32_t layer)
        : key_(Philox4x32::key(seed)),
          first_(static_cast<std::uint32_t>(first_sample / 4)),
          step_(step),
          purpose_(static_cast<std::uint32_t>(purpose) << 24 | layer) {}

    // Writes kCount numbers.
    void draw(std::ptrdiff_t unit, float* numbers) const {
        for (std::uint32_t quarter = 0; quarter < kCount / 4; ++quarter) {
            const Philox4x32::Counter random = Philox4x32::block(
                {static_cast<std::uint32_t>(unit), first_ + quarter, step_, purpose_}, key_);
            for (std::size_t i = 0; i < 4; ++i) numbers[quarter * 4 + i] = Philox4x32::uniform(random[i]);
        }
    }

  private:
    Philox4x32::Key key_;
    std::uint32_t first_, step_, purpose_;
};

}  // namespace cnn
