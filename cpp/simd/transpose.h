// The transpose of a square of registers (Eklundh 1972: exchange off-diagonal halves, quarters, ...). For
// *.simd.cpp files only.
#pragma once

#include <utility>

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <int kDistance, int... kLane>
CNN_INLINE void exchange(Native& a, Native& b, std::integer_sequence<int, kLane...>) {
    const Native upper =
        __builtin_shufflevector(a, b, ((kLane & kDistance) == 0 ? kLane : kWidth + kLane - kDistance)...);
    b = __builtin_shufflevector(a, b, ((kLane & kDistance) == 0 ? kLane + kDistance : kWidth + kLane)...);
    a = upper;
}

// Element j of r[i] changes places with element i of r[j].
template <int kDistance = kWidth / 2>
CNN_INLINE void transpose(Native (&r)[kWidth]) {
    CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
        if ((i & kDistance) == 0)
            exchange<kDistance>(r[i], r[i + kDistance], std::make_integer_sequence<int, kWidth>());
    }
    if constexpr (kDistance > 1) transpose<kDistance / 2>(r);
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
