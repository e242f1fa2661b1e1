// Winograd's minimal filtering from its points on (Winograd 1980; Lavin & Gray 2016, "Fast algorithms for
// convolutional neural networks"): m outputs of a filter of r taps are a product of polynomials, known by its
// values at m + r - 2 points and its highest coefficient, the value "at infinity". docs/kernels/winograd.md
// derives the matrices; here they are lines, which share the work of the points p and -p. F(m, r) of one sum
// m + r have the same transform of the input. A tile is transformed by its columns, then by its rows. For
// *.simd.cpp files only.
//
// What is fused is written down, and those files are compiled without contraction of their own: of two
// products in a sum, or of one that leaves the first pass, the compiler fuses what it likes, on one
// instruction set this and on another that.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// The points are 0, p and -p for each p of kAt, and infinity: inputs of F(2, 3), and of F(4, 3), F(3, 4) and
// F(2, 5). For the latter, Lavin & Gray take 1 and 2; 5/8 and 3/2 cost the same and halve the error, since
// the powers of the points stay near one (measured over such pairs with few bits, of which every constant
// below is exact in float32 but for the reciprocals).
struct FourPoints {
    static constexpr float kAt[] = {1.0f};
};
struct SixPoints {
    static constexpr float kAt[] = {0.625f, 1.5f};
};

template <class Points>
constexpr int kPairs = sizeof(Points::kAt) / sizeof(float);
template <class Points>
constexpr int kPoints = 2 * kPairs<Points> + 2;

constexpr float power(float base, int exponent) {
    float result = 1.0f;
    for (int i = 0; i < exponent; ++i) result *= base;
    return result;
}

// All constants of the transforms, made by the compiler from the points.
template <class Points>
struct Constants {
    static constexpr int kCount = kPairs<Points>;
    float squares[kCount]{};
    // Of the polynomials in x^2 that are zero at all pairs, and at all but one: the coefficients from that of
    // 1 on, up to that of the highest power, which is 1.
    float all[kCount + 1]{};
    float others[kCount][kCount]{};
    // The reciprocal of a point's distances from all other points, multiplied.
    float scale_0 = 1.0f, scale[kCount]{};

    constexpr Constants() {
        for (int k = 0; k < kCount; ++k) squares[k] = Points::kAt[k] * Points::kAt[k];
        expand(all, kCount);
        scale_0 = 1.0f / all[0];
        for (int k = 0; k < kCount; ++k) {
            expand(others[k], k);
            float distances = 2 * squares[k];
            for (int i = 0; i < kCount; ++i) {
                if (i != k) distances *= squares[k] - squares[i];
            }
            scale[k] = 1.0f / distances;
        }
    }
    // The product of (t - square) over all pairs but `without`.
    constexpr void expand(float* coefficients, int without) const {
        coefficients[0] = 1.0f;
        int degree = 0;
        for (int k = 0; k < kCount; ++k) {
            if (k == without) continue;
            coefficients[degree + 1] = coefficients[degree];
            for (int i = degree; i > 0; --i)
                coefficients[i] = coefficients[i - 1] - squares[k] * coefficients[i];
            coefficients[0] *= -squares[k];
            ++degree;
        }
    }
};
template <class Points>
constexpr Constants<Points> kConstants;

// a * b + c for a constant a: where a is 1 or -1, the same bits without a multiplication.
CNN_INLINE Native times_plus(float a, Native b, Native c) {
    return a == 1.0f ? b + c : a == -1.0f ? c - b : fused(a, b, c);
}

// B^T: the coefficients of the polynomials that vanish at all points but one. That of p is x (x + p) times
// what vanishes at the other pairs.
template <class Points>
struct InputLine {
    static constexpr int kFrom = kPoints<Points>, kTo = kPoints<Points>;

    // Of every second input from x on.
    template <int kDegree>
    static CNN_INLINE Native sum(const float* coefficients, const Native* x) {
        Native total = x[2 * kDegree];
        CNN_UNROLL for (int i = kDegree - 1; i >= 0; --i) total =
            times_plus(coefficients[i], x[2 * i], total);
        return total;
    }
    static CNN_INLINE void apply(const Native* x, Native* y) {
        constexpr int kCount = kPairs<Points>;
        const Constants<Points>& constants = kConstants<Points>;
        y[0] = sum<kCount>(constants.all, x);
        CNN_UNROLL for (int k = 0; k < kCount; ++k) {
            const Native odd = sum<kCount - 1>(constants.others[k], x + 1);
            const Native even = sum<kCount - 1>(constants.others[k], x + 2);
            y[1 + 2 * k] = times_plus(Points::kAt[k], odd, even);
            y[2 + 2 * k] = times_plus(-Points::kAt[k], odd, even);
        }
        y[kTo - 1] = sum<kCount>(constants.all, x + 1);
    }
};

