#include "kernels/single/single_epilogue.h"
#include "kernels/single/single_layers_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Rows of weights at once: enough sums in flight to hide the latency of an addition, few enough streams for
// the prefetcher, and no more sums than registers.
constexpr int kRows = kParts == 1 ? 8 : kParts == 2 ? 4 : 2;

// A row has sixteen sums, one for each lane, whatever the width of a register and the number of rows beside
// it: every width adds in one order.
template <int R>
CNN_INLINE void multiply_rows(const SingleProducts& a, std::ptrdiff_t first) {
    const float* w = a.weight + first * a.inputs;
    Lanes sums[R];
    CNN_UNROLL for (int r = 0; r < R; ++r) sums[r] = broadcast(0.0f);
    std::ptrdiff_t i = 0;
    for (; i + kLanes <= a.inputs; i += kLanes) {
        CNN_UNROLL for (int s = 0; s < kParts; ++s) {
            const Native x = load_unaligned(a.input + i + s * kWidth);
            CNN_UNROLL for (int r = 0; r < R; ++r) {
                sums[r].part[s] += load_unaligned(w + r * a.inputs + i + s * kWidth) * x;
            }
        }
        // Rows are too short for the prefetcher to find the next ones in time.
        CNN_UNROLL for (int r = 0; r < R; ++r) __builtin_prefetch(w + (R + r) * a.inputs + i);
    }
    if (i < a.inputs) {
        CNN_UNROLL for (int s = 0; s < kParts; ++s) {
            const std::ptrdiff_t at = i + s * kWidth, rest = a.inputs - at;
            const Native x = load_leading(a.input + at, rest);
            CNN_UNROLL for (int r = 0; r < R; ++r) {
                sums[r].part[s] += load_leading(w + r * a.inputs + at, rest) * x;
            }
        }
    }
    CNN_UNROLL for (int r = 0; r < R; ++r) {
        float total = CNN_ISA::sum(sums[r]);
        if (a.bias != nullptr) total += a.bias[first + r];
        a.output[first + r] = a.relu && total < 0.0f ? 0.0f : total;
    }
}

// Floats of the rows at hand and of those that are fetched ahead: three quarters of a first-level cache of
// 32,768 bytes.
constexpr std::ptrdiff_t kFloatsNear = 6 << 10;

void products(const SingleProducts& a) {
    std::ptrdiff_t o = a.begin;
    if (kRows <= 4 || 2 * kRows * a.inputs <= kFloatsNear) {
        for (; o + kRows <= a.end; o += kRows) multiply_rows<kRows>(a, o);
    }
    if constexpr (kRows > 4) {
        for (; o + 4 <= a.end; o += 4) multiply_rows<4>(a, o);
    }
    for (; o < a.end; ++o) multiply_rows<1>(a, o);
}

// `function` gives, for a window, what makes one number of each channel from its first place on.
template <class Function>
CNN_INLINE void pool(const PoolingShape& s, const SingleTensor& input, const SingleTensor& output,
                     std::ptrdiff_t begin, std::ptrdiff_t end, Function function) {
    for (std::ptrdiff_t oh = begin; oh < end; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow) {
            const PoolingWindow cols = s.cols(ow);
            const auto reduce = function(oh, ow, rows, cols);
            const float* x = input.values + rows.begin * input.row + cols.begin * input.pixel;
            float* y = output.values + oh * output.row + ow * output.pixel;
            for (std::ptrdiff_t c = 0; c < s.channels; c += kWidth) {
                store_unaligned(y + c, reduce(x + c));
            }
        }
    }
}

