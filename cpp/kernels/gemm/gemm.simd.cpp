#include "core/lane_tile.h"
#include "kernels/gemm/gemm_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// One tile of C: T rows by P panels of 16 columns, of which `columns` are inside the matrix.
template <int T, int P>
CNN_INLINE void compute(const GemmTile& g, const float* b, float* c, std::ptrdiff_t columns) {
    Sums<T, P> sums;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) sums.at[t][p] = broadcast(0.0f);
    }
    add_taps<T, P>(sums, b, g.a, walk_of_terms<T>(g.terms, g.panel_stride));
    for (int t = 0; t < T; ++t) {
        float* row = c + t * g.c_row;
        if (columns >= P * kSamples) {
            for (int p = 0; p < P; ++p) {
                for (int i = 0; i < kParts; ++i) {
                    float* to = row + p * kSamples + i * kWidth;
                    const Native value = sums.at[t][p].part[i];
                    store_unaligned(to, g.accumulate ? load_unaligned(to) + value : value);
                }
            }
        } else {
            alignas(64) float values[P * kSamples];
            for (int p = 0; p < P; ++p) store(values + p * kSamples, sums.at[t][p]);
            for (std::ptrdiff_t j = 0; j < columns; ++j)
                row[j] = g.accumulate ? row[j] + values[j] : values[j];
        }
    }
}

template <int T>
void compute_columns(const GemmTile& g) {
    constexpr int P = positions(T);
    std::ptrdiff_t j = 0;
    if constexpr (P > 1) {
        for (; j + (P - 1) * kSamples < g.columns; j += P * kSamples) {
            compute<T, P>(g, g.b + j / kSamples * g.panel_stride, g.c + j, g.columns - j);
        }
    }
    for (; j < g.columns; j += kSamples) {
        compute<T, 1>(g, g.b + j / kSamples * g.panel_stride, g.c + j, g.columns - j);
    }
}

template <int T = kMaxTile>
void choose(const GemmTile& g) {
    if (g.tile == T) return compute_columns<T>(g);
    if constexpr (T > 1) choose<T - 1>(g);
}

void tile(const GemmTile& g) {
    choose(g);
}

}  // namespace

extern const GemmBody gemm_body = {kMaxTile, tile};

}  // namespace CNN_ISA
}  // namespace cnn
