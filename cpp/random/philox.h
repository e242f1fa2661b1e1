// Counter-based random numbers: Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
// as easy as 1, 2, 3" (SC 2011). A block of four numbers is a pure function of (key, counter), so nothing has
// to be stored, any thread can make any number, and resuming a run is exact.
#pragma once

#include <array>
#include <cstdint>

namespace cnn {

// What a number is for. It is part of the counter, so that no two uses share a stream.
enum class Purpose : std::uint32_t {
    kShuffle = 1,
    kDropout = 2,
    kAugmentation = 3,
    kStochasticPooling = 4,
    kInitialWeights = 5,
    kDigits = 6,
    kRandomSlope = 7,
    kBalance = 8,
};

struct Philox4x32 {
    using Counter = std::array<std::uint32_t, 4>;
    using Key = std::array<std::uint32_t, 2>;

    static Key key(std::uint64_t seed) {
        return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    }

    static Counter block(Counter counter, Key key) {
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
            const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
            counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
                       static_cast<std::uint32_t>(product1),
                       static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
                       static_cast<std::uint32_t>(product0)};
            key[0] += 0x9E3779B9u;
            key[1] += 0xBB67AE85u;
        }
        return counter;
    }

    // A float in [0, 1): the upper 24 bits, each value equally likely.
    static float uniform(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }
};

}  // namespace cnn
