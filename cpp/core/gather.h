// Batch assembly: samples picked from a data set by index become blocks of lanes, bytes normalized on the
// way. images: (count, channels, plane) row-major, uint8 or float32; out: [block][channels][plane][16].
// Bytes: x = table[channel][byte]. Dead lanes are zeros. One task per block and channel.
#pragma once

#include "core/op.h"

namespace cnn {

// Set before each run; indices are checked by whoever sets them.
struct GatherSource {
    const std::uint8_t* bytes = nullptr;  // or null:
    const float* floats = nullptr;
    const std::int64_t* indices =
        nullptr;  // one for each sample of the run; null: sample n is image first + n
    std::int64_t first = 0;
};

class Gather : public Op {
  public:
    // `table`: channels x 256 floats.
    Gather(std::ptrdiff_t channels, std::ptrdiff_t plane, const GatherSource* source, const float* table,
           float* out)
        : channels_(channels), plane_(plane), source_(source), table_(table), out_(out) {}
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * channels_;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t channels_, plane_;
    const GatherSource* source_;
    const float* table_;
    float* out_;
};

}  // namespace cnn