void max_pooling(const PoolingShape& s, const SingleTensor& input, const SingleTensor& output,
                 std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::ptrdiff_t row = input.row, pixel = input.pixel;
    using At = std::ptrdiff_t;
    using Part = const PoolingWindow&;
    if (s.kernel_height == 2 && s.kernel_width == 2 && s.padding_height == 0 && s.padding_width == 0 &&
        s.has_whole_windows()) {
        pool(s, input, output, begin, end, [=](At, At, Part, Part) __attribute__((always_inline)) {
            return [=](const float* x) __attribute__((always_inline)) {
                return larger(
                    load_unaligned(x + row + pixel),
                    larger(load_unaligned(x + row), larger(load_unaligned(x + pixel), load_unaligned(x))));
            };
        });
        return;
    }
    const std::ptrdiff_t down = s.dilation_height, right = s.dilation_width;
    pool(s, input, output, begin, end, [=](At, At, Part rows, Part cols) __attribute__((always_inline)) {
        return [=](const float* x) __attribute__((always_inline)) {
            Native best = load_unaligned(x);
            for (std::ptrdiff_t h = 0; h < rows.end - rows.begin; h += down) {
                for (std::ptrdiff_t w = 0; w < cols.end - cols.begin; w += right)
                    best = larger(load_unaligned(x + h * row + w * pixel), best);
            }
            return best;
        };
    });
}

void average_pooling(const PoolingShape& s, bool count_padding, const SingleTensor& input,
                     const SingleTensor& output, std::ptrdiff_t begin, std::ptrdiff_t end) {
    const std::ptrdiff_t row = input.row, pixel = input.pixel;
    pool(s, input, output, begin, end,
         [=, &s](std::ptrdiff_t oh, std::ptrdiff_t ow, const PoolingWindow& rows, const PoolingWindow& cols)
             __attribute__((always_inline)) {
                 const Native divisor = broadcast_native(s.divisor_of(count_padding, oh, ow, rows, cols));
                 return [=](const float* x) __attribute__((always_inline)) {
                     Native total = Native{};
                     for (std::ptrdiff_t h = 0; h < rows.end - rows.begin; ++h) {
                         for (std::ptrdiff_t w = 0; w < cols.end - cols.begin; ++w)
                             total += load_unaligned(x + h * row + w * pixel);
                     }
                     return total / divisor;
                 };
             });
}

void normalize_row(const SingleEpilogue& epilogue, const float* input, float* output, std::ptrdiff_t columns,
                   std::ptrdiff_t pixel) {
    for (std::ptrdiff_t w = 0; w < columns; ++w, input += pixel, output += pixel) {
        for (std::ptrdiff_t c = 0; c < pixel; c += kWidth) {
            store_unaligned(output + c, finish(load_unaligned(input + c), epilogue, c));
        }
    }
}

// The first `count` lanes of p, and `fill` in the others.
CNN_INLINE Native load_first(const float* p, std::ptrdiff_t count, float fill) {
    if (count >= kWidth) return load_unaligned(p);
    Native r = broadcast_native(fill);
    for (std::ptrdiff_t i = 0; i < count; ++i) r[i] = p[i];
    return r;
}

void log_softmax(const float* input, float* output, std::ptrdiff_t classes) {
    const float minus_infinity = -__builtin_inff();
    float highest = input[0];  // a NaN need not be found here: it reaches the sum
    for (std::ptrdiff_t c = 1; c < classes; ++c) highest = input[c] > highest ? input[c] : highest;
    const Native shift = broadcast_native(highest);
    Lanes total = broadcast(0.0f);  // sixteen sums, in one order for every width
    for (std::ptrdiff_t c = 0, part = 0; c < classes; c += kWidth, part = (part + 1) % kParts) {
        const Native e = exp_native(load_first(input + c, classes - c, minus_infinity) - shift);
        // What stands for no class adds nothing, even where the highest is -Inf and the difference NaN.
        total.part[part] +=
            classes - c >= kWidth ? e : load_first(reinterpret_cast<const float*>(&e), classes - c, 0.0f);
    }
    const Native log_total = log_native(broadcast_native(CNN_ISA::sum(total)));
    // Subtracting twice keeps the digits that highest + log_total would round away.
    for (std::ptrdiff_t c = 0; c < classes; ++c) output[c] = (input[c] - highest) - log_total[0];
}

}  // namespace

extern const SingleLayersBody single_layers_body = {products, max_pooling, average_pooling, normalize_row,
                                                    log_softmax};

}  // namespace CNN_ISA
}  // namespace cnn
