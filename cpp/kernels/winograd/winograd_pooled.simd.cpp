#include "core/lane_tile.h"
#include "kernels/winograd/winograd_lines.h"
#include "kernels/winograd/winograd_pooled_body.h"

namespace cnn {
namespace CNN_ISA {
namespace {

constexpr std::ptrdiff_t kElements = kPooledWinogradElements;
constexpr std::ptrdiff_t kTaps = 25;

CNN_INLINE std::ptrdiff_t tile_begin(std::ptrdiff_t outputs, std::ptrdiff_t tiles, std::ptrdiff_t t) {
    return t * outputs / tiles;
}

// Sixteen outputs are the lanes.
void transform_filters(const PooledWinogradFilters& a) {
    alignas(64) float taps[kTaps * kSamples], elements[kElements * kSamples];
    const std::ptrdiff_t tiles = (a.outputs + kMaxTile - 1) / kMaxTile, size = a.inputs * a.outputs;
    for (std::ptrdiff_t t = 0; t < tiles; ++t) {
        const std::ptrdiff_t begin = tile_begin(a.outputs, tiles, t),
                             tile = tile_begin(a.outputs, tiles, t + 1) - begin;
        for (std::ptrdiff_t c = 0; c < a.inputs; ++c) {
            for (std::ptrdiff_t o = 0; o < tile; ++o) {
                const float* from = a.weight + ((begin + o) * a.inputs + c) * kTaps;
                for (std::ptrdiff_t k = 0; k < kTaps; ++k) taps[k * kSamples + o] = from[k];
            }
            for (int part = 0; part * kWidth < tile; ++part) {
                const float* from = taps + part * kWidth;
                float* to = elements + part * kWidth;
                transform<FilterLine<SixPoints, 5>>(
                    [=](int i, int j)
                        __attribute__((always_inline)) { return load_native(from + (i * 5 + j) * kSamples); },
                    [=](int i, int j, Native value) __attribute__((always_inline)) {
                        store_unaligned(to + (i * 6 + j) * kSamples, value);
                    });
            }
            float* to = a.transformed + begin * a.inputs + c * tile;
            for (std::ptrdiff_t e = 0; e < kElements; ++e, to += size) {
                for (std::ptrdiff_t o = 0; o < tile; ++o) to[o] = elements[e * kSamples + o];
            }
        }
    }
}

// sums[element][t] = sum over c of transformed[element][c][t] * input[c][element].
template <int T>
CNN_INLINE void multiply(const PooledWinogradTile& a, const float* weights, const float* inputs,
                         float* sums) {
    const std::ptrdiff_t channels = a.inputs, size = a.inputs * a.outputs;
    for (std::ptrdiff_t e = 0; e < kElements; ++e, weights += size) {
        Sums<T, 1> s;
        const float* x = inputs + e * kSamples;
        const Lanes first = load(x);
        CNN_UNROLL for (int t = 0; t < T; ++t) s.at[t][0] = broadcast(weights[t]) * first;
        const float* w = weights + T;
        for (std::ptrdiff_t c = 1; c < channels; ++c, w += T) {
            x += kElements * kSamples;
            add_tap<T, 1>(s, x, 0, w);
        }
        CNN_UNROLL for (int t = 0; t < T; ++t) store(sums + (e * T + t) * kSamples, s.at[t][0]);
    }
}

template <int T>
void compute_tile(const PooledWinogradTile& a, std::ptrdiff_t begin, const float* inputs, float* sums) {
    multiply<T>(a, a.transformed + begin * a.inputs, inputs, sums);
    for (int t = 0; t < T; ++t) {
        const Native bias = broadcast_native(a.bias ? a.bias[begin + t] : 0.0f);
        for (int part = 0; part < kParts; ++part) {
            const float* from = sums + t * kSamples + part * kWidth;
            float* to = a.values + (begin + t) * kSamples + part * kWidth;
            const std::ptrdiff_t col = a.outputs * kSamples;
            transform<OutputLine<SixPoints, 2>>(
                [=](int i, int j)
                    __attribute__((always_inline)) { return load_native(from + (i * 6 + j) * T * kSamples); },
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    *reinterpret_cast<Native*>(to + (i * 2 + j) * col) = value + bias;
                });
        }
    }
}

template <int T = kMaxTile>
void choose(std::ptrdiff_t tile, const PooledWinogradTile& a, std::ptrdiff_t begin, const float* inputs,
            float* sums) {
    if (tile == T) return compute_tile<T>(a, begin, inputs, sums);
    if constexpr (T > 1) choose<T - 1>(tile, a, begin, inputs, sums);
}

void tile(const PooledWinogradTile& a) {
    float* inputs = a.scratch;
    float* sums = inputs + a.inputs * kElements * kSamples;
    for (std::ptrdiff_t c = 0; c < a.inputs; ++c) {
        for (int part = 0; part < kParts; ++part) {
            const float* from = a.input + c * a.channel + part * kWidth;
            float* to = inputs + c * kElements * kSamples + part * kWidth;
            const std::ptrdiff_t row = a.row;
            transform<InputLine<SixPoints>>(
                [=](int i, int j)
                    __attribute__((always_inline)) { return load_native(from + i * row + j * kSamples); },
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    *reinterpret_cast<Native*>(to + (i * 6 + j) * kSamples) = value;
                });
        }
    }
    const std::ptrdiff_t tiles = (a.outputs + kMaxTile - 1) / kMaxTile;
    for (std::ptrdiff_t t = 0; t < tiles; ++t) {
        const std::ptrdiff_t begin = tile_begin(a.outputs, tiles, t);
        choose(tile_begin(a.outputs, tiles, t + 1) - begin, a, begin, inputs, sums);
    }
}

}  // namespace

extern const PooledWinogradBody winograd_pooled_body = {kMaxTile, transform_filters, tile};

}  // namespace CNN_ISA
}  // namespace cnn
