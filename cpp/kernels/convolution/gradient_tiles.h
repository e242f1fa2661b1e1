// The gradient of a convolution's weights for some outputs and taps: a part of convolution.simd.cpp.
#pragma once

#include "core/lane_tile.h"
#include "core/tiles.h"
#include "kernels/convolution/convolution_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// With 16 registers 3 outputs x 4 taps fill the twelve that hold sums, and 2 x 5 do not.
constexpr int kMaxGradientTaps = kRegisters == 32 ? 5 : 4;
static_assert(kMaxGradientTaps <= kMostGradientTaps);
constexpr int kGradientSums = kRegisters == 32 ? 26 : 12;
// Output channels in a gradient tile of K taps: T * K registers of sums, the fewer of T and K and one more in
// flight.
constexpr int gradient_tile(int taps) {
    const int fit = kGradientSums / taps;
    return fit > 8 ? 8 : fit > 6 && kRegisters == 16 ? 6 : fit;
}
// Parts of the lanes whose sums are in registers at the same time.
constexpr int parts_at_once(int outputs, int taps) {
    return kParts == 2 && kParts * outputs * taps <= kGradientSums ? 2 : 1;
}

template <int T, int K>
struct GradientSums {
    Native at[parts_at_once(T, K)][T][K];
};

template <bool kMasked>
CNN_INLINE Native load_kept(const float* from, const NativeInt* live, int part) {
    Native value = load_native(from);
    if constexpr (kMasked) value = select_native(live[part], value, Native{});
    keep_in_register(value);
    return value;
}

// Some rows of a block, for the parts of the lanes that begin at x_block and g_block; their live lanes if
// kMasked. kAhead: asks for grad_output of the next T outputs, whose turn is next.
template <int T, int K, bool kMasked, bool kAhead>
CNN_INLINE void add_block(GradientSums<T, K>& sums, const ConvolutionGradient& a, const TapTile& taps,
                          std::ptrdiff_t row_begin, std::ptrdiff_t row_end, const float* x_block,
                          const float* g_block, const NativeInt* live) {
    constexpr int kPartsHere = parts_at_once(T, K);
    for (std::ptrdiff_t oh = row_begin; oh < row_end; ++oh) {
        const float* x_row = x_block + oh * a.input_row;
        const float* g_row = g_block + oh * a.output_row;
        const float* x_tap[K];
        CNN_UNROLL for (int k = 0; k < K; ++k) x_tap[k] = x_row + taps.offset[k];
        const auto x_of = [&](int k, std::ptrdiff_t ow, int part) __attribute__((always_inline)) {
            return load_kept<kMasked>(x_tap[k] + ow * a.input_col + part * kWidth, live, part);
        };
        const auto g_of = [&](int t, std::ptrdiff_t ow, int part) __attribute__((always_inline)) {
            const float* g = g_row + t * a.output_channel + ow * a.output_col;
            if (kAhead && part == 0) __builtin_prefetch(g + T * a.output_channel);
            return load_kept<kMasked>(g + part * kWidth, live, part);
        };
        const auto edge = [&](std::ptrdiff_t from, std::ptrdiff_t to) __attribute__((always_inline)) {
            for (std::ptrdiff_t ow = from; ow < to; ++ow) {
                CNN_UNROLL for (int k = 0; k < K; ++k) {
                    if (ow < taps.col_begin[k] || ow >= taps.col_end[k]) continue;
                    CNN_UNROLL for (int part = 0; part < kPartsHere; ++part) {
                        const Native x = x_of(k, ow, part);
                        CNN_UNROLL for (int t = 0; t < T; ++t) sums.at[part][t][k] += g_of(t, ow, part) * x;
                    }
                }
            }
        };
        edge(taps.begin, taps.common_begin);
        for (std::ptrdiff_t ow = taps.common_begin; ow < taps.common_end; ++ow) {
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
        edge(taps.common_end, taps.end);
    }
}

struct GradientRows {
    std::ptrdiff_t block, begin, end;
    bool first, last;  // of those that the taps reach, in the slot
    bool ahead;        // the next outputs' turn is soon
};

// Sixteen sums of each weight, one for each lane, on every set: [output][tap][lane], in `sums` from some rows
// to the next. Where they are too many for the registers the parts of the lanes go by by turns.
template <int T, int K>
void add_gradient(const ConvolutionGradient& a, const TapTile& taps, const GradientRows& rows,
                  std::ptrdiff_t output, float* sums) {
    constexpr int kPartsHere = parts_at_once(T, K);
    const bool full = rows.block + 1 < a.blocks || a.last_lanes == kLanes;
    for (int first = 0; first < kParts; first += kPartsHere) {
        GradientSums<T, K> here;
        CNN_UNROLL for (int i = 0; i < kPartsHere * T * K; ++i) {
            here.at[i / (T * K)][i / K % T][i % K] =
                rows.first ? Native{}
                           : load_native(sums + i % (T * K) * kLanes + (first + i / (T * K)) * kWidth);
        }
        const float* x = a.input + rows.block * a.input_block + first * kWidth;
        const float* g =
            a.grad_output + rows.block * a.output_block + output * a.output_channel + first * kWidth;
        if (!full) {
            const Mask live = first_lanes(a.last_lanes);
            add_block<T, K, true, false>(here, a, taps, rows.begin, rows.end, x, g, live.part + first);
        } else if (kParts > 1 && rows.ahead && first == 0) {
            add_block<T, K, false, true>(here, a, taps, rows.begin, rows.end, x, g, nullptr);
        } else {
            add_block<T, K, false, false>(here, a, taps, rows.begin, rows.end, x, g, nullptr);
        }
        CNN_UNROLL for (int i = 0; i < kPartsHere * T * K; ++i) {
            store_unaligned(sums + i % (T * K) * kLanes + (first + i / (T * K)) * kWidth,
                            here.at[i / (T * K)][i / K % T][i % K]);
        }
    }
    if (!rows.last) return;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int k = 0; k < K; ++k) {
            a.gradient[(output + t) * a.gradient_row + taps.index[k]] =
                CNN_ISA::sum(load(sums + (t * K + k) * kLanes));
        }
    }
}

