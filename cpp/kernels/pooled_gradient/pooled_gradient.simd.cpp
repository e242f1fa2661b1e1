#include "kernels/pooled_gradient/pooled_gradient_body.h"
#include "simd/compress.h"
#include "simd/transpose.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Sums that stay in registers, as in lane_tile.h; one more holds a gradient.
constexpr int kTile = kRegisters == 32 ? 24 : 12;
constexpr int kMaxVectors = 4;
// Vectors of a scatter's columns: as many floats on AVX2 as on AVX-512, since columns decide an order of
// sums.
constexpr int kMaxScatter = kRegisters == 32 ? kMaxVectors : 64 / kWidth < 8 ? 64 / kWidth : 8;

constexpr int rows_of(int vectors) {
    return kTile / vectors < 6 ? kTile / vectors : 6;
}

std::ptrdiff_t max_rows(std::ptrdiff_t vectors) {
    return rows_of(static_cast<int>(vectors));
}

CNN_INLINE NativeInt load_int(const std::int32_t* p) {
    return *reinterpret_cast<const NativeInt*>(p);
}

CNN_INLINE Native passed(const PooledGradients& a, std::ptrdiff_t at) {
    const Native g = load_native(a.grad_output + at);
    if (a.output == nullptr) return g;
    return select_native(load_native(a.output + at) <= Native{}, Native{}, g);
}

CNN_INLINE NativeInt chosen_offset(const PooledGradients& a, std::ptrdiff_t at) {
    const NativeInt choice = load_int(a.choice + at);
    NativeInt offset = broadcast_native(a.choice_offset[0]);
    for (std::ptrdiff_t k = 1; k < a.choices; ++k) {
        const NativeInt here = choice == broadcast_native(static_cast<std::int32_t>(k));
        offset = (broadcast_native(a.choice_offset[k]) & here) | (offset & ~here);
    }
    return offset;
}

std::ptrdiff_t channel_list(const ChannelList& a, float* sum) {
    const Mask live = first_lanes(a.live);
    Mask lane_offset;
    for (int i = 0; i < kLanes; ++i) lane_offset.part[i / kWidth][i % kWidth] = i * a.lane_offset;
    Lanes total = broadcast(0.0f);
    std::ptrdiff_t count = 0;
    for (std::ptrdiff_t p = 0; p < a.gradients.positions; ++p) {
        const NativeInt origin = broadcast_native(a.position_offset[p]);
        CNN_UNROLL for (int i = 0; i < kParts; ++i) {
            const std::ptrdiff_t at = p * kLanes + i * kWidth;
            const Native g = select_native(live.part[i], passed(a.gradients, at), Native{});
            total.part[i] += g;
            const NativeInt offset = origin + lane_offset.part[i] + chosen_offset(a.gradients, at);
            count += compress(g != Native{}, offset, g, a.offsets + count, a.values + count);
        }
    }
    *sum = CNN_ISA::sum(total);
    return count;
}

template <int R, int V>
void product_tile(const ListProduct& arguments) {
    const ListProduct a = arguments;  // a copy, which stores to memory cannot change
    Native sums[R][V];
    CNN_UNROLL for (int r = 0; r < R; ++r) {
        CNN_UNROLL for (int v = 0; v < V; ++v) sums[r][v] = load_unaligned(a.sums + (r * V + v) * kWidth);
    }
    for (std::ptrdiff_t i = 0; i < a.count; ++i) {
        const float* from = a.x + a.offsets[i];
        const Native g = broadcast_native(a.values[i]);
        CNN_UNROLL for (int r = 0; r < R; ++r) {
            CNN_UNROLL for (int v = 0; v < V; ++v) sums[r][v] +=
                g * load_unaligned(from + r * a.row + v * kWidth);
        }
    }
    CNN_UNROLL for (int r = 0; r < R; ++r) {
        CNN_UNROLL for (int v = 0; v < V; ++v) store_unaligned(a.sums + (r * V + v) * kWidth, sums[r][v]);
    }
}

