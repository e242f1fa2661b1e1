#include "kernels/single_epilogue.h"
#include "kernels/single_winograd_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// One dimension of the transforms of Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks",
// section 4: F(2, 3) with points 0, 1, -1, infinity, and F(4, 3) with 0, 1, -1, 2, -2, infinity. x to Bt x.
template <int M>
CNN_INLINE void input_points(const Native (&x)[M + 2], Native (&y)[M + 2]) {
    if constexpr (M == 2) {
        y[0] = x[0] - x[2];
        y[1] = x[1] + x[2];
        y[2] = x[2] - x[1];
        y[3] = x[1] - x[3];
    } else {
        const Native even = x[4] - 4.0f * x[2], odd = x[3] - 4.0f * x[1];
        const Native even2 = x[4] - x[2], odd2 = 2.0f * (x[3] - x[1]);
        y[0] = 4.0f * x[0] - 5.0f * x[2] + x[4];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = even2 + odd2;
        y[4] = even2 - odd2;
        y[5] = 4.0f * x[1] - 5.0f * x[3] + x[5];
    }
}

// x to At x.
template <int M>
CNN_INLINE void output_points(const Native (&x)[M + 2], Native (&y)[M]) {
    if constexpr (M == 2) {
        y[0] = x[0] + x[1] + x[2];
        y[1] = x[1] - x[2] - x[3];
    } else {
        const Native sum = x[1] + x[2], difference = x[1] - x[2];
        const Native sum2 = x[3] + x[4], difference2 = x[3] - x[4];
        y[0] = x[0] + sum + sum2;
        y[1] = difference + 2.0f * difference2;
        y[2] = sum + 4.0f * sum2;
        y[3] = difference + 8.0f * difference2 + x[5];
    }
}

template <int M>
void transform_input_of(const SingleWinogradTiles& a, float* transformed) {
    constexpr int N = M + 2;
    for (std::ptrdiff_t tile = a.first_tile; tile < a.end_tile; ++tile) {
        const float* corner = a.image.at(tile / a.tile_cols * M, tile % a.tile_cols * M);
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            Native columns[N][N];  // [column][point of its rows]
            CNN_UNROLL for (int col = 0; col < N; ++col) {
                Native x[N];
                CNN_UNROLL for (int row = 0; row < N; ++row) {
                    x[row] = load_unaligned(corner + row * a.image.row + col * a.image.pixel + c);
                }
                input_points<M>(x, columns[col]);
            }
            float* to = transformed + tile * a.channels + c;
            CNN_UNROLL for (int row = 0; row < N; ++row) {
                Native x[N], y[N];
                CNN_UNROLL for (int col = 0; col < N; ++col) x[col] = columns[col][row];
                input_points<M>(x, y);
                CNN_UNROLL for (int col = 0; col < N; ++col)
                    store_unaligned(to + (row * N + col) * a.point, y[col]);
            }
        }
    }
}

template <int M>
void transform_output_of(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                         const SingleEpilogue& epilogue) {
    constexpr int N = M + 2;
    for (std::ptrdiff_t tile = a.first_tile; tile < a.end_tile; ++tile) {
        const std::ptrdiff_t top = tile / a.tile_cols * M, left = tile % a.tile_cols * M;
        // The last tiles may reach beyond the output.
        const std::ptrdiff_t rows = a.image.height - top, cols = a.image.width - left;
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            const float* from = transformed + tile * a.channels + c;
            Native columns[N][M];  // [column][output row]
            CNN_UNROLL for (int col = 0; col < N; ++col) {
                Native x[N];
                CNN_UNROLL for (int row = 0; row < N; ++row) x[row] =
                    load_unaligned(from + (row * N + col) * a.point);
                output_points<M>(x, columns[col]);
            }
            const Native start = load_unaligned(bias + c);
            CNN_UNROLL for (int row = 0; row < M; ++row) {
                Native x[N], y[M];
                CNN_UNROLL for (int col = 0; col < N; ++col) x[col] = columns[col][row];
                output_points<M>(x, y);
                if (row >= rows) continue;
                float* to = a.image.at(top + row, left) + c;
                CNN_UNROLL for (int col = 0; col < M; ++col) {
                    if (col < cols)
                        store_unaligned(to + col * a.image.pixel, finish(y[col] + start, epilogue, c));
                }
            }
        }
    }
}

void transform_input(const SingleWinogradTiles& a, float* transformed) {
    if (a.m == 2) return transform_input_of<2>(a, transformed);
    transform_input_of<4>(a, transformed);
}

void transform_output(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                      const SingleEpilogue& epilogue) {
    if (a.m == 2) return transform_output_of<2>(a, transformed, bias, epilogue);
    transform_output_of<4>(a, transformed, bias, epilogue);
}

}  // namespace

extern const SingleWinogradBody single_winograd_body = {transform_input, transform_output};

}  // namespace CNN_ISA
}  // namespace cnn
