#include "core/lane_tile.h"
#include "kernels/winograd/winograd_body.h"
#include "kernels/winograd/winograd_window.h"
#include "simd/transpose.h"

namespace cnn {
namespace CNN_ISA {
namespace {

using Input = InputLine<SixPoints>;
constexpr int kIn = Input::kFrom, kOut = kWinograd4x3.outputs;
static_assert(kIn == winograd_window(kWinograd4x3));

InputWindow window(const WinogradPicture& p, const WinogradTiles& tiles, std::ptrdiff_t tile, int size) {
    const WinogradPlace place = winograd_place(tiles.tiling, tile);
    return window_at(p, tiles.row + place.row, tiles.col + place.col, size);
}

// Asks for what the tile will read of a later plane: its own columns of all rows, since those to either side
// are its neighbours'.
template <class Line>
CNN_INLINE void prefetch_window(const InputWindow& w, std::ptrdiff_t plane) {
    for (int i = w.row_begin; i < w.row_end; ++i) {
        const float* from = w.origin + plane + i * w.row_step;
        CNN_UNROLL for (int j = (Line::kFrom - kOut) / 2; j < (Line::kFrom + kOut) / 2; ++j) {
            __builtin_prefetch(from + j * kLanes);
        }
    }
}

// Channel by channel, since the tiles of a row share lines of the cache.
void transform_input(const WinogradPicture& p, const WinogradTiles& tiles, const WinogradPlaces& places) {
    const std::ptrdiff_t plane = p.height * p.width * kLanes;
    InputWindow windows[kWinogradGroup];
    for (std::ptrdiff_t t = tiles.begin; t < tiles.end; ++t)
        windows[t - tiles.begin] = window(p, tiles, t, kIn);
    for (std::ptrdiff_t c = 0; c < p.channels; ++c) {
        for (std::ptrdiff_t t = 0; t < tiles.end - tiles.begin; ++t) {
            if (c + 1 < p.channels) prefetch_window<Input>(windows[t], (c + 1) * plane);
            for (int part = 0; part < kParts; ++part) {
                float* to = places.to + t * places.tile + c * places.channels + part * kWidth;
                transform_window<Input>(windows[t], c * plane, part,
                                        Write{to, kIn * places.element, places.element});
            }
        }
    }
}

template <int T, int P>
CNN_INLINE void multiply_positions(const WinogradProduct& a, const float* x, const float* w, float* sums) {
    Sums<T, P> s;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) s.at[t][p] = broadcast(0.0f);
    }
    for (std::ptrdiff_t c = 0; c < a.channels; ++c) {
        add_tap<T, P>(s, x + c * kLanes, a.channels * kLanes, w + c * T);
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) store(sums + (t * a.positions + p) * kLanes, s.at[t][p]);
    }
}

// As many positions at a time as the registers hold, then what is left.
template <int T, int P = positions(T)>
CNN_INLINE void multiply_all(const WinogradProduct& a, const float* x, const float* w, float* sums,
                             std::ptrdiff_t p = 0) {
    for (; p + P <= a.positions; p += P) {
        multiply_positions<T, P>(a, x + p * a.channels * kLanes, w, sums + p * kLanes);
    }
    if constexpr (P > 1) multiply_all<T, P - 1>(a, x, w, sums, p);
}

template <int T = kMaxTile>
CNN_INLINE void multiply_register_tile(std::ptrdiff_t outputs, const WinogradProduct& a, const float* x,
                                       const float* w, float* sums) {
    if (outputs == T) return multiply_all<T>(a, x, w, sums);
    if constexpr (T > 1) multiply_register_tile<T - 1>(outputs, a, x, w, sums);
}

void multiply(const WinogradProduct& a) {
    const std::ptrdiff_t base = part_begin(a.outputs, a.register_tiles, a.first_register_tile);
    for (int e = 0; e < kWinogradElements; ++e) {
        for (std::ptrdiff_t t = a.first_register_tile; t < a.last_register_tile; ++t) {
            const std::ptrdiff_t first = part_begin(a.outputs, a.register_tiles, t),
                                 end = part_begin(a.outputs, a.register_tiles, t + 1);
            multiply_register_tile(end - first, a, a.input + e * a.input_element,
                                   a.weights + e * a.weight_element + first * a.channels,
                                   a.sums + e * a.sum_element + (first - base) * a.positions * kLanes);
        }
    }
}

