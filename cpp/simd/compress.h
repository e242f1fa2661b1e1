// Keeps some elements of a register and closes the gaps. For *.simd.cpp files only.
//
// Intrinsics, and a table where AVX2 has no such instruction: lists of nonzero gradients are made from every
// pooled output, and an element at a time that would cost as much as using them.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

#if defined(__AVX2__) && !defined(__AVX512F__)
// For each mask of eight bits, the indices of its ones in order, one in a byte.
struct OrderTable {
    alignas(64) std::uint64_t of[256];
};

constexpr OrderTable make_orders() {
    OrderTable table{};
    for (int mask = 0; mask < 256; ++mask) {
        int shift = 0;
        for (std::uint64_t bit = 0; bit < 8; ++bit) {
            if ((mask >> bit & 1) == 0) continue;
            table.of[mask] |= bit << shift;
            shift += 8;
        }
    }
    return table;
}

constexpr OrderTable kOrders = make_orders();
#endif

// Writes the elements for which `keep` is -1, in order, to both places, and returns how many. Up to kWidth
// elements from there on may be overwritten.
CNN_INLINE std::ptrdiff_t compress(NativeInt keep, NativeInt first, Native second, std::int32_t* to_first,
                                   float* to_second) {
#if defined(__AVX512F__)
    const __mmask16 mask = _mm512_movepi32_mask(reinterpret_cast<__m512i>(keep));
    _mm512_storeu_si512(to_first, _mm512_maskz_compress_epi32(mask, reinterpret_cast<__m512i>(first)));
    _mm512_storeu_ps(to_second, _mm512_maskz_compress_ps(mask, reinterpret_cast<__m512>(second)));
    return __builtin_popcount(mask);
#elif defined(__AVX2__)
    const int mask = _mm256_movemask_ps(reinterpret_cast<__m256>(keep));
    const __m256i order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(kOrders.of[mask])));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to_first),
                        _mm256_permutevar8x32_epi32(reinterpret_cast<__m256i>(first), order));
    _mm256_storeu_ps(to_second, _mm256_permutevar8x32_ps(reinterpret_cast<__m256>(second), order));
    return __builtin_popcount(static_cast<unsigned>(mask));
#else
    std::ptrdiff_t count = 0;
    for (int i = 0; i < kWidth; ++i) {
        to_first[count] = first[i];
        to_second[count] = second[i];
        count += keep[i] & 1;
    }
    return count;
#endif
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
