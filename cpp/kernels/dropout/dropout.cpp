#include "kernels/dropout/dropout.h"

#include "core/slices.h"
#include "random/lane_numbers.h"

namespace cnn {
namespace {

LaneNumbers numbers_of(const Context& context, std::ptrdiff_t block, Purpose purpose, std::uint32_t layer) {
    return {context.seed, context.first_sample + block * kLanes, context.step, purpose, layer};
}

}  // namespace

Dropout::Dropout(std::ptrdiff_t size, const DropoutForm& form, const float* input, float* output)
    : size_(size), form_(form), input_(input), output_(output) {}

std::ptrdiff_t Dropout::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void Dropout::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const LaneNumbers random = numbers_of(context, s.block, Purpose::kDropout, form_.layer);
    float numbers[kLanes] = {};
    std::ptrdiff_t drawn = -1;
    for (std::ptrdiff_t f = s.begin; f < s.end; ++f) {
        const std::ptrdiff_t unit = f / form_.together;
        if (unit != drawn) random.draw(unit, numbers);
        drawn = unit;
        const float* x = input_ + (s.block * size_ + f) * kLanes;
        float* y = output_ + (s.block * size_ + f) * kLanes;
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane)
            y[lane] = numbers[lane] < form_.rate ? 0.0f : x[lane] * form_.scale;
    }
}

RandomSlope::RandomSlope(std::ptrdiff_t size, const SlopeRange& range, const float* input,
                         const float* multiplied, float* output)
    : size_(size), range_(range), input_(input), multiplied_(multiplied), output_(output) {}

std::ptrdiff_t RandomSlope::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void RandomSlope::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const LaneNumbers random = numbers_of(context, s.block, Purpose::kRandomSlope, range_.layer);
    const float width = range_.upper - range_.lower;
    float numbers[kLanes] = {};
    for (std::ptrdiff_t f = s.begin; f < s.end; ++f) {
        random.draw(f, numbers);
        const std::ptrdiff_t at = (s.block * size_ + f) * kLanes;
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
            const float value = multiplied_[at + lane];
            const float slope = range_.lower + width * numbers[lane];
            output_[at + lane] = input_[at + lane] <= 0.0f ? slope * value : value;
        }
    }
}

}  // namespace cnn