void transform_output(const WinogradResult& a) {
    const std::ptrdiff_t plane = a.height * a.width * kLanes, row_step = a.width * kLanes;
    const std::ptrdiff_t count = a.tiles.end - a.tiles.begin;
    for (std::ptrdiff_t c = 0; c < a.channels; ++c) {
        const Native bias = a.bias ? broadcast_native(a.bias[c]) : Native{};
        const WinogradNormalization& n = a.normalization;
        const Native mean = n.mean ? broadcast_native(n.mean[c]) : Native{};
        const Native shift = n.mean && n.bias ? broadcast_native(n.bias[c]) : Native{};
        const Native scale =
            n.mean ? broadcast_native(n.weight ? n.inverse_std[c] * n.weight[c] : n.inverse_std[c])
                   : Native{};
        for (std::ptrdiff_t t = 0; t < count; ++t) {
            const auto [row, col] = winograd_place(a.tiles.tiling, a.tiles.begin + t);
            const int rows = clamp(a.height - row, kOut), cols = clamp(a.width - col, kOut);
            if (c + 1 < a.channels) {
                for (int i = 0; i < rows; ++i) {
                    const float* next = a.output + (c + 1) * plane + (row + i) * row_step + col * kLanes;
                    for (int j = 0; j < cols; ++j) __builtin_prefetch(next + j * kLanes, 1);
                }
            }
            for (int part = 0; part < kParts; ++part) {
                const float* from = a.sums + (c * count + t) * kLanes + part * kWidth;
                float* to = a.output + c * plane + row * row_step + col * kLanes + part * kWidth;
                const Read read{from, kIn * a.sum_element, a.sum_element};
                const auto finish = [&](Native value) __attribute__((always_inline)) {
                    value += bias;
                    if (n.mean) value = fused(value - mean, scale, shift);
                    return a.relu ? select_native(value < Native{}, Native{}, value) : value;
                };
                if (rows == kOut && cols == kOut) {
                    transform<OutputLine<SixPoints, 4>>(
                        read, [=](int i, int j, Native value) __attribute__((always_inline)) {
                            *reinterpret_cast<Native*>(to + i * row_step + j * kLanes) = finish(value);
                        });
                } else {
                    transform<OutputLine<SixPoints, 4>>(
                        read, [=](int i, int j, Native value) __attribute__((always_inline)) {
                            if (i < rows && j < cols) {
                                *reinterpret_cast<Native*>(to + i * row_step + j * kLanes) = finish(value);
                            }
                        });
                }
            }
        }
    }
}

// As many channels at a time as a register has lanes: what is to be transposed stays in the first-level
// cache.
template <class Line>
CNN_INLINE void transform_transposed(const WinogradPicture& p, const WinogradTiles& tiles,
                                     std::ptrdiff_t samples, const WinogradPlaces& places) {
    constexpr int kStep = kWidth * kLanes + kLanes;  // no power of two: elements on different cache sets
    alignas(64) float elements[kWinogradElements * kStep];  // [element][channel][16 samples]
    const std::ptrdiff_t plane = p.height * p.width * kLanes;
    const std::ptrdiff_t lanes = (p.channels + kLanes - 1) / kLanes * kLanes;
    for (std::ptrdiff_t c0 = 0; c0 < lanes; c0 += kWidth) {
        for (std::ptrdiff_t tile = tiles.begin; tile < tiles.end; ++tile) {
            const InputWindow w = window(p, tiles, tile, Line::kFrom);
            for (std::ptrdiff_t c = 0; c < kWidth; ++c) {
                if (c0 + c + 1 < p.channels) prefetch_window<Line>(w, (c0 + c + 1) * plane);
                for (int part = 0; part < kParts; ++part) {
                    float* to = elements + c * kLanes + part * kWidth;
                    const Write write{to, kIn * kStep, kStep};
                    if (c0 + c < p.channels) {
                        transform_window<Line>(w, (c0 + c) * plane, part, write);
                    } else {
                        for (int e = 0; e < kWinogradElements; ++e) write(0, e, Native{});
                    }
                }
            }
            float* rows =
                places.to + c0 / kLanes * places.channels + (tile - tiles.begin) * places.tile + c0 % kLanes;
            for (int e = 0; e < kWinogradElements; ++e, rows += places.element) {
                for (int part = 0; part < kParts; ++part) {
                    const std::ptrdiff_t count = samples - part * kWidth;
                    Native square[kWidth];
                    CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
                        square[i] = load_native(elements + e * kStep + i * kLanes + part * kWidth);
                    }
                    transpose(square);
                    float* to = rows + part * kWidth * kLanes;
                    CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
                        if (i < count) *reinterpret_cast<Native*>(to + i * kLanes) = square[i];
                    }
                }
            }
        }
    }
}

