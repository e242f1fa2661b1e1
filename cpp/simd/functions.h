// sqrt, exp, log and tanh on the vector type, for *.simd.cpp files. Range reduction and
// polynomials after Cody & Waite, "Software manual for the elementary functions" (1980), coefficients of
// Cephes (Moshier 1989); errors stay below 2 units in the last place, which tests/kernels hold them to. NaN
// in, NaN out.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Correctly rounded, as IEEE 754 has it: the same bits on every CPU, where approximate reciprocals differ.
CNN_INLINE Native sqrt_native(Native x) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_ps(0xffff, x);  // of all lanes; without a mask GCC 12 warns of its own header
#elif defined(__AVX2__)
    return _mm256_sqrt_ps(x);
#elif defined(__SSE2__)
    return _mm_sqrt_ps(x);
#elif defined(__aarch64__)
    return neon_sqrt(x);
#else
    for (int i = 0; i < kWidth; ++i) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

// 2^n for integer-valued n in [-126, 127].
CNN_INLINE Native power_of_two(Native n) {
    const NativeInt exponent = (__builtin_convertvector(n, NativeInt) + 127) << 23;
    return reinterpret_cast<Native>(exponent);
}

// (exp(r) - 1 - r) / r^2 for |r| up to 0.35, a polynomial.
CNN_INLINE Native exp_rest_native(Native r) {
    Native p = broadcast_native(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p;
}

CNN_INLINE Native exp_native(Native x) {
    // Beyond these the result is Inf or 0 in any case; the comparisons are false for NaN, which passes
    // through.
    const Native high = broadcast_native(89.0f), low = broadcast_native(-104.0f);
    Native y = select_native(x > high, high, x);
    y = select_native(y < low, low, y);
    const Native shift = broadcast_native(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
    Native n = (y * 1.44269504088896341f + shift) - shift;
    Native r = y - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    Native p = exp_rest_native(r) * (r * r) + r + 1.0f;
    // 2^n in two factors, since n reaches beyond the exponents of normal numbers; NaN is kept by p.
    n = select_native(n == n, n, Native{});
    const Native half = (n * 0.5f + shift) - shift;
    return p * power_of_two(half) * power_of_two(n - half);
}

CNN_INLINE Native log_native(Native x) {
    // A subnormal is scaled up first.
    const NativeInt tiny = x < 1.17549435e-38f;
    const Native scaled = select_native(tiny, x * 8388608.0f, x);
    const NativeInt bits = reinterpret_cast<NativeInt>(scaled);
    NativeInt exponent = ((bits >> 23) & 255) - 126;
    Native m = reinterpret_cast<Native>((bits & 0x007fffff) | 0x3f000000);  // in [0.5, 1)
    const NativeInt low = m < 0.707106781186547524f;
    exponent = exponent + low;  // a true comparison is -1
    m = select_native(low, m + m, m) - 1.0f;
    const Native e =
        __builtin_convertvector(exponent, Native) - select_native(tiny, broadcast_native(23.0f), Native{});
    const Native z = m * m;
    Native p = broadcast_native(7.0376836292e-2f);
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    Native y = m * z * p + e * -2.12194440e-4f - z * 0.5f;
    y = m + y + e * 0.693359375f;
    const Native infinity = broadcast_native(__builtin_inff());
    y = select_native(x == infinity, infinity, y);
    y = select_native(x == Native{}, -infinity, y);
    return select_native(x >= Native{}, y, broadcast_native(__builtin_nanf("")));
}

CNN_INLINE Native tanh_native(Native x) {
    const NativeInt sign =
        reinterpret_cast<NativeInt>(x) & broadcast_native(static_cast<std::int32_t>(0x80000000));
    const Native a = reinterpret_cast<Native>(reinterpret_cast<NativeInt>(x) ^ sign);
    const Native z = a * a;
    Native p = broadcast_native(-5.70498872745e-3f);
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const Native small = p * z * a + a;
    const Native large = 1.0f - 2.0f / (exp_native(a + a) + 1.0f);
    const Native y = select_native(a < 0.625f, small, large);
    return reinterpret_cast<Native>(reinterpret_cast<NativeInt>(y) | sign);
}

#define CNN_LANES_FUNCTION(name)                                                          \
    CNN_INLINE Lanes name(const Lanes& a) {                                               \
        Lanes r;                                                                          \
        CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = name##_native(a.part[i]); \
        return r;                                                                         \
    }
CNN_LANES_FUNCTION(exp)
CNN_LANES_FUNCTION(log)
#undef CNN_LANES_FUNCTION

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
