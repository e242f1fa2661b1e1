// The register tile that convolution, linear layers and GEMM share: T outputs x P positions x 16 samples of
// sums that stay in registers while the taps go by. For *.simd.cpp files only.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Sums that stay in registers. AVX2: 12 of 16, the rest hold an input and a weight; AVX-512: 24 of 32.
constexpr int kSums = kRegisters == 32 ? 24 : 12;
// The most outputs in a tile: 6 x 2 registers on AVX2, 8 x 3 positions on AVX-512, 3 x 4 registers on x86-64.
constexpr int kMaxTile = kRegisters == 32 ? 8 : kSums / kParts;

// The positions that fill the registers for a tile of T outputs.
constexpr int positions(int tile) {
    return kSums / kParts / tile < 1 ? 1 : kSums / kParts / tile;
}

template <int T, int P>
struct Sums {
    Lanes at[T][P];
};

// How the taps of a tile lie in memory, in floats: channels x rows x cols, each with its step in the input
// and in the packed weights; the T weights of a tap are consecutive.
struct TapWalk {
    std::ptrdiff_t channels, rows, cols;
    std::ptrdiff_t input_channel, input_row, input_col;
    std::ptrdiff_t weight_channel, weight_row, weight_col;
    std::ptrdiff_t input_position;  // from one position of the tile to the next
};

// `terms` taps one behind the other, in the input and in the packed weights: a matrix product.
template <int T>
CNN_INLINE TapWalk walk_of_terms(std::ptrdiff_t terms, std::ptrdiff_t input_position) {
    TapWalk walk{};
    walk.channels = 1;
    walk.rows = 1;
    walk.cols = terms;
    walk.input_col = kLanes;
    walk.weight_col = T;
    walk.input_position = input_position;
    return walk;
}

template <int T, int P>
CNN_INLINE void add_tap(Sums<T, P>& sums, const float* x, std::ptrdiff_t x_position, const float* w,
                        std::ptrdiff_t w_output = 1) {
    if constexpr (P == 1) {
        const Lanes input = load(x);
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            add_product(sums.at[t][0], broadcast(w[t * w_output]), input);
        }
    } else if constexpr (kParts == 2) {
        // Few outputs at several positions: beside the twelve sums of AVX2 their weights fit into registers
        // and the inputs go by, but not the other way round.
        Native weight[T];
        CNN_UNROLL for (int t = 0; t < T; ++t) weight[t] = broadcast_native(w[t * w_output]);
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            CNN_UNROLL for (int i = 0; i < kParts; ++i) {
                const Native input = load_native(x + p * x_position + i * kWidth);
                CNN_UNROLL for (int t = 0; t < T; ++t) add_product(sums.at[t][p].part[i], weight[t], input);
            }
        }
    } else {
        Lanes input[P];
        CNN_UNROLL for (int p = 0; p < P; ++p) input[p] = load(x + p * x_position);
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            const Lanes weight = broadcast(w[t * w_output]);
            CNN_UNROLL for (int p = 0; p < P; ++p) add_product(sums.at[t][p], weight, input[p]);
        }
    }
}

template <int T, int P, int kCols>
CNN_INLINE void add_rows(Sums<T, P>& sums, const float* x, const float* w, const TapWalk& walk) {
    for (std::ptrdiff_t c = 0; c < walk.channels; ++c) {
        const float* x_row = x + c * walk.input_channel;
        const float* w_row = w + c * walk.weight_channel;
        for (std::ptrdiff_t r = 0; r < walk.rows; ++r, x_row += walk.input_row, w_row += walk.weight_row) {
            if constexpr (kCols > 0) {
                CNN_UNROLL for (int k = 0; k < kCols; ++k) {
                    add_tap<T, P>(sums, x_row + k * kLanes, walk.input_position, w_row + k * T);
                }
            } else {
                for (std::ptrdiff_t k = 0; k < walk.cols; ++k) {
                    add_tap<T, P>(sums, x_row + k * walk.input_col, walk.input_position,
                                  w_row + k * walk.weight_col);
                }
            }
        }
    }
}

// sums[t][p] += sum over channels, rows, cols of w[c][r][k][t] * x[c][r][k] at position p, in this order.
template <int T, int P>
CNN_INLINE void add_taps(Sums<T, P>& sums, const float* x, const float* w, const TapWalk& walk) {
    // Unrolled for the common widths when the columns are neighbours: no counter, no address arithmetic.
    const bool neighbours = walk.input_col == kLanes && walk.weight_col == T;
    if (neighbours && walk.cols == 5) {
        add_rows<T, P, 5>(sums, x, w, walk);
    } else if (neighbours && walk.cols == 3) {
        add_rows<T, P, 3>(sums, x, w, walk);
    } else {
        add_rows<T, P, 0>(sums, x, w, walk);
    }
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
