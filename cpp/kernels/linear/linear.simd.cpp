#include "core/lane_tile.h"
#include "core/op.h"
#include "kernels/linear/linear_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <int T, int P>
CNN_INLINE void compute(const LinearTile& a, const float* x, float* y) {
    Sums<T, P> sums;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) sums.at[t][p] = broadcast(a.bias ? a.bias[t] : 0.0f);
    }
    const float* w = a.weight;
    if (a.weight_output == 1) {
        for (std::ptrdiff_t i = 0; i < a.terms; ++i, x += kLanes, w += a.weight_term) {
            add_tap<T, P>(sums, x, a.input_block, w, 1);
        }
    } else {
        for (std::ptrdiff_t i = 0; i < a.terms; ++i, x += kLanes, ++w) {
            add_tap<T, P>(sums, x, a.input_block, w, a.weight_output);
        }
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            const Lanes value = a.relu ? rectify(sums.at[t][p]) : sums.at[t][p];
            store(y + p * a.output_block + t * kLanes, value);
        }
    }
}

template <int T>
void compute_blocks(const LinearTile& a) {
    constexpr int P = positions(T);
    std::ptrdiff_t b = 0;
    if constexpr (P > 1) {
        for (; b + P <= a.blocks; b += P) {
            compute<T, P>(a, a.input + b * a.input_block, a.output + b * a.output_block);
        }
    }
    for (; b < a.blocks; ++b) compute<T, 1>(a, a.input + b * a.input_block, a.output + b * a.output_block);
}

template <int T = kMaxTile>
void choose_tile(const LinearTile& a) {
    if (a.tile == T) return compute_blocks<T>(a);
    if constexpr (T > 1) choose_tile<T - 1>(a);
}

void tile(const LinearTile& a) {
    choose_tile(a);
}

constexpr int kMaxStrips = positions(kMaxTile);

// The tree of slot_tree.h over kCount registers that lie `step` floats apart.
template <int kCount>
CNN_INLINE Native add_tree(const float* from, std::ptrdiff_t step) {
    Native v[kCount];
    CNN_UNROLL for (int s = 0; s < kCount; ++s) v[s] = load_native(from + s * step);
    CNN_UNROLL for (int half = kMaxSlots / 2; half > 0; half /= 2) {
        CNN_UNROLL for (int s = 0; s < half; ++s) {
            if (s + half < kCount) v[s] += v[s + half];
        }
    }
    return v[0];
}

template <int T, int P, int kCount = kMaxSlots>
CNN_INLINE void add_slots(const LinearGradientTile& a) {
    if (a.slots != kCount) {
        if constexpr (kCount > 1) add_slots<T, P, kCount - 1>(a);
        return;
    }
    const Native scale = broadcast_native(a.scale);
    for (int t = 0; t < T; ++t) {
        float* row = a.gradient + t * a.gradient_row;
        for (std::ptrdiff_t j = 0; j < a.columns; j += kWidth) {
            Native total = add_tree<kCount>(a.scratch + t * P * kLanes + j, T * P * kLanes) * scale;
            if (j + kWidth <= a.columns) {
                if (a.accumulate) total += load_unaligned(row + j);
                store_unaligned(row + j, total);
            } else {
                for (std::ptrdiff_t i = 0; j + i < a.columns; ++i) {
                    row[j + i] = a.accumulate ? row[j + i] + total[i] : total[i];
                }
            }
        }
    }
}

template <int T, int P>
void add_samples(const LinearGradientTile& a) {
    for (std::ptrdiff_t slot = 0; slot < a.slots; ++slot) {
        Sums<T, P> sums;
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            CNN_UNROLL for (int p = 0; p < P; ++p) sums.at[t][p] = broadcast(0.0f);
        }
        const float* x = a.rows + a.slot_begin[slot] * kLanes * a.row;
        for (std::ptrdiff_t block = a.slot_begin[slot]; block < a.slot_begin[slot + 1]; ++block) {
            const float* g = a.grad_output + block * a.grad_block;
            const std::ptrdiff_t live = block + 1 < a.blocks ? kLanes : a.last_lanes;
            for (std::ptrdiff_t lane = 0; lane < live; ++lane, x += a.row, ++g) {
                add_tap<T, P>(sums, x, kLanes, g, kLanes);
            }
        }
        float* to = a.scratch + slot * T * P * kLanes;
        CNN_UNROLL for (int t = 0; t < T; ++t) {
            CNN_UNROLL for (int p = 0; p < P; ++p) store(to + (t * P + p) * kLanes, sums.at[t][p]);
        }
    }
    add_slots<T, P>(a);
}

template <int T = kMaxTile>
void choose_gradient(const LinearGradientTile& a) {
    if (a.tile == T) {
        if (a.columns > (kMaxStrips - 1) * kLanes) return add_samples<T, kMaxStrips>(a);
        if constexpr (kMaxStrips > 2) {
            if (a.columns > kLanes) return add_samples<T, 2>(a);
        }
        return add_samples<T, 1>(a);
    }
    if constexpr (T > 1) choose_gradient<T - 1>(a);
}

void gradient(const LinearGradientTile& a) {
    choose_gradient(a);
}

}  // namespace

extern const LinearBody linear_body = {kMaxTile, kMaxStrips, tile, gradient};

}  // namespace CNN_ISA
}  // namespace cnn