void transpose_input(const WinogradPicture& p, const WinogradTiles& tiles, std::ptrdiff_t samples,
                     const WinogradPlaces& places) {
    transform_transposed<Input>(p, tiles, samples, places);
}

void transpose_gradient(const WinogradPicture& p, const WinogradTiles& tiles, std::ptrdiff_t samples,
                        const WinogradPlaces& places) {
    transform_transposed<FilterLine<SixPoints, 4>>(p, tiles, samples, places);
}

template <int T, int P>
CNN_INLINE void multiply_chunks(const WinogradGradientProduct& a, const float* x, const float* g,
                                float* sums) {
    const std::ptrdiff_t row = a.input_chunks * kLanes;
    Sums<T, P> s;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            s.at[t][p] = a.first ? broadcast(0.0f) : load(sums + t * row + p * kLanes);
        }
    }
    for (std::ptrdiff_t r = 0; r < a.terms; ++r) {
        add_tap<T, P>(s, x + r * kLanes, a.input_chunk, g + r * kLanes);
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) store(sums + t * row + p * kLanes, s.at[t][p]);
    }
}

template <int T, int P = positions(T)>
CNN_INLINE void multiply_all_chunks(const WinogradGradientProduct& a, const float* x, const float* g,
                                    float* sums, std::ptrdiff_t p = 0) {
    for (; p + P <= a.input_chunks; p += P) {
        multiply_chunks<T, P>(a, x + p * a.input_chunk, g, sums + p * kLanes);
    }
    if constexpr (P > 1) multiply_all_chunks<T, P - 1>(a, x, g, sums, p);
}

template <int T = kMaxTile>
CNN_INLINE void multiply_gradient_register_tile(std::ptrdiff_t outputs, const WinogradGradientProduct& a,
                                                const float* x, const float* g, float* sums) {
    if (outputs == T) return multiply_all_chunks<T>(a, x, g, sums);
    if constexpr (T > 1) multiply_gradient_register_tile<T - 1>(outputs, a, x, g, sums);
}

void multiply_gradient(const WinogradGradientProduct& a) {
    for (int e = 0; e < kWinogradElements; ++e) {
        for (std::ptrdiff_t o0 = 0; o0 < a.outputs; o0 += kLanes) {
            const std::ptrdiff_t count = a.outputs - o0 < kLanes ? a.outputs - o0 : kLanes;
            const std::ptrdiff_t register_tiles = (count + kMaxTile - 1) / kMaxTile;
            const float* grads = a.grads + e * a.grad_element + o0 / kLanes * a.grad_chunk;
            for (std::ptrdiff_t t = 0; t < register_tiles; ++t) {
                const std::ptrdiff_t first = part_begin(count, register_tiles, t),
                                     end = part_begin(count, register_tiles, t + 1);
                multiply_gradient_register_tile(
                    end - first, a, a.inputs + e * a.input_element, grads + first,
                    a.sums + e * a.sum_element + (o0 + first) * a.input_chunks * kLanes);
            }
        }
    }
}

void gradient_result(const WinogradGradientResult& a) {
    alignas(64) float taps[9 * kLanes];
    for (int part = 0; part < kParts; ++part) {
        const float* from = a.sums + part * kWidth;
        float* to = taps + part * kWidth;
        transform<OutputLine<SixPoints, 3>>(Read{from, kIn * a.sum_element, a.sum_element},
                                            Write{to, 3 * kLanes, kLanes});
    }
    for (std::ptrdiff_t c = 0; c < a.count; ++c) {
        for (int k = 0; k < 9; ++k) a.gradient[c * 9 + k] = taps[k * kLanes + c];
    }
}

}  // namespace

extern const WinogradBody winograd_body = {kMaxTile,           positions(kMaxTile), transform_input,
                                           multiply,           transform_output,    transpose_input,
                                           transpose_gradient, multiply_gradient,   gradient_result};

}  // namespace CNN_ISA
}  // namespace cnn
