// The gradient of a convolution's weights for some outputs and taps: a part of convolution.simd.cpp.
#pragma once

#include "core/lane_tile.h"
#include "kernels/convolution/convolution_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// With 16 registers 3 outputs x 4 taps fill the twelve that hold sums, and 2 x 5 do not.
constexpr int kMaxGradientTaps = kRegisters == 32 ? 5 : 4;
// Parts of the lanes whose sums are in registers at the same time. With 2 or 3 taps half as many outputs for
// both parts are quicker than all for one: a line of the cache is read once then, as quickly as it can be
// multiplied.
constexpr int parts_at_once(int taps) {
    return kParts == 2 && (taps == 2 || taps == 3) ? 2 : 1;
}
// Output channels in a gradient tile of K taps: T * K registers of sums for each part, the fewer of T and K
// and one more in flight.
constexpr int gradient_tile(int taps) {
    const int fit = (kRegisters == 32 ? 26 : 12) / parts_at_once(taps) / taps;
    return fit > 8 ? 8 : fit > 6 && kRegisters == 16 ? 6 : fit;
}

template <int T, int K>
struct GradientSums {
    Native at[parts_at_once(K)][T][K];
};

// Columns that all taps reach, and to either side those that some do.
struct GradientColumns {
    std::ptrdiff_t begin, common_begin, common_end, end;
};

template <int K>
CNN_INLINE GradientColumns columns_of(const ConvolutionGradient& a) {
    GradientColumns at{a.col_begin[0], 0, a.col_end[0], 0};
    for (int k = 0; k < K; ++k) {
        at.common_begin = a.col_begin[k] > at.common_begin ? a.col_begin[k] : at.common_begin;
        at.common_end = a.col_end[k] < at.common_end ? a.col_end[k] : at.common_end;
        at.begin = a.col_begin[k] < at.begin ? a.col_begin[k] : at.begin;
        at.end = a.col_end[k] > at.end ? a.col_end[k] : at.end;
    }
    if (at.common_end < at.common_begin) at.common_end = at.common_begin = at.end;  // none in common
    return at;
}

template <bool kMasked>
CNN_INLINE Native load_kept(const float* from, NativeInt live) {
    Native value = load_native(from);
    if constexpr (kMasked) value = select_native(live, value, Native{});
    keep_in_register(value);
    return value;
}

// Some rows of a block, for the parts of the lanes that begin at x_block and g_block; their live lanes.
template <int T, int K, bool kMasked>
CNN_INLINE void add_block(GradientSums<T, K>& sums, const ConvolutionGradient& a,
                          const GradientColumns& columns, std::ptrdiff_t row_begin, std::ptrdiff_t row_end,
                          const float* x_block, const float* g_block, const NativeInt* live) {
    constexpr int kPartsHere = parts_at_once(K);
    for (std::ptrdiff_t oh = row_begin; oh < row_end; ++oh) {
        const float* x_row = x_block + oh * a.input_row;
        const float* g_row = g_block + oh * a.output_row;
        const float* x_tap[K];
        CNN_UNROLL for (int k = 0; k < K; ++k) x_tap[k] = x_row + a.offset[k];
        const auto x_of = [&](int k, std::ptrdiff_t ow, int part) __attribute__((always_inline)) {
            return load_kept<kMasked>(x_tap[k] + ow * a.input_col + part * kWidth, live[part]);
        };
        const auto g_of = [&](int t, std::ptrdiff_t ow, int part) __attribute__((always_inline)) {
            return load_kept<kMasked>(g_row + t * a.output_channel + ow * a.output_col + part * kWidth,
                                      live[part]);
        };
        const auto edge = [&](std::ptrdiff_t from, std::ptrdiff_t to) __attribute__((always_inline)) {
            for (std::ptrdiff_t ow = from; ow < to; ++ow) {
                CNN_UNROLL for (int k = 0; k < K; ++k) {
                    if (ow < a.col_begin[k] || ow >= a.col_end[k]) continue;
                    CNN_UNROLL for (int part = 0; part < kPartsHere; ++part) {
                        const Native x = x_of(k, ow, part);
                        CNN_UNROLL for (int t = 0; t < T; ++t) sums.at[part][t][k] += g_of(t, ow, part) * x;
                    }
                }
            }
        };
        edge(columns.begin, columns.common_begin);
        for (std::ptrdiff_t ow = columns.common_begin; ow < columns.common_end; ++ow) {
            CNN_UNROLL for (int part = 0; part < kPartsHere; ++part) {
                // The fewer of both stay in registers beside the sums, the others go by.
                if constexpr (K <= T) {
                    Native x[K];
                    CNN_UNROLL for (int k = 0; k < K; ++k) x[k] = x_of(k, ow, part);
                    CNN_UNROLL for (int t = 0; t < T; ++t) {
                        const Native g = g_of(t, ow, part);
                        CNN_UNROLL for (int k = 0; k < K; ++k) sums.at[part][t][k] += g * x[k];
                    }
                } else {
                    Native g[T];
                    CNN_UNROLL for (int t = 0; t < T; ++t) g[t] = g_of(t, ow, part);
                    CNN_UNROLL for (int k = 0; k < K; ++k) {
                        const Native x = x_of(k, ow, part);
                        CNN_UNROLL for (int t = 0; t < T; ++t) sums.at[part][t][k] += g[t] * x;
                    }
                }
            }
        }
        edge(columns.common_end, columns.end);
    }
}

