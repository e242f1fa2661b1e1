// Arrays of random numbers and shuffles, each number a pure function of (seed, purpose, stream, index).
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn {

// out[i] in [0, 1).
void random_uniform(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                    std::uint32_t stream);

// out[i] standard normal, by the transform of Box & Muller (1958).
void random_normal(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                   std::uint32_t stream);

// The shuffle of one epoch: a permutation of 0 .. count - 1 (Fisher & Yates in the form of Durstenfeld 1964,
// with unbiased draws after Lemire 2019).
void random_permutation(std::int64_t* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t epoch);

}  // namespace cnn
