#include "core/tiles.h"
#include "kernels/single/single_epilogue.h"
#include "kernels/single/single_pooled_convolution_body.h"
#include "simd/transpose.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// A register tile: both rows of a column of the window, for so many outputs. Twelve sums hide the latency of
// the multiply-adds; an input is loaded once for six outputs, a weight broadcast once for two rows. With 16
// registers one more output would push sums out of them.
constexpr int kMaxTile = 6;

// Column `dc` of a window for T outputs, at the window whose first input is *x.
template <int T>
CNN_INLINE void add_taps(const SinglePooledRows& a, const float* x, const float* w, std::ptrdiff_t dc,
                         Native (&sums)[2][T]) {
    for (std::ptrdiff_t c = 0; c < a.inputs; ++c) {
        for (std::ptrdiff_t i = 0; i < a.tap_rows; ++i) {
            const float* line = x + c * a.channel + i * a.row;
            for (std::ptrdiff_t j = dc; j < dc + a.tap_cols; ++j, w += T) {
                const float* from = line + (j & 1) * a.parity + (j >> 1);
                const Native upper = load_unaligned(from), lower = load_unaligned(from + a.row);
                CNN_UNROLL for (int t = 0; t < T; ++t) {
                    const Native weight = broadcast_native(w[t]);
                    sums[0][t] += weight * upper;
                    sums[1][t] += weight * lower;
                }
            }
        }
    }
}

template <int T>
void compute_tile(const SinglePooledRows& a, const float* x, const float* w, const float* bias,
                  float* lanes) {
    Native best[T];
    CNN_UNROLL for (int dc = 0; dc < 2; ++dc) {
        Native sums[2][T];
        CNN_UNROLL for (int t = 0; t < T; ++t) sums[0][t] = sums[1][t] = broadcast_native(bias[t]);
        add_taps<T>(a, x, w, dc, sums);
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            const Native column = larger(sums[1][t], sums[0][t]);
            best[t] = dc == 0 ? column : larger(column, best[t]);
        }
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        *reinterpret_cast<Native*>(lanes + t * kWidth) = a.relu ? rectify_native(best[t]) : best[t];
    }
}

template <int T = kMaxTile>
CNN_INLINE void choose_tile(std::ptrdiff_t tile, const SinglePooledRows& a, const float* x, const float* w,
                            const float* bias, float* lanes) {
    if (tile == T) return compute_tile<T>(a, x, w, bias, lanes);
    if constexpr (T > 1) choose_tile<T - 1>(tile, a, x, w, bias, lanes);
}

// Windows become rows, outputs lanes.
CNN_INLINE void store_windows(const float* lanes, std::ptrdiff_t windows, std::ptrdiff_t pixel, float* to) {
    for (std::ptrdiff_t o = 0; o < pixel; o += kWidth) {
        Native square[kWidth];
        CNN_UNROLL for (int i = 0; i < kWidth; ++i) square[i] = load_native(lanes + (o + i) * kWidth);
        transpose(square);
        if (windows >= kWidth) {
            CNN_UNROLL for (int i = 0; i < kWidth; ++i) store_unaligned(to + i * pixel + o, square[i]);
        } else {
            alignas(64) float values[kWidth * kWidth];
            CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
                *reinterpret_cast<Native*>(values + i * kWidth) = square[i];
            }
            for (std::ptrdiff_t i = 0; i < windows; ++i)
                store_unaligned(to + i * pixel + o, load_native(values + i * kWidth));
        }
    }
}

void rows(const SinglePooledRows& a) {
    // Lanes without an output stay zero.
    alignas(64) float lanes[kMaxSinglePooledOutputs * kWidth] = {};
    const std::ptrdiff_t outputs = a.output.channels, tiles = ceil_divide(outputs, kMaxTile);
    const std::ptrdiff_t taps = a.inputs * a.tap_rows * a.tap_cols;
    for (std::ptrdiff_t row = a.row_begin; row < a.row_end; ++row) {
        for (std::ptrdiff_t col = 0; col < a.output.width; col += kWidth) {
            for (std::ptrdiff_t t = 0; t < tiles; ++t) {
                const std::ptrdiff_t begin = part_begin(outputs, tiles, t);
                choose_tile(part_begin(outputs, tiles, t + 1) - begin, a, a.input + 2 * row * a.row + col,
                            a.weights + begin * taps, a.bias + begin, lanes + begin * kWidth);
            }
            store_windows(lanes, a.output.width - col, a.output.pixel, a.output.at(row, col));
        }
    }
}

}  // namespace

extern const SinglePooledConvolutionBody single_pooled_convolution_body = {kWidth, kMaxTile, rows};

}  // namespace CNN_ISA
}  // namespace cnn
