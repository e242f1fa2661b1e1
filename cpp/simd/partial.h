// The first `count` elements of a register, for the ends of flat arrays: 0 where there are fewer.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

CNN_INLINE Native load_some(const float* p, std::ptrdiff_t count) {
    if (count >= kWidth) return load_unaligned(p);
    Native r{};
    for (std::ptrdiff_t i = 0; i < count; ++i) r[i] = p[i];
    return r;
}

CNN_INLINE void store_some(float* p, Native v, std::ptrdiff_t count) {
    if (count >= kWidth) return store_unaligned(p, v);
    for (std::ptrdiff_t i = 0; i < count; ++i) p[i] = v[i];
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
