// Splits element-wise work over [block][size][16] into tasks of a bounded size.
#pragma once

#include <algorithm>

#include "core/op.h"

namespace cnn {

constexpr std::ptrdiff_t kSliceFeatures = 2048;  // x 16 samples x 4 bytes = 128 KiB

struct Slice {
    std::ptrdiff_t block, begin, end;
};

inline std::ptrdiff_t slices_per_block(std::ptrdiff_t size) {
    return (size + kSliceFeatures - 1) / kSliceFeatures;
}

inline Slice slice(std::ptrdiff_t task, std::ptrdiff_t size) {
    const std::ptrdiff_t per_block = slices_per_block(size), part = task % per_block;
    return {task / per_block, part * kSliceFeatures, std::min(size, (part + 1) * kSliceFeatures)};
}

}  // namespace cnn
