#include "kernels/pooling/index_lanes.h"
#include "kernels/pooling/pooling_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Windows without gaps that do not reach beyond the padded input: most of them, and cheaper to place.
struct PlainWindows {
    const PoolingShape& s;
    static constexpr std::ptrdiff_t down = 1, right = 1;
    CNN_INLINE explicit PlainWindows(const PoolingShape& shape) : s(shape) {}
    CNN_INLINE static PoolingWindow inside(std::ptrdiff_t begin, std::ptrdiff_t end, std::ptrdiff_t input) {
        return {begin < 0 ? 0 : begin, end > input ? input : end};
    }
    CNN_INLINE PoolingWindow rows(std::ptrdiff_t oh) const {
        const std::ptrdiff_t begin = oh * s.stride_height - s.padding_height;
        return inside(begin, begin + s.kernel_height, s.input_height);
    }
    CNN_INLINE PoolingWindow cols(std::ptrdiff_t ow) const {
        const std::ptrdiff_t begin = ow * s.stride_width - s.padding_width;
        return inside(begin, begin + s.kernel_width, s.input_width);
    }
    CNN_INLINE float divisor(bool count_padding, std::ptrdiff_t, std::ptrdiff_t, const PoolingWindow& rows,
                             const PoolingWindow& cols) const {
        return static_cast<float>(count_padding ? s.kernel_height * s.kernel_width
                                                : (rows.end - rows.begin) * (cols.end - cols.begin));
    }
};

struct AnyWindows {
    const PoolingShape& s;
    const std::ptrdiff_t down, right;
    CNN_INLINE explicit AnyWindows(const PoolingShape& shape)
        : s(shape), down(shape.dilation_height), right(shape.dilation_width) {}
    CNN_INLINE PoolingWindow rows(std::ptrdiff_t oh) const { return s.rows(oh); }
    CNN_INLINE PoolingWindow cols(std::ptrdiff_t ow) const { return s.cols(ow); }
    CNN_INLINE float divisor(bool count_padding, std::ptrdiff_t oh, std::ptrdiff_t ow,
                             const PoolingWindow& rows, const PoolingWindow& cols) const {
        return s.divisor_of(count_padding, oh, ow, rows, cols);
    }
};

template <class Windows, bool kIndex>
void find_maxima(const PoolingShape& s, const float* input, float* output, std::int32_t* argmax) {
    const Windows windows(s);
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = windows.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow) {
            const PoolingWindow cols = windows.cols(ow);
            const std::ptrdiff_t first = rows.begin * s.input_width + cols.begin;
            Lanes best = load(input + first * kLanes);
            Mask where = broadcast_index(static_cast<std::int32_t>(first));
            for (std::ptrdiff_t h = rows.begin; h < rows.end; h += windows.down) {
                for (std::ptrdiff_t w = cols.begin; w < cols.end; w += windows.right) {
                    const std::ptrdiff_t at = h * s.input_width + w;
                    const Lanes x = load(input + at * kLanes);
                    // A NaN replaces every number and is replaced by nothing; of equal values the first
                    // stays.
                    const Mask better = both(invert(less_equal(x, best)), equal(best, best));
                    best = select(better, x, best);
                    if constexpr (kIndex) {
                        where = select_index(better, broadcast_index(static_cast<std::int32_t>(at)), where);
                    }
                }
            }
            store(output, best);
            output += kLanes;
            if constexpr (kIndex) {
                store_index(argmax, where);
                argmax += kLanes;
            }
        }
    }
}

CNN_INLINE void find_maximum(const PooledStrip& a, const float* values, float* output, std::int32_t* choice) {
    Lanes best = load(values);
    Mask where = broadcast_index(0);
    for (std::ptrdiff_t h = 0; h < a.kernel_height; ++h) {
        for (std::ptrdiff_t w = 0; w < a.kernel_width; ++w) {
            const Lanes x = load(values + h * a.row + w * a.col);
            const Mask better = both(invert(less_equal(x, best)), equal(best, best));
            best = select(better, x, best);
            where = select_index(better, broadcast_index(static_cast<std::int32_t>(h * a.kernel_width + w)),
                                 where);
        }
    }
    store(output, a.relu ? rectify(best) : best);
    if (choice != nullptr) store_index(choice, where);
}

// Windows of 2x2 without a NaN, as a tournament: 3 comparisons, 3 maxima. False where there may be a NaN.
CNN_INLINE bool find_maximum_of_four(const PooledStrip& a, const float* values, float* output,
                                     std::int32_t* choice) {
    Mask suspects, where;
    Lanes best;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) {
        const float* from = values + i * kWidth;
        const Native v0 = load_native(from), v1 = load_native(from + a.col);
        const Native v2 = load_native(from + a.row), v3 = load_native(from + a.row + a.col);
        // The sum is NaN if one of them is; for Inf - Inf it is too, and the other way gives the right
        // answer.
        const Native total = (v0 + v1) + (v2 + v3);
        suspects.part[i] = total != total;
        const NativeInt second = v1 > v0, fourth = v3 > v2;
        const Native upper = select_native(second, v1, v0), lower = select_native(fourth, v3, v2);
        const NativeInt below = lower > upper;
        best.part[i] = select_native(below, lower, upper);
        where.part[i] = ((2 - fourth) & below) | (-second & ~below);
    }
    if (any(suspects)) return false;
    store(output, a.relu ? rectify(best) : best);
    if (choice != nullptr) store_index(choice, where);
    return true;
}

