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
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        float* row = c + t * g.c_row;
        if (columns >= P * kLanes) {
            CNN_UNROLL for (int p = 0; p < P; ++p) {
                CNN_UNROLL for (int i = 0; i < kParts; ++i) {
                    float* to = row + p * kLanes + i * kWidth;
                    const Native value = sums.at[t][p].part[i];
                    store_unaligned(to, g.accumulate ? load_unaligned(to) + value : value);
                }
            }
        } else {
            alignas(64) float values[P * kLanes];
            CNN_UNROLL for (int p = 0; p < P; ++p) store(values + p * kLanes, sums.at[t][p]);
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
        for (; j + (P - 1) * kLanes < g.columns; j += P * kLanes) {
            compute<T, P>(g, g.b + j / kLanes * g.panel_stride, g.c + j, g.columns - j);
        }
    }
    for (; j < g.columns; j += kLanes) {
        compute<T, 1>(g, g.b + j / kLanes * g.panel_stride, g.c + j, g.columns - j);
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
