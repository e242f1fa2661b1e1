// What vector types cannot say, in the words of AArch64's NEON: 128 bits, fused multiply-adds in every CPU.
// Included by simd/vector.h only.
#pragma once

namespace cnn {
namespace CNN_ISA {
namespace {

CNN_INLINE Native neon_fused(Native a, Native b, Native c) {
    return reinterpret_cast<Native>(vfmaq_f32(reinterpret_cast<float32x4_t>(c),
                                              reinterpret_cast<float32x4_t>(a),
                                              reinterpret_cast<float32x4_t>(b)));
}

CNN_INLINE Native neon_sqrt(Native x) {
    return reinterpret_cast<Native>(vsqrtq_f32(reinterpret_cast<float32x4_t>(x)));
}

CNN_INLINE bool neon_any(NativeInt mask) {
    return vmaxvq_u32(reinterpret_cast<uint32x4_t>(mask)) != 0;
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
