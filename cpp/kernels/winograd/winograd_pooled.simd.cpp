#include "core/lane_tile.h"
#include "kernels/winograd/winograd_pooled_body.h"
#include "kernels/winograd/winograd_window.h"

namespace cnn {
namespace CNN_ISA {
namespace {

using Input = InputLine<SixPoints>;
constexpr std::ptrdiff_t kElements = kPooledWinogradElements;
constexpr int kIn = Input::kFrom;
static_assert(kIn == winograd_window(kWinograd2x5));

// sums[element][t] = sum over c of transformed[element][c][t] * input[c][element].
template <int T>
CNN_INLINE void multiply(const PooledWinogradTile& a, const float* weights, const float* inputs,
                         float* sums) {
    const std::ptrdiff_t channels = a.picture.channels, size = winograd_apart(channels * a.outputs);
    for (std::ptrdiff_t e = 0; e < kElements; ++e, weights += size) {
        Sums<T, 1> s;
        const float* x = inputs + e * kLanes;
        const Lanes first = load(x);
        CNN_UNROLL for (int t = 0; t < T; ++t) s.at[t][0] = broadcast(weights[t]) * first;
        const float* w = weights + T;
        for (std::ptrdiff_t c = 1; c < channels; ++c, w += T) {
            x += kElements * kLanes;
            add_tap<T, 1>(s, x, 0, w);
        }
        CNN_UNROLL for (int t = 0; t < T; ++t) store(sums + (e * T + t) * kLanes, s.at[t][0]);
    }
}

template <int T>
void compute_register_tile(const PooledWinogradTile& a, std::ptrdiff_t begin, const float* inputs,
                           float* sums) {
    multiply<T>(a, a.transformed + begin * a.picture.channels, inputs, sums);
    for (int t = 0; t < T; ++t) {
        const Native bias = broadcast_native(a.bias ? a.bias[begin + t] : 0.0f);
        for (int part = 0; part < kParts; ++part) {
            const float* from = sums + t * kLanes + part * kWidth;
            float* to = a.values + (begin + t) * kLanes + part * kWidth;
            const std::ptrdiff_t col = a.outputs * kLanes;
            transform<OutputLine<SixPoints, 2>>(
                Read{from, kIn * T * kLanes, T * kLanes},
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    *reinterpret_cast<Native*>(to + (i * 2 + j) * col) = value + bias;
                });
        }
    }
}

template <int T = kMaxTile>
void choose(std::ptrdiff_t count, const PooledWinogradTile& a, std::ptrdiff_t begin, const float* inputs,
            float* sums) {
    if (count == T) return compute_register_tile<T>(a, begin, inputs, sums);
    if constexpr (T > 1) choose<T - 1>(count, a, begin, inputs, sums);
}

void tile(const PooledWinogradTile& a) {
    const WinogradPicture& p = a.picture;
    float* inputs = a.scratch;
    float* sums = inputs + p.channels * kElements * kLanes;
    const InputWindow w = window_at(p, a.row, a.col, kIn);
    for (std::ptrdiff_t c = 0; c < p.channels; ++c) {
        for (int part = 0; part < kParts; ++part) {
            float* to = inputs + c * kElements * kLanes + part * kWidth;
            transform_window<Input>(w, c * p.height * p.width * kLanes, part,
                                    Write{to, kIn * kLanes, kLanes});
        }
    }
    const std::ptrdiff_t register_tiles = (a.outputs + kMaxTile - 1) / kMaxTile;
    for (std::ptrdiff_t t = 0; t < register_tiles; ++t) {
        const std::ptrdiff_t begin = part_begin(a.outputs, register_tiles, t);
        choose(part_begin(a.outputs, register_tiles, t + 1) - begin, a, begin, inputs, sums);
    }
}

}  // namespace

extern const PooledWinogradBody winograd_pooled_body = {kMaxTile, tile};

}  // namespace CNN_ISA
}  // namespace cnn
