// Sixteen indices, one for each sample, in the type of masks; for *.simd.cpp files.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

CNN_INLINE Mask load_index(const std::int32_t* p) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] =
        *reinterpret_cast<const NativeInt*>(p + i * kWidth);
    return r;
}

CNN_INLINE void store_index(std::int32_t* p, const Mask& v) {
    CNN_UNROLL for (int i = 0; i < kParts; ++i) * reinterpret_cast<NativeInt*>(p + i * kWidth) = v.part[i];
}

CNN_INLINE Mask broadcast_index(std::int32_t value) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = broadcast_native(value);
    return r;
}

CNN_INLINE Mask select_index(const Mask& mask, const Mask& yes, const Mask& no) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) {
        r.part[i] = (yes.part[i] & mask.part[i]) | (no.part[i] & ~mask.part[i]);
    }
    return r;
}

CNN_INLINE Mask equal_index(const Mask& a, const Mask& b) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = a.part[i] == b.part[i];
    return r;
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
