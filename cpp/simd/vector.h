// The vector type of the kernel bodies: sixteen floats, one for each of sixteen samples, in one register of
// AVX-512, two of AVX2 or four of plain x86-64. Included only by *.simd.cpp files, which are compiled once
// per instruction set; everything has internal linkage, so that no copy made with the flags of one set can be
// called by another.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>  // for the few things that vector types cannot say
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "simd/lanes.h"

#define CNN_INLINE inline __attribute__((always_inline))
#define CNN_UNROLL _Pragma("GCC unroll 32")

namespace cnn {
namespace CNN_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kRegisters = 32;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kRegisters = 16;
#elif defined(__aarch64__)
constexpr int kWidth = 4;
constexpr int kRegisters = 32;
#else
constexpr int kWidth = 4;
constexpr int kRegisters = 16;
#endif
constexpr int kParts = kLanes / kWidth;

typedef float Native __attribute__((vector_size(kWidth * 4), may_alias));
typedef float UnalignedNative __attribute__((vector_size(kWidth * 4), may_alias, aligned(4)));
typedef std::int32_t NativeInt __attribute__((vector_size(kWidth * 4), may_alias));
typedef std::uint8_t NativeByte __attribute__((vector_size(kWidth), may_alias, aligned(1)));

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn

#if defined(__aarch64__)
#include "simd/neon.h"
#endif

namespace cnn {
namespace CNN_ISA {
namespace {

struct Lanes {
    Native part[kParts];
};

struct Mask {
    NativeInt part[kParts];
};

// x - 0 is x for every x, NaN and -0 included, and compiles to one broadcast; 0 + x is an addition, since 0 +
// -0 is 0.
CNN_INLINE Native broadcast_native(float value) {
    return value - Native{};
}
CNN_INLINE NativeInt broadcast_native(std::int32_t value) {
    return value - NativeInt{};
}
CNN_INLINE Native load_native(const float* p) {
    return *reinterpret_cast<const Native*>(p);
}
CNN_INLINE Native load_unaligned(const float* p) {
    return *reinterpret_cast<const UnalignedNative*>(p);
}
// The first `count` floats at p and zeros in the other lanes; reads nothing beyond them. Any count, negative
// too.
CNN_INLINE Native load_leading(const float* p, std::ptrdiff_t count) {
    if (count >= kWidth) return load_unaligned(p);
#if defined(__AVX512F__)
    const auto mask = static_cast<__mmask16>(count > 0 ? (1u << count) - 1u : 0u);
    return reinterpret_cast<Native>(_mm512_maskz_loadu_ps(mask, p));
#elif defined(__AVX2__)
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int live = count > 0 ? static_cast<int>(count) : 0;
    return reinterpret_cast<Native>(_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(live), lane)));
#else
    Native r = Native{};
    for (std::ptrdiff_t i = 0; i < count; ++i) r[i] = p[i];
    return r;
#endif
}

// Holds a value that was read in a register: the compiler may read it from memory again for each use.
CNN_INLINE void keep_in_register(Native& v) {
#if defined(__SSE2__)
    asm("" : "+v"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#endif
}

CNN_INLINE void store_unaligned(float* p, Native v) {
    *reinterpret_cast<UnalignedNative*>(p) = v;
}

// a * b + c, rounded once where the set can. Written out where the compiler might fuse either of two
// products, which it may decide otherwise for another set.
CNN_INLINE Native fused(Native a, Native b, Native c) {
#if defined(__AVX512F__)
    return reinterpret_cast<Native>(_mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b),
                                                    reinterpret_cast<__m512>(c)));
#elif defined(__FMA__)
    return reinterpret_cast<Native>(_mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b),
                                                    reinterpret_cast<__m256>(c)));
#elif defined(__aarch64__)
    return neon_fused(a, b, c);
#else
    return a * b + c;
#endif
}
CNN_INLINE Native fused(float a, Native b, Native c) {
    return fused(broadcast_native(a), b, c);
}

CNN_INLINE Native select_native(NativeInt mask, Native yes, Native no) {
    return mask ? yes : no;
}

CNN_INLINE Lanes load(const float* p) {
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = load_native(p + i * kWidth);
    return r;
}

CNN_INLINE void store(float* p, const Lanes& v) {
    CNN_UNROLL for (int i = 0; i < kParts; ++i) * reinterpret_cast<Native*>(p + i * kWidth) = v.part[i];
}

CNN_INLINE Lanes broadcast(float value) {
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = broadcast_native(value);
    return r;
}

