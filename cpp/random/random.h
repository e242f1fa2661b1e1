// Arrays of random numbers and shuffles, each number a pure function of (seed, purpose, stream, index).
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn {

// out[i] in [0, 1).
void random_uniform(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                    std::uint32_t stream);

// The shuffle of one epoch: a permutation of 0 .. count - 1 (Fisher & Yates in the form of Durstenfeld 1964,
// with unbiased draws after Lemire 2019).
void random_permutation(std::int64_t* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t epoch);

// An epoch in which every class is drawn alike: count numbers of samples, in the order in which they are
// taken. labels: int64 (samples,), each in [0, classes), classes at most 2^24. Of the K classes that have
// samples each is drawn count / K times, the first count % K of them once more. The samples of a class come
// in turn: each has been drawn before any of them is drawn again, from epoch to epoch too, and in another
// order each time. What an epoch takes is a function of (labels, count, seed, epoch) alone. Without samples
// nothing is written.
void random_balanced_order(std::int64_t* out, std::ptrdiff_t count, const std::int64_t* labels,
                           std::ptrdiff_t samples, std::int64_t classes, std::uint64_t seed,
                           std::uint32_t epoch);

}  // namespace cnn
