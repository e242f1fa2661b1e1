// The gradient of a convolution's weights for some outputs and taps: a part of convolution.simd.cpp.
#pragma once

#include "core/lane_tile.h"
#include "kernels/convolution/convolution_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// With 16 registers 3 outputs x 4 taps fill the twelve that hold sums, and 2 x 5 do not.
constexpr int kMaxGradientTaps = kRegisters == 32 ? 5 : 4;
// Output channels in a gradient tile of K taps: T * K registers of sums, K + 1 more in flight.
constexpr int gradient_tile(int taps) {
    const int fit = (kRegisters == 32 ? 26 : 12) / taps;
    return fit > 8 ? 8 : fit > 6 && kRegisters == 16 ? 6 : fit;
}

template <int T, int K>
struct GradientSums {
    Native at[T][K];
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

template <int T, int K, bool kMasked>
CNN_INLINE void add_block(GradientSums<T, K>& sums, const ConvolutionGradient& a,
                          const GradientColumns& columns, std::ptrdiff_t row_begin, std::ptrdiff_t row_end,
                          const float* x_block, const float* g_block, NativeInt live) {
    for (std::ptrdiff_t oh = row_begin; oh < row_end; ++oh) {
        const float* x_row = x_block + oh * a.input_row;
        const float* g_row = g_block + oh * a.output_row;
        const auto edge = [&](std::ptrdiff_t from, std::ptrdiff_t to) __attribute__((always_inline)) {
            for (std::ptrdiff_t ow = from; ow < to; ++ow) {
                CNN_UNROLL for (int k = 0; k < K; ++k) {
                    if (ow < a.col_begin[k] || ow >= a.col_end[k]) continue;
                    Native x = load_native(x_row + a.offset[k] + ow * a.input_col);
                    if constexpr (kMasked) x = select_native(live, x, Native{});
                    CNN_UNROLL for (int t = 0; t < T; ++t) {
                        Native g = load_native(g_row + t * a.output_channel + ow * a.output_col);
                        if constexpr (kMasked) g = select_native(live, g, Native{});
                        sums.at[t][k] += g * x;
                    }
                }
            }
        };
        edge(columns.begin, columns.common_begin);
        const float* x_tap[K];
        CNN_UNROLL for (int k = 0; k < K; ++k) x_tap[k] = x_row + a.offset[k];
        for (std::ptrdiff_t ow = columns.common_begin; ow < columns.common_end; ++ow) {
            Native g[T];
            CNN_UNROLL for (int t = 0; t < T; ++t) {
                g[t] = load_native(g_row + t * a.output_channel + ow * a.output_col);
                if constexpr (kMasked) g[t] = select_native(live, g[t], Native{});
            }
            CNN_UNROLL for (int k = 0; k < K; ++k) {
                Native x = load_native(x_tap[k] + ow * a.input_col);
                if constexpr (kMasked) x = select_native(live, x, Native{});
                CNN_UNROLL for (int t = 0; t < T; ++t) sums.at[t][k] += g[t] * x;
            }
        }
        edge(columns.common_end, columns.end);
    }
}

// Positions of a block that go by for one part of the lanes before the next part takes the same: enough to
// pay for the sums that leave the registers meanwhile, few enough that what they read is in the first-level
// cache still.
constexpr std::ptrdiff_t kPositionsAtOnce = 42;

// Sixteen sums of each weight, one for each lane, on every set; where a register holds fewer, the parts of
// the lanes go by one after the other, some rows at a time, so that a part's sums are all in registers.
template <int T, int K>
void add_gradient(const ConvolutionGradient& a) {
    GradientSums<T, K> sums[kParts];
    for (int part = 0; part < kParts; ++part) {
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            CNN_UNROLL for (int k = 0; k < K; ++k) sums[part].at[t][k] = Native{};
        }
    }
    const Mask live = first_lanes(a.last_lanes);
    const std::ptrdiff_t full = a.last_lanes == kSamples ? a.blocks : a.blocks - 1;
    const GradientColumns columns = columns_of<K>(a);
    const std::ptrdiff_t width = columns.end - columns.begin;
    const std::ptrdiff_t rows = kParts == 1 || width < 1 ? a.row_end : (kPositionsAtOnce + width - 1) / width;
    for (std::ptrdiff_t b = 0; b < a.blocks; ++b) {
        for (std::ptrdiff_t row = a.row_begin; row < a.row_end; row += rows) {
            const std::ptrdiff_t row_end = a.row_end - row < rows ? a.row_end : row + rows;
            for (int part = 0; part < kParts; ++part) {
                const float* x = a.input + b * a.input_block + part * kWidth;
                const float* g = a.grad_output + b * a.output_block + part * kWidth;
                GradientSums<T, K> here = sums[part];
                if (b < full) {
                    add_block<T, K, false>(here, a, columns, row, row_end, x, g, live.part[part]);
                } else {
                    add_block<T, K, true>(here, a, columns, row, row_end, x, g, live.part[part]);
                }
                sums[part] = here;
            }
        }
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int k = 0; k < K; ++k) {
            Lanes lanes;
            CNN_UNROLL for (int part = 0; part < kParts; ++part) lanes.part[part] = sums[part].at[t][k];
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