CNN_INLINE Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = fused(a.part[i], b.part[i], c.part[i]);
    return r;
}

// sum = fused(a, b, sum), in the register where the sum is: with sixteen of them GCC moves sums of unrolled
// taps from one to another until one does not fit, and the next tap waits for memory.
CNN_INLINE void add_product(Native& sum, Native a, Native b) {
#if defined(__FMA__) && !defined(__AVX512F__)
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
#else
    sum = fused(a, b, sum);
#endif
}
CNN_INLINE void add_product(Lanes& sum, const Lanes& a, const Lanes& b) {
    CNN_UNROLL for (int i = 0; i < kParts; ++i) add_product(sum.part[i], a.part[i], b.part[i]);
}

#define CNN_LANES_OPERATOR(op)                                                          \
    CNN_INLINE Lanes operator op(const Lanes& a, const Lanes& b) {                      \
        Lanes r;                                                                        \
        CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = a.part[i] op b.part[i]; \
        return r;                                                                       \
    }
CNN_LANES_OPERATOR(+)
CNN_LANES_OPERATOR(-)
CNN_LANES_OPERATOR(*)
CNN_LANES_OPERATOR(/)
#undef CNN_LANES_OPERATOR

#define CNN_LANES_COMPARISON(name, op)                                                  \
    CNN_INLINE Mask name(const Lanes& a, const Lanes& b) {                              \
        Mask r;                                                                         \
        CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = a.part[i] op b.part[i]; \
        return r;                                                                       \
    }
CNN_LANES_COMPARISON(greater, >)
CNN_LANES_COMPARISON(less, <)
CNN_LANES_COMPARISON(less_equal, <=)
CNN_LANES_COMPARISON(equal, ==)
#undef CNN_LANES_COMPARISON

CNN_INLINE Mask both(const Mask& a, const Mask& b) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = a.part[i] & b.part[i];
    return r;
}

CNN_INLINE Mask invert(const Mask& a) {
    Mask r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = ~a.part[i];
    return r;
}

CNN_INLINE bool any(const Mask& a) {
    NativeInt r = a.part[0];
    CNN_UNROLL for (int i = 1; i < kParts; ++i) r |= a.part[i];
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask(reinterpret_cast<__m512i>(r), reinterpret_cast<__m512i>(r)) != 0;
#elif defined(__AVX2__)
    return _mm256_movemask_ps(reinterpret_cast<__m256>(r)) != 0;
#elif defined(__SSE2__)
    return _mm_movemask_ps(reinterpret_cast<__m128>(r)) != 0;
#elif defined(__aarch64__)
    return neon_any(r);
#else
    bool found = false;
    for (int j = 0; j < kWidth; ++j) found = found || r[j] != 0;
    return found;
#endif
}

CNN_INLINE Lanes select(const Mask& mask, const Lanes& yes, const Lanes& no) {
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] =
        select_native(mask.part[i], yes.part[i], no.part[i]);
    return r;
}

// The lanes of the first `count` samples: all but the last block of a batch are full, and what stands in the
// dead lanes of the last one is taken out by this mask and never by multiplying with 0 (0 x Inf is NaN).
CNN_INLINE Mask first_lanes(std::ptrdiff_t count) {
    Mask r;
    for (int i = 0; i < kParts; ++i) {
        for (int j = 0; j < kWidth; ++j) r.part[i][j] = i * kWidth + j < count ? -1 : 0;
    }
    return r;
}

// ReLU keeps NaN: only what is below zero is replaced.
CNN_INLINE Lanes rectify(const Lanes& a) {
    return select(less(a, broadcast(0.0f)), broadcast(0.0f), a);
}

// The sum over one register, pairwise: ((0 + W/2) + ...).
CNN_INLINE float sum_native(Native v) {
    CNN_UNROLL for (int half = kWidth / 2; half > 0; half /= 2) {
        CNN_UNROLL for (int j = 0; j < half; ++j) v[j] = v[j] + v[j + half];
    }
    return v[0];
}

CNN_INLINE Native sum_parts(const Lanes& a) {
    Native r = a.part[0];
    CNN_UNROLL for (int i = 1; i < kParts; ++i) r += a.part[i];
    return r;
}

// One tree over the sixteen lanes for AVX2 and AVX-512: the halves of AVX-512's register are AVX2's two
// parts.
CNN_INLINE float sum(const Lanes& a) {
    return sum_native(sum_parts(a));
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