// G: a filter of some taps as a polynomial, at the points.
template <class Points, int kTaps>
struct FilterLine {
    static constexpr int kFrom = kTaps, kTo = kPoints<Points>;

    // Of every second tap from kFirst on.
    template <int kFirst>
    static CNN_INLINE Native value(float square, const Native* x) {
        constexpr int kHighest = kFirst + (kTaps - 1 - kFirst) / 2 * 2;
        Native total = x[kHighest];
        CNN_UNROLL for (int i = kHighest - 2; i >= kFirst; i -= 2) total = times_plus(square, total, x[i]);
        return total;
    }
    static CNN_INLINE void apply(const Native* x, Native* y) {
        const Constants<Points>& constants = kConstants<Points>;
        y[0] = x[0] * constants.scale_0;
        CNN_UNROLL for (int k = 0; k < kPairs<Points>; ++k) {
            const float square = constants.squares[k], scale = constants.scale[k];
            const Native even = value<0>(square, x);
            const Native odd = value<1>(square, x) * (Points::kAt[k] * scale);
            y[1 + 2 * k] = fused(scale, even, odd);
            y[2 + 2 * k] = fused(scale, even, -odd);
        }
        y[kTo - 1] = x[kTaps - 1];
    }
};

// A^T: powers of the points. The point 0 is part of the first output only, and infinity of the last.
template <class Points, int kOutputs>
struct OutputLine {
    static constexpr int kFrom = kPoints<Points>, kTo = kOutputs;

    static CNN_INLINE void apply(const Native* x, Native* y) {
        constexpr int kCount = kPairs<Points>;
        Native pairs[2][kCount];  // of the even and of the odd powers
        CNN_UNROLL for (int k = 0; k < kCount; ++k) {
            pairs[0][k] = x[1 + 2 * k] + x[2 + 2 * k];
            pairs[1][k] = x[1 + 2 * k] - x[2 + 2 * k];
        }
        CNN_UNROLL for (int i = 0; i < kOutputs; ++i) {
            const bool inner = i > 0 && i < kOutputs - 1;
            if (inner) {
                y[i] = pairs[i % 2][kCount - 1] * power(Points::kAt[kCount - 1], i);
                CNN_UNROLL for (int k = kCount - 2; k >= 0; --k) {
                    y[i] = times_plus(power(Points::kAt[k], i), pairs[i % 2][k], y[i]);
                }
            } else {
                y[i] = i == 0 ? x[0] : x[kFrom - 1];
                CNN_UNROLL for (int k = 0; k < kCount; ++k) {
                    y[i] = times_plus(power(Points::kAt[k], i), pairs[i % 2][k], y[i]);
                }
            }
        }
    }
};

// Where a tile's elements lie in memory: (i, j) at from + i * row + j * col floats.
struct Read {
    const float* from;
    std::ptrdiff_t row, col;
    CNN_INLINE Native operator()(int i, int j) const { return load_unaligned(from + i * row + j * col); }
};

struct Write {
    float* to;
    std::ptrdiff_t row, col;
    CNN_INLINE void operator()(int i, int j, Native value) const {
        store_unaligned(to + i * row + j * col, value);
    }
};

// y = L x L^T, one register of lanes at a time: read(j, x) gives column j, write(i, j, value) takes y. What
// lies between the two passes is more than the registers hold.
template <class Line, class From, class To>
CNN_INLINE void transform_columns(From read, To write) {
    Native columns[Line::kTo][Line::kFrom];
    for (int j = 0; j < Line::kFrom; ++j) {
        Native x[Line::kFrom], y[Line::kTo];
        read(j, x);
        Line::apply(x, y);
        CNN_UNROLL for (int i = 0; i < Line::kTo; ++i) columns[i][j] = y[i];
    }
    for (int i = 0; i < Line::kTo; ++i) {
        Native y[Line::kTo];
        Line::apply(columns[i], y);
        CNN_UNROLL for (int j = 0; j < Line::kTo; ++j) write(i, j, y[j]);
    }
}

// Likewise, of elements: read(i, j) gives x.
template <class Line, class From, class To>
CNN_INLINE void transform(From read, To write) {
    transform_columns<Line>(
        [=](int j, Native* x) __attribute__((always_inline)) {
            CNN_UNROLL for (int i = 0; i < Line::kFrom; ++i) x[i] = read(i, j);
        },
        write);
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