template <int K, int T = gradient_tile(K)>
CNN_INLINE void add_outputs(std::ptrdiff_t outputs, const ConvolutionGradient& a, const TapTile& taps,
                            const GradientRows& rows, std::ptrdiff_t output, float* sums) {
    if (outputs == T) return add_gradient<T, K>(a, taps, rows, output, sums);
    if constexpr (T > 1) add_outputs<K, T - 1>(outputs, a, taps, rows, output, sums);
}

// Tiles [begin, end) have K taps each.
template <int K>
void gradient_of_tiles(const ConvolutionGradient& a, std::ptrdiff_t begin, std::ptrdiff_t end, float* sums) {
    constexpr std::ptrdiff_t kSumsOfTile = std::ptrdiff_t{gradient_tile(K)} * K * kLanes;
    const std::ptrdiff_t output_tiles = ceil_divide(a.outputs, gradient_tile(K));
    const std::ptrdiff_t at_once = kParts == 1 ? a.height : ceil_divide(a.positions_at_once, a.width);
    for (std::ptrdiff_t b = 0; b < a.blocks; ++b) {
        for (std::ptrdiff_t row = 0; row < a.height; row += at_once) {
            for (std::ptrdiff_t o = 0; o < output_tiles; ++o) {
                const std::ptrdiff_t output = part_begin(a.outputs, output_tiles, o);
                const std::ptrdiff_t outputs = part_begin(a.outputs, output_tiles, o + 1) - output;
                for (std::ptrdiff_t tile = begin; tile < end; ++tile) {
                    const TapTile& taps = a.tiles[tile];
                    const std::ptrdiff_t row_end = row + at_once;
                    if (row_end <= taps.row_begin || (row > 0 && row >= taps.row_end)) continue;
                    const GradientRows rows{b,
                                            row > taps.row_begin ? row : taps.row_begin,
                                            row_end < taps.row_end ? row_end : taps.row_end,
                                            b == 0 && row <= taps.row_begin,
                                            b + 1 == a.blocks && row_end >= taps.row_end,
                                            kParts > 1 && tile == begin};
                    add_outputs<K>(outputs, a, taps, rows, output,
                                   sums + (o * (end - begin) + tile - begin) * kSumsOfTile);
                }
            }
        }
    }
}

std::ptrdiff_t gradient_sums(std::ptrdiff_t outputs, std::ptrdiff_t tiles) {
    std::ptrdiff_t most = 0;
    for (int taps = 1; taps <= kMaxGradientTaps; ++taps) {
        const std::ptrdiff_t tile = gradient_tile(taps);
        const std::ptrdiff_t sums = ceil_divide(outputs, tile) * tiles * tile * taps * kLanes;
        most = sums > most ? sums : most;
    }
    return most;
}

void gradient_of(const ConvolutionGradient& a, std::ptrdiff_t begin, std::ptrdiff_t end, float* sums) {
    switch (a.tiles[begin].count) {
        case 1:
            return gradient_of_tiles<1>(a, begin, end, sums);
        case 2:
            return gradient_of_tiles<2>(a, begin, end, sums);
        case 3:
            return gradient_of_tiles<3>(a, begin, end, sums);
        case 4:
            return gradient_of_tiles<4>(a, begin, end, sums);
        default:
            return gradient_of_tiles<kMaxGradientTaps>(a, begin, end, sums);
    }
}

// With registers of all lanes a tile's sums stay in them for a whole block, and tiles go by one by one.
void gradient(const ConvolutionGradient& a, float* sums) {
    for (std::ptrdiff_t begin = 0, end = 0; begin < a.tile_count; begin = end) {
        do ++end;
        while (kParts > 1 && end < a.tile_count && a.tiles[end].count == a.tiles[begin].count);
        gradient_of(a, begin, end, sums);
    }
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
