// One line of each transform of Winograd's minimal filtering with six points, and of F(2, 3) with four
// (Winograd 1980; Lavin & Gray 2016, "Fast algorithms for convolutional neural networks"); a tile is
// transformed by its columns, then by its rows. F(m, r) with m + r = 7 has the same transform of its input
// for every m. For *.simd.cpp files only.
//
// What is fused is written down, and those files are compiled without contraction of their own: of two
// products in a sum, or of one that leaves the first pass, the compiler fuses what it likes, on one
// instruction set this and on another that.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// The interpolation points 0, a, -a, b, -b and infinity. Lavin & Gray take a = 1 and b = 2; 5/8 and 3/2 cost
// the same and halve the error, since the powers of the points stay near one (measured over such pairs with
// few bits, of which every constant below is exact in float32 but for the reciprocals).
constexpr float kA = 0.625f, kB = 1.5f;
constexpr float kA2 = kA * kA, kB2 = kB * kB;
constexpr float kSumOfSquares = kA2 + kB2, kProduct = kA2 * kB2;
constexpr float kScale0 = 1.0f / kProduct;
constexpr float kScaleA = 1.0f / (2 * kA2 * (kA2 - kB2)), kScaleB = 1.0f / (2 * kB2 * (kB2 - kA2));

// B^T: the coefficients of the polynomials that vanish at all points but one.
struct InputLine {
    static constexpr int kFrom = 6, kTo = 6;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native even_a = fused(-kB2, x[2], x[4]), odd_a = fused(-kB2, x[1], x[3]);
        const Native even_b = fused(-kA2, x[2], x[4]), odd_b = fused(-kA2, x[1], x[3]);
        y[0] = fused(kProduct, x[0], fused(-kSumOfSquares, x[2], x[4]));
        y[1] = fused(kA, odd_a, even_a);
        y[2] = fused(-kA, odd_a, even_a);
        y[3] = fused(kB, odd_b, even_b);
        y[4] = fused(-kB, odd_b, even_b);
        y[5] = fused(kProduct, x[1], fused(-kSumOfSquares, x[3], x[5]));
    }
};

// G of F(4, 3): a filter of three taps as a polynomial, at the points.
struct FilterLine {
    static constexpr int kFrom = 3, kTo = 6;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native even_a = fused(kA2, x[2], x[0]), even_b = fused(kB2, x[2], x[0]);
        const Native odd_a = x[1] * (kA * kScaleA), odd_b = x[1] * (kB * kScaleB);
        y[0] = x[0] * kScale0;
        y[1] = fused(kScaleA, even_a, odd_a);
        y[2] = fused(kScaleA, even_a, -odd_a);
        y[3] = fused(kScaleB, even_b, odd_b);
        y[4] = fused(kScaleB, even_b, -odd_b);
        y[5] = x[2];
    }
};

// G of F(3, 4): four gradients in the place of the filter.
struct GradientLine {
    static constexpr int kFrom = 4, kTo = 6;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native even_a = fused(kA2, x[2], x[0]), odd_a = fused(kA2, x[3], x[1]) * (kA * kScaleA);
        const Native even_b = fused(kB2, x[2], x[0]), odd_b = fused(kB2, x[3], x[1]) * (kB * kScaleB);
        y[0] = x[0] * kScale0;
        y[1] = fused(kScaleA, even_a, odd_a);
        y[2] = fused(kScaleA, even_a, -odd_a);
        y[3] = fused(kScaleB, even_b, odd_b);
        y[4] = fused(kScaleB, even_b, -odd_b);
        y[5] = x[3];
    }
};

// G of F(2, 5): a filter of five taps as a polynomial, at the points.
struct WideFilterLine {
    static constexpr int kFrom = 5, kTo = 6;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native even_a = fused(kA2, fused(kA2, x[4], x[2]), x[0]);
        const Native odd_a = fused(kA2, x[3], x[1]) * (kA * kScaleA);
        const Native even_b = fused(kB2, fused(kB2, x[4], x[2]), x[0]);
        const Native odd_b = fused(kB2, x[3], x[1]) * (kB * kScaleB);
        y[0] = x[0] * kScale0;
        y[1] = fused(kScaleA, even_a, odd_a);
        y[2] = fused(kScaleA, even_a, -odd_a);
        y[3] = fused(kScaleB, even_b, odd_b);
        y[4] = fused(kScaleB, even_b, -odd_b);
        y[5] = x[4];
    }
};

// A^T of F(4, 3): powers of the points.
struct OutputLine {
    static constexpr int kFrom = 6, kTo = 4;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native sum_a = x[1] + x[2], difference_a = x[1] - x[2];
        const Native sum_b = x[3] + x[4], difference_b = x[3] - x[4];
        y[0] = x[0] + sum_a + sum_b;
        y[1] = fused(kA, difference_a, kB * difference_b);
        y[2] = fused(kA2, sum_a, kB2 * sum_b);
        y[3] = fused(kB * kB2, difference_b, fused(kA * kA2, difference_a, x[5]));
    }
};

// A^T of F(3, 4).
struct TapLine {
    static constexpr int kFrom = 6, kTo = 3;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native sum_a = x[1] + x[2], sum_b = x[3] + x[4];
        y[0] = x[0] + sum_a + sum_b;
        y[1] = fused(kA, x[1] - x[2], kB * (x[3] - x[4]));
        y[2] = fused(kB2, sum_b, fused(kA2, sum_a, x[5]));
    }
};

// A^T of F(2, 5): powers of the points.
struct NarrowOutputLine {
    static constexpr int kFrom = 6, kTo = 2;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        y[0] = x[0] + (x[1] + x[2]) + (x[3] + x[4]);
        y[1] = fused(kB, x[3] - x[4], fused(kA, x[1] - x[2], x[5]));
    }
};

// B^T, G and A^T of F(2, 3): the points 0, 1, -1 and infinity.
struct SmallInputLine {
    static constexpr int kFrom = 4, kTo = 4;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        y[0] = x[0] - x[2];
        y[1] = x[1] + x[2];
        y[2] = x[2] - x[1];
        y[3] = x[1] - x[3];
    }
};

struct SmallFilterLine {
    static constexpr int kFrom = 3, kTo = 4;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Native even = (x[0] + x[2]) * 0.5f, odd = x[1] * 0.5f;
        y[0] = x[0];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = x[2];
    }
};

struct SmallOutputLine {
    static constexpr int kFrom = 4, kTo = 2;
    static CNN_INLINE void apply(const Native* x, Native* y) {
        y[0] = x[0] + x[1] + x[2];
        y[1] = x[1] - x[2] - x[3];
    }
};

// y = L x L^T, one register of lanes at a time: read(i, j) gives x, write(i, j, value) takes y. What lies
// between the two passes is more than the registers hold.
template <class Line, class Read, class Write>
CNN_INLINE void transform(Read read, Write write) {
    Native columns[Line::kTo][Line::kFrom];
    for (int j = 0; j < Line::kFrom; ++j) {
        Native x[Line::kFrom], y[Line::kTo];
        CNN_UNROLL for (int i = 0; i < Line::kFrom; ++i) x[i] = read(i, j);
        Line::apply(x, y);
        CNN_UNROLL for (int i = 0; i < Line::kTo; ++i) columns[i][j] = y[i];
    }
    for (int i = 0; i < Line::kTo; ++i) {
        Native y[Line::kTo];
        Line::apply(columns[i], y);
        CNN_UNROLL for (int j = 0; j < Line::kTo; ++j) write(i, j, y[j]);
    }
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