void max_strip(const PooledStrip& a) {
    const bool four = a.kernel_height == 2 && a.kernel_width == 2;
    for (std::ptrdiff_t c = 0; c < a.channels; ++c) {
        for (std::ptrdiff_t w = 0; w < a.windows; ++w) {
            const float* values = a.values + c * a.channel + w * a.window * a.col;
            const std::ptrdiff_t to = c * a.output_channel + w * a.output_window;
            std::int32_t* choice = a.choice ? a.choice + to : nullptr;
            if (four && find_maximum_of_four(a, values, a.output + to, choice)) continue;
            find_maximum(a, values, a.output + to, choice);
        }
    }
}

void max_forward(const PoolingShape& s, const float* input, float* output, std::int32_t* argmax) {
    if (s.has_whole_windows()) {
        if (argmax != nullptr) return find_maxima<PlainWindows, true>(s, input, output, argmax);
        return find_maxima<PlainWindows, false>(s, input, output, argmax);
    }
    if (argmax != nullptr) return find_maxima<AnyWindows, true>(s, input, output, argmax);
    find_maxima<AnyWindows, false>(s, input, output, argmax);
}

CNN_INLINE void clear(float* plane, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) store(plane + i * kLanes, broadcast(0.0f));
}

template <class Windows, bool kDisjoint>
void spread_maxima(const PoolingShape& s, const float* grad_output, const std::int32_t* argmax,
                   const float* output, float* grad_input) {
    const Windows windows(s);
    const bool covering = kDisjoint && s.stride_height == s.kernel_height &&
                          s.stride_width == s.kernel_width &&
                          s.output_height * s.stride_height == s.input_height + 2 * s.padding_height &&
                          s.output_width * s.stride_width == s.input_width + 2 * s.padding_width;
    if (!covering) clear(grad_input, s.input_plane());
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = windows.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow) {
            const PoolingWindow cols = windows.cols(ow);
            Lanes g = load(grad_output);
            const Mask where = load_index(argmax);
            if (output != nullptr) {
                g = select(less_equal(load(output), broadcast(0.0f)), broadcast(0.0f), g);
                output += kLanes;
            }
            for (std::ptrdiff_t h = rows.begin; h < rows.end; h += windows.down) {
                for (std::ptrdiff_t w = cols.begin; w < cols.end; w += windows.right) {
                    const std::ptrdiff_t at = h * s.input_width + w;
                    const Mask here = equal_index(where, broadcast_index(static_cast<std::int32_t>(at)));
                    float* to = grad_input + at * kLanes;
                    const Lanes before = kDisjoint ? broadcast(0.0f) : load(to);
                    // Not g * 0 + before: only the chosen input may see an infinite gradient.
                    store(to, select(here, kDisjoint ? g : before + g, before));
                }
            }
            grad_output += kLanes;
            argmax += kLanes;
        }
    }
}

template <class Windows>
void take_averages(const PoolingShape& s, bool count_padding, const float* input, float* output) {
    const Windows windows(s);
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = windows.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, output += kLanes) {
            const PoolingWindow cols = windows.cols(ow);
            Lanes total = broadcast(0.0f);
            for (std::ptrdiff_t h = rows.begin; h < rows.end; ++h) {
                for (std::ptrdiff_t w = cols.begin; w < cols.end; ++w) {
                    total = total + load(input + (h * s.input_width + w) * kLanes);
                }
            }
            store(output, total / broadcast(windows.divisor(count_padding, oh, ow, rows, cols)));
        }
    }
}

template <class Windows>
void spread_averages(const PoolingShape& s, bool count_padding, const float* grad_output, float* grad_input) {
    const Windows windows(s);
    clear(grad_input, s.input_plane());
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = windows.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, grad_output += kLanes) {
            const PoolingWindow cols = windows.cols(ow);
            const Lanes share =
                load(grad_output) / broadcast(windows.divisor(count_padding, oh, ow, rows, cols));
            for (std::ptrdiff_t h = rows.begin; h < rows.end; ++h) {
                for (std::ptrdiff_t w = cols.begin; w < cols.end; ++w) {
                    float* to = grad_input + (h * s.input_width + w) * kLanes;
                    store(to, load(to) + share);
                }
            }
        }
    }
}

void max_backward(const PoolingShape& s, const float* grad_output, const std::int32_t* argmax,
                  const float* output, float* grad_input) {
    if (!s.has_whole_windows())
        return spread_maxima<AnyWindows, false>(s, grad_output, argmax, output, grad_input);
    if (s.disjoint()) return spread_maxima<PlainWindows, true>(s, grad_output, argmax, output, grad_input);
    spread_maxima<PlainWindows, false>(s, grad_output, argmax, output, grad_input);
}

void average_forward(const PoolingShape& s, bool count_padding, const float* input, float* output) {
    if (s.has_whole_windows() && s.divisor == 0)
        return take_averages<PlainWindows>(s, count_padding, input, output);
    take_averages<AnyWindows>(s, count_padding, input, output);
}

void average_backward(const PoolingShape& s, bool count_padding, const float* grad_output,
                      float* grad_input) {
    if (s.has_whole_windows() && s.divisor == 0)
        return spread_averages<PlainWindows>(s, count_padding, grad_output, grad_input);
    spread_averages<AnyWindows>(s, count_padding, grad_output, grad_input);
}

}  // namespace

extern const PoolingBody pooling_body = {max_forward, max_backward, average_forward, average_backward,
                                         max_strip};

}  // namespace CNN_ISA
}  // namespace cnn
