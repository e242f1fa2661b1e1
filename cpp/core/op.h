// What a kernel is to the program that runs it: independent tasks, each writing outputs of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tiles.h"
#include "simd/lanes.h"

namespace cnn {

constexpr std::ptrdiff_t kMaxSlots = 8;

// Each activation is an array of blocks [C][H][W][16 samples]; sample n is lane n % 16 of block n / 16.
constexpr std::ptrdiff_t block_count(std::ptrdiff_t samples) {
    return ceil_divide(samples, kLanes);
}

// Sums over samples are split into slots that depend on the batch size alone, never on the number of threads:
// each slot is summed in its own order and the slots are added as a fixed tree. Hence the same bits for any
// number of threads.
constexpr std::ptrdiff_t slot_count(std::ptrdiff_t samples) {
    return block_count(samples) < kMaxSlots ? block_count(samples) : kMaxSlots;
}

struct BlockRange {
    std::ptrdiff_t begin, end;
};

constexpr BlockRange slot_blocks(std::ptrdiff_t samples, std::ptrdiff_t slot) {
    const std::ptrdiff_t blocks = block_count(samples), slots = slot_count(samples);
    return {part_begin(blocks, slots, slot), part_begin(blocks, slots, slot + 1)};
}

constexpr std::ptrdiff_t live_lanes(std::ptrdiff_t samples, std::ptrdiff_t block) {
    return samples - block * kLanes < kLanes ? samples - block * kLanes : kLanes;
}

// What differs from one run of a program to the next.
struct Context {
    std::ptrdiff_t samples = 0;         // in this run, at most the batch size the operations were made for
    std::ptrdiff_t first_sample = 0;    // its place in the step's batch, when that is run in parts
    float loss_scale = 1.0f;            // of each gradient of a loss: 1 / samples of the step for their mean
    float loss_factor = 1.0f;           // of each loss of a sample, so that their mean is the batch's
    bool accumulate_gradients = false;  // the step's second and later parts add to the gradients of the first
    float gradient_scale = 1.0f;        // of the gradients of parameters
    std::uint64_t seed = 0;
    std::uint32_t step = 0;
    std::uint32_t epoch = 0;
};

class Op {
  public:
    Op() = default;
    Op(const Op&) = delete;
    Op& operator=(const Op&) = delete;
    virtual ~Op() = default;

    // May be 0. Depends on the context's sample count only, never on the number of threads.
    virtual std::ptrdiff_t tasks(const Context& context) const = 0;
    // `scratch` holds scratch_bytes() bytes, aligned to 64, private to the calling thread.
    virtual void run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const = 0;
    virtual std::size_t scratch_bytes() const { return 0; }
};

}  // namespace cnn