// Positions of a block that go by for some parts of the lanes before the next parts take the same: enough to
// pay for the sums that leave the registers meanwhile, few enough that what they read is in the first-level
// cache still.
constexpr std::ptrdiff_t kPositionsAtOnce = 42;

// Sixteen sums of each weight, one for each lane, on every set; where they are too many for the registers,
// the parts of the lanes go by by turns, some rows at a time, so that the sums of a turn are all in
// registers.
template <int T, int K>
void add_gradient(const ConvolutionGradient& a) {
    constexpr int kPartsHere = parts_at_once(K), kTurns = kParts / kPartsHere;
    GradientSums<T, K> sums[kTurns];
    for (int turn = 0; turn < kTurns; ++turn) {
        CNN_UNROLL for (int i = 0; i < kPartsHere * T * K; ++i) {
            sums[turn].at[i / (T * K)][i / K % T][i % K] = Native{};
        }
    }
    const Mask live = first_lanes(a.last_lanes);
    const std::ptrdiff_t full = a.last_lanes == kLanes ? a.blocks : a.blocks - 1;
    const GradientColumns columns = columns_of<K>(a);
    const std::ptrdiff_t width = columns.end - columns.begin;
    const std::ptrdiff_t rows = kTurns == 1 || width < 1 ? a.row_end : (kPositionsAtOnce + width - 1) / width;
    for (std::ptrdiff_t b = 0; b < a.blocks; ++b) {
        for (std::ptrdiff_t row = a.row_begin; row < a.row_end; row += rows) {
            const std::ptrdiff_t row_end = a.row_end - row < rows ? a.row_end : row + rows;
            for (int turn = 0; turn < kTurns; ++turn) {
                const int first = turn * kPartsHere;
                const float* x = a.input + b * a.input_block + first * kWidth;
                const float* g = a.grad_output + b * a.output_block + first * kWidth;
                GradientSums<T, K> here = sums[turn];
                if (b < full) {
                    add_block<T, K, false>(here, a, columns, row, row_end, x, g, live.part + first);
                } else {
                    add_block<T, K, true>(here, a, columns, row, row_end, x, g, live.part + first);
                }
                sums[turn] = here;
            }
        }
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int k = 0; k < K; ++k) {
            Lanes lanes;
            CNN_UNROLL for (int part = 0; part < kParts; ++part) {
                lanes.part[part] = sums[part / kPartsHere].at[part % kPartsHere][t][k];
            }
            a.gradient[t * a.gradient_row + a.index[k]] = CNN_ISA::sum(lanes);
        }
    }
}

template <int K, int T = gradient_tile(K)>
void gradient_tiles(const ConvolutionGradient& a) {
    if (a.tile == T) return add_gradient<T, K>(a);
    if constexpr (T > 1) gradient_tiles<K, T - 1>(a);
}

void gradient(const ConvolutionGradient& a) {
    switch (a.taps) {
        case 1:
            return gradient_tiles<1>(a);
        case 2:
            return gradient_tiles<2>(a);
        case 3:
            return gradient_tiles<3>(a);
        case 4:
            return gradient_tiles<4>(a);
        default:
            return gradient_tiles<kMaxGradientTaps>(a);
    }
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