// Channels a register at a time: their gradients are transposed, so that those of a sample stand side by
// side.
void sample_lists(const SampleLists& a) {
    std::int32_t counts[kWidth] = {};
    const std::ptrdiff_t lanes = a.live - a.first_lane < kWidth ? a.live - a.first_lane : kWidth;
    for (std::ptrdiff_t p = 0; p < a.gradients.positions; ++p) {
        for (std::ptrdiff_t o = 0; o < a.channels; o += kWidth) {
            Native g[kWidth], offset[kWidth];
            CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
                if (o + i < a.channels) {
                    const std::ptrdiff_t at = (o + i) * a.gradients.channel + p * kLanes + a.first_lane;
                    const auto channel = static_cast<std::int32_t>(o + i);
                    g[i] = passed(a.gradients, at);
                    offset[i] = reinterpret_cast<Native>(chosen_offset(a.gradients, at) +
                                                         broadcast_native(channel * a.channel_offset));
                } else {
                    g[i] = offset[i] = Native{};
                }
            }
            transpose(g);
            transpose(offset);
            CNN_UNROLL for (int lane = 0; lane < kWidth; ++lane) {
                if (lane < lanes) {
                    const std::ptrdiff_t to = lane * a.list + counts[lane];
                    counts[lane] += static_cast<std::int32_t>(
                        compress(g[lane] != Native{}, reinterpret_cast<NativeInt>(offset[lane]), g[lane],
                                 a.offsets + to, a.values + to));
                }
            }
        }
        for (std::ptrdiff_t lane = 0; lane < lanes; ++lane)
            a.ends[lane * a.gradients.positions + p] = counts[lane];
    }
}

template <int R, int V>
void scatter_tile(const ListScatter& arguments) {
    const ListScatter a = arguments;  // a copy, which stores to memory cannot change
    std::ptrdiff_t i = 0;
    for (std::ptrdiff_t p = 0; p < a.positions; ++p) {
        if (i == a.ends[p]) continue;
        Native sums[R][V];
        CNN_UNROLL for (int r = 0; r < R; ++r) {
            CNN_UNROLL for (int v = 0; v < V; ++v) sums[r][v] = Native{};
        }
        for (; i < a.ends[p]; ++i) {
            const float* from = a.weights + a.offsets[i];
            const Native g = broadcast_native(a.values[i]);
            CNN_UNROLL for (int r = 0; r < R; ++r) {
                CNN_UNROLL for (int v = 0; v < V; ++v) {
                    sums[r][v] += g * load_native(from + r * a.weight_row + v * kWidth);
                }
            }
        }
        float* to = a.sample + a.position_offset[p];
        CNN_UNROLL for (int r = 0; r < R; ++r) {
            CNN_UNROLL for (int v = 0; v < V; ++v) {
                float* at = to + r * a.sample_row + v * kWidth;
                store_unaligned(at, load_unaligned(at) + sums[r][v]);
            }
        }
    }
}

template <int V, int R = rows_of(V)>
CNN_INLINE void choose_rows(const ListProduct& a) {
    if (a.rows == R) return product_tile<R, V>(a);
    if constexpr (R > 1) choose_rows<V, R - 1>(a);
}

template <int V, int R = rows_of(V)>
CNN_INLINE void choose_rows(const ListScatter& a) {
    if (a.rows == R) return scatter_tile<R, V>(a);
    if constexpr (R > 1) choose_rows<V, R - 1>(a);
}

void choose(const ListProduct& a) {
    switch (a.vectors) {
        case 1:
            return choose_rows<1>(a);
        case 2:
            return choose_rows<2>(a);
        case 3:
            return choose_rows<3>(a);
        default:
            return choose_rows<kMaxVectors>(a);
    }
}

void product(const ListProduct& a) {
    choose(a);
}

template <int V = kMaxScatter>
CNN_INLINE void choose_vectors(const ListScatter& a) {
    if (a.vectors == V) return choose_rows<V>(a);
    if constexpr (V > 1) choose_vectors<V - 1>(a);
}

void scatter(const ListScatter& a) {
    choose_vectors(a);
}

}  // namespace

extern const PooledGradientBody pooled_gradient_body = {kWidth,       kMaxVectors, kMaxScatter,  max_rows,
                                                        channel_list, product,     sample_lists, scatter};

}  // namespace CNN_ISA
}  // namespace cnn
