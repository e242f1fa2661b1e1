#include "random/random.h"

#include <cmath>

#include "random/philox.h"

namespace cnn {
namespace {

Philox4x32::Counter block_at(std::uint64_t block, Philox4x32::Key key, std::uint32_t purpose,
                             std::uint32_t stream) {
    return Philox4x32::block(
        {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), stream, purpose << 24},
        key);
}

// The same numbers as block_at, one after the other.
class Sequence {
  public:
    Sequence(Philox4x32::Key key, std::uint32_t purpose, std::uint32_t stream)
        : key_(key), purpose_(purpose), stream_(stream) {}
    std::uint32_t next() {
        if (used_ == 4) {
            numbers_ = block_at(block_++, key_, purpose_, stream_);
            used_ = 0;
        }
        return numbers_[used_++];
    }

  private:
    Philox4x32::Key key_;
    std::uint32_t purpose_, stream_;
    std::uint64_t block_ = 0;
    Philox4x32::Counter numbers_{};
    std::size_t used_ = 4;
};

// Unbiased number below `bound`: the upper half of a product, drawn again in the rare cases that would favour
// some.
std::uint32_t below(Sequence& sequence, std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{sequence.next()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t threshold = (0u - bound) % bound;
        while (static_cast<std::uint32_t>(product) < threshold)
            product = std::uint64_t{sequence.next()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace

void random_uniform(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                    std::uint32_t stream) {
    Sequence sequence(Philox4x32::key(seed), purpose, stream);
    for (std::ptrdiff_t i = 0; i < count; ++i) out[i] = Philox4x32::uniform(sequence.next());
}

void random_normal(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                   std::uint32_t stream) {
    Sequence sequence(Philox4x32::key(seed), purpose, stream);
    for (std::ptrdiff_t i = 0; i < count; i += 2) {
        // In (0, 1], so that its logarithm is finite.
        const double u = (static_cast<double>(sequence.next()) + 1.0) * 0x1p-32;
        const double angle = 6.283185307179586 * static_cast<double>(sequence.next()) * 0x1p-32;
        const double radius = std::sqrt(-2.0 * std::log(u));
        out[i] = static_cast<float>(radius * std::cos(angle));
        if (i + 1 < count) out[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
}

void random_permutation(std::int64_t* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t epoch) {
    Sequence sequence(Philox4x32::key(seed), static_cast<std::uint32_t>(Purpose::kShuffle), epoch);
    for (std::ptrdiff_t i = 0; i < count; ++i) out[i] = i;
    for (std::ptrdiff_t i = count - 1; i > 0; --i) {
        const std::ptrdiff_t j = below(sequence, static_cast<std::uint32_t>(i + 1));
        const std::int64_t swapped = out[i];
        out[i] = out[j];
        out[j] = swapped;
    }
}

}  // namespace cnn
