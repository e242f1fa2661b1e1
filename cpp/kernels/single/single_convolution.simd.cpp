#include "kernels/single/single_convolution_body.h"
#include "kernels/single/single_epilogue.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// A register tile: P positions x V vectors of output channels. Each weight is loaded once for P positions,
// each input broadcast once for V vectors. AVX2: 6 x 2 leaves 4 of 16 registers, 14 x 1 leaves 2 (28 columns
// are two tiles); AVX-512: 12 x 2.
constexpr int kMaxVectors = 2;
constexpr int max_positions(int vectors) {
    return vectors == 1 ? 14 : kRegisters == 32 ? 12 : 6;
}

// kTerms and kPosition: the number of terms and the input floats from a position to the next, or 0: see
// SingleRows.
template <int P, int V, int kTerms, int kPosition>
CNN_INLINE void add_all(Native (&sums)[P][V], const SingleRows& a, const float* x) {
    const std::ptrdiff_t terms = kTerms > 0 ? kTerms : a.terms,
                         position = kPosition > 0 ? kPosition : a.input_col;
    const float* w = a.weights;
    const auto add = [&](const float* from, std::ptrdiff_t c) __attribute__((always_inline)) {
        Native weight[V];
        CNN_UNROLL for (int v = 0; v < V; ++v) weight[v] = load_unaligned(w + (c * V + v) * kWidth);
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            const Native input = broadcast_native(from[p * position + c]);
            CNN_UNROLL for (int v = 0; v < V; ++v) sums[p][v] += input * weight[v];
        }
    };
    for (std::ptrdiff_t r = 0; r < a.tap_rows; ++r) {
        for (std::ptrdiff_t k = 0; k < a.tap_cols; ++k) {
            const float* from = x + r * a.tap_row + k * a.tap_col;
            if constexpr (kTerms > 0) {
                CNN_UNROLL for (int c = 0; c < kTerms; ++c) {
                    // Hides that taps share inputs: broadcasting one again is cheaper than keeping it, which
                    // would push sums out of the registers.
                    asm("" : "+r"(from));
                    add(from, c);
                }
            } else {
                for (std::ptrdiff_t c = 0; c < terms; ++c) {
                    __builtin_prefetch(w + a.next_weights + c * V * kWidth);
                    add(from, c);
                }
            }
            w += terms * V * kWidth;
        }
    }
}

template <int P, int V, int kTerms, int kPosition>
void compute_tile(const SingleRows& a, const float* x, float* y) {
    Native sums[P][V];
    const float* from = a.first ? a.bias : y;
    const std::ptrdiff_t step = a.first ? 0 : a.output_col;
    CNN_UNROLL for (int p = 0; p < P; ++p) {
        CNN_UNROLL for (int v = 0; v < V; ++v) sums[p][v] = load_unaligned(from + p * step + v * kWidth);
    }
    add_all<P, V, kTerms, kPosition>(sums, a, x);
    if (a.last && a.epilogue.mean != nullptr) {
        CNN_UNROLL for (int v = 0; v < V; ++v) {
            CNN_UNROLL for (int p = 0; p < P; ++p) sums[p][v] = normalize(sums[p][v], a.epilogue, v * kWidth);
        }
    }
    if (a.last && a.epilogue.relu) {
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            CNN_UNROLL for (int v = 0; v < V; ++v) sums[p][v] = rectify_native(sums[p][v]);
        }
    }
    CNN_UNROLL for (int p = 0; p < P; ++p) {
        CNN_UNROLL for (int v = 0; v < V; ++v) store_unaligned(y + p * a.output_col + v * kWidth, sums[p][v]);
    }
}

template <int V, int kTerms, int kPosition, int P = max_positions(V)>
CNN_INLINE void compute_positions(const SingleRows& a, std::ptrdiff_t positions, const float* x, float* y) {
    if (positions == P) return compute_tile<P, V, kTerms, kPosition>(a, x, y);
    if constexpr (P > 1) compute_positions<V, kTerms, kPosition, P - 1>(a, positions, x, y);
}

template <int V, int kTerms, int kPosition>
void compute_rows(const SingleRows& a) {
    constexpr std::ptrdiff_t most = max_positions(V);
    const std::ptrdiff_t tiles = (a.cols + most - 1) / most;
    for (std::ptrdiff_t oh = a.row_begin; oh < a.row_end; ++oh) {
        for (std::ptrdiff_t t = 0; t < tiles; ++t) {
            // Sizes differ by one at most: no tile is a small remainder, which would wait for its few sums.
            const std::ptrdiff_t begin = t * a.cols / tiles, end = (t + 1) * a.cols / tiles;
            compute_positions<V, kTerms, kPosition>(a, end - begin,
                                                    a.input + oh * a.input_row + begin * a.input_col,
                                                    a.output + oh * a.output_row + begin * a.output_col);
        }
    }
}

template <int V>
void compute(const SingleRows& a) {
    // An image of one channel under the usual kernels: its loops would cost as much as their few terms.
    const bool one_channel = a.input_col == 1 && a.tap_cols == 1;
    if (one_channel && a.terms == 5) return compute_rows<V, 5, 1>(a);
    if (one_channel && a.terms == 3) return compute_rows<V, 3, 1>(a);
    compute_rows<V, 0, 0>(a);
}

void rows(const SingleRows& a) {
    if (a.vectors == 1) return compute<1>(a);
    compute<kMaxVectors>(a);
}

CNN_INLINE Native gather_inputs(const float* x, const SingleGroups& a) {
    if (a.neighbours) return load_unaligned(x + a.index[0]);
    Native r;
    for (int lane = 0; lane < kWidth; ++lane) r[lane] = x[a.index[lane]];
    return r;
}

void groups(const SingleGroups& g) {
    const SingleRows& a = g.rows;
    for (std::ptrdiff_t oh = a.row_begin; oh < a.row_end; ++oh) {
        for (std::ptrdiff_t ow = 0; ow < a.cols; ++ow) {
            const float* x = a.input + oh * a.input_row + ow * a.input_col;
            const float* w = a.weights;
            Native sum = load_unaligned(a.bias);
            for (std::ptrdiff_t r = 0; r < a.tap_rows; ++r) {
                for (std::ptrdiff_t k = 0; k < a.tap_cols; ++k) {
                    for (std::ptrdiff_t c = 0; c < a.terms; ++c, w += kWidth) {
                        sum += load_unaligned(w) * gather_inputs(x + r * a.tap_row + k * a.tap_col + c, g);
                    }
                }
            }
            store_unaligned(a.output + oh * a.output_row + ow * a.output_col, finish(sum, a.epilogue, 0));
        }
    }
}

}  // namespace

extern const SingleConvolutionBody single_convolution_body = {kWidth, kMaxVectors, rows, groups};

}  // namespace CNN_ISA
}  // namespace cnn
