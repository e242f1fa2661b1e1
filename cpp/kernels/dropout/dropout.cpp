#include "kernels/dropout/dropout.h"

#include "core/slices.h"
#include "random/philox.h"

namespace cnn {

Dropout::Dropout(std::ptrdiff_t size, float rate, std::uint32_t layer, const float* input, float* output)
    : size_(size), rate_(rate), layer_(layer), input_(input), output_(output) {}

std::ptrdiff_t Dropout::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void Dropout::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const Philox4x32::Key key = Philox4x32::key(context.seed);
    const float scale = 1.0f / (1.0f - rate_);
    const auto purpose = static_cast<std::uint32_t>(Purpose::kDropout) << 24 | layer_;
    // Four samples share a counter, so the sample's number in the step is divided by four.
    const auto first = static_cast<std::uint32_t>((context.first_sample + s.block * kLanes) / 4);
    for (std::ptrdiff_t f = s.begin; f < s.end; ++f) {
        const float* x = input_ + (s.block * size_ + f) * kLanes;
        float* y = output_ + (s.block * size_ + f) * kLanes;
        for (std::uint32_t quarter = 0; quarter < 4; ++quarter) {
            const Philox4x32::Counter random = Philox4x32::block(
                {static_cast<std::uint32_t>(f), first + quarter, context.step, purpose}, key);
            for (std::size_t i = 0; i < 4; ++i) {
                const std::size_t lane = quarter * 4 + i;
                y[lane] = Philox4x32::uniform(random[i]) < rate_ ? 0.0f : x[lane] * scale;
            }
        }
    }
}

}  // namespace cnn
