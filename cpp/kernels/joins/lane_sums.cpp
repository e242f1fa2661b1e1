#include "kernels/joins/lane_sums.h"

#include <algorithm>
#include <utility>

#include "core/slices.h"

namespace cnn {

LaneSums::LaneSums(std::ptrdiff_t size, std::vector<const float*> inputs, float* output)
    : size_(size), inputs_(std::move(inputs)), output_(output) {}

std::ptrdiff_t LaneSums::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void LaneSums::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const std::ptrdiff_t begin = (s.block * size_ + s.begin) * kLanes;
    const std::ptrdiff_t end = (s.block * size_ + s.end) * kLanes;
    std::copy(inputs_[0] + begin, inputs_[0] + end, output_ + begin);
    for (std::size_t k = 1; k < inputs_.size(); ++k) {
        const float* __restrict x = inputs_[k];
        float* __restrict y = output_;
        for (std::ptrdiff_t i = begin; i < end; ++i) y[i] += x[i];
    }
}

CopyFeatures::CopyFeatures(std::ptrdiff_t count, const float* from, std::ptrdiff_t from_size, float* to,
                           std::ptrdiff_t to_size)
    : count_(count), from_size_(from_size), to_size_(to_size), from_(from), to_(to) {}

std::ptrdiff_t CopyFeatures::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(count_);
}

void CopyFeatures::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, count_);
    std::copy_n(from_ + (s.block * from_size_ + s.begin) * kLanes, (s.end - s.begin) * kLanes,
                to_ + (s.block * to_size_ + s.begin) * kLanes);
}

}  // namespace cnn
