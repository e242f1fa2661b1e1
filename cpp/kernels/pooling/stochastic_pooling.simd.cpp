#include "kernels/pooling/index_lanes.h"
#include "kernels/pooling/stochastic_pooling_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

constexpr float kLargest = 3.402823466e38f;

// What a window of 16 samples holds.
struct Sums {
    Lanes total, mean;
};

// Calls visit(place in the plane, value) row by row.
template <class Visit>
CNN_INLINE void visit_window(const PoolingShape& s, const PoolingWindow& rows, const PoolingWindow& cols,
                             const float* input, const Visit& visit) {
    for (std::ptrdiff_t h = rows.begin; h < rows.end; ++h) {
        for (std::ptrdiff_t w = cols.begin; w < cols.end; ++w) {
            const std::ptrdiff_t at = h * s.input_width + w;
            visit(at, load(input + at * kLanes));
        }
    }
}

CNN_INLINE Lanes add_up(const PoolingShape& s, const PoolingWindow& rows, const PoolingWindow& cols,
                        const float* input) {
    Lanes total = broadcast(0.0f);
    visit_window(s, rows, cols, input, [&](std::ptrdiff_t, const Lanes& x) __attribute__((always_inline)) {
        total = total + rectify(x);
    });
    return total;
}

// The running sum exceeds it at the chosen place first. A product that was rounded up to the total itself, as
// may happen to the smallest numbers, would choose none. With Inf the first infinite sum is to be found, with
// NaN the first that is NaN.
CNN_INLINE Lanes limit_of(const Lanes& number, const Lanes& total) {
    const Lanes zero = broadcast(0.0f), product = number * total;
    const Lanes finite = select(less(product, total), product, zero);
    const Lanes beyond = select(equal(total, total), broadcast(kLargest), broadcast(__builtin_inff()));
    return select(less_equal(total, broadcast(kLargest)), finite, beyond);
}

void draw(const PoolingShape& s, const float* numbers, const float* input, float* output,
          std::int32_t* choice) {
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow) {
            const PoolingWindow cols = s.cols(ow);
            const Lanes limit = limit_of(load(numbers), add_up(s, rows, cols, input));
            Lanes sum = broadcast(0.0f), y = sum;
            Mask where = broadcast_index(-1), found = broadcast_index(0);
            visit_window(
                s, rows, cols, input, [&](std::ptrdiff_t at, const Lanes& x) __attribute__((always_inline)) {
                    sum = sum + rectify(x);
                    // The sum never falls, and a NaN is never <= : what is beyond the limit stays so.
                    const Mask beyond = invert(less_equal(sum, limit)), here = both(beyond, invert(found));
                    y = select(here, x, y);
                    where = select_index(here, broadcast_index(static_cast<std::int32_t>(at)), where);
                    found = beyond;
                });
            store(output, y);
            if (choice != nullptr) {
                store_index(choice, where);
                choice += kLanes;
            }
            output += kLanes;
            numbers += kLanes;
        }
    }
}

CNN_INLINE Sums weigh_window(const PoolingShape& s, const PoolingWindow& rows, const PoolingWindow& cols,
                             const float* input) {
    const Lanes total = add_up(s, rows, cols, input), zero = broadcast(0.0f);
    Lanes mean = zero;
    // The probability first: squares would overflow sooner.
    visit_window(s, rows, cols, input, [&](std::ptrdiff_t, const Lanes& x) __attribute__((always_inline)) {
        mean = fused(rectify(x) / total, x, mean);
    });
    mean = select(less_equal(total, broadcast(kLargest)), mean, total);
    return {total, select(equal(total, zero), zero, mean)};
}

void weigh(const PoolingShape& s, const float* input, float* output) {
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, output += kLanes)
            store(output, weigh_window(s, rows, s.cols(ow), input).mean);
    }
}

void weigh_backward(const PoolingShape& s, const float* input, const float* grad_output, float* grad_input) {
    const Lanes zero = broadcast(0.0f);
    for (std::ptrdiff_t i = 0; i < s.input_plane(); ++i) store(grad_input + i * kLanes, zero);
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, grad_output += kLanes) {
            const PoolingWindow cols = s.cols(ow);
            const Sums sums = weigh_window(s, rows, cols, input);
            const Lanes g = load(grad_output);
            visit_window(s, rows, cols, input,
                         [&](std::ptrdiff_t at, const Lanes& x) __attribute__((always_inline)) {
                             const Lanes slope = ((x - sums.mean) + x) / sums.total;
                             float* to = grad_input + at * kLanes;
                             const Lanes before = load(to);
                             store(to, select(less_equal(x, zero), before, fused(slope, g, before)));
                         });
        }
    }
}

}  // namespace

extern const StochasticPoolingBody stochastic_pooling_body = {draw, weigh, weigh_backward};

}  // namespace CNN_ISA
}  // namespace cnn
