#include "kernels/pooling/power_pooling_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// x^(p-1).
CNN_INLINE Lanes lower_power(const PowerNorm& norm, const Lanes& x) {
    if (norm.whole == 0) return exp(log(x) * broadcast(norm.p - 1.0f));
    Lanes result = broadcast(1.0f), base = x;
    for (std::int32_t left = norm.whole - 1; left > 0; left >>= 1) {
        if (left & 1) result = result * base;
        if (left > 1) base = base * base;
    }
    return result;
}

CNN_INLINE Lanes root(const PowerNorm& norm, const Lanes& s) {
    if (norm.whole == 1) return s;
    if (norm.whole != 2) return exp(log(s) / broadcast(norm.p));
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = sqrt_native(s.part[i]);
    return r;
}

CNN_INLINE float share(const PoolingShape& s, const PoolingWindow& rows, const PoolingWindow& cols) {
    return static_cast<float>(s.kernel_height * s.kernel_width) /
           static_cast<float>((rows.end - rows.begin) * (cols.end - cols.begin));
}

CNN_INLINE Lanes sum_of_powers(const PoolingShape& s, const PowerNorm& norm, const PoolingWindow& rows,
                               const PoolingWindow& cols, const float* input) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t h = rows.begin; h < rows.end; ++h) {
        for (std::ptrdiff_t w = cols.begin; w < cols.end; ++w) {
            const Lanes x = load(input + (h * s.input_width + w) * kLanes);
            total = fused(lower_power(norm, x), x, total);
        }
    }
    return total * broadcast(share(s, rows, cols));
}

void forward(const PoolingShape& s, const PowerNorm& norm, const float* input, float* output) {
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, output += kLanes)
            store(output, root(norm, sum_of_powers(s, norm, rows, s.cols(ow), input)));
    }
}

// What the gradient of a window's output is multiplied with, and then with x^(p-1).
CNN_INLINE Lanes spread(const PowerNorm& norm, const Lanes& s, float share, const Lanes& g) {
    const Lanes shared = broadcast(share) * g;
    if (norm.whole == 1) return shared;
    const Lanes zero = broadcast(0.0f);
    return select(equal(s, zero), zero, root(norm, s) / s * shared);
}

void backward(const PoolingShape& s, const PowerNorm& norm, const float* input, const float* grad_output,
              float* grad_input) {
    for (std::ptrdiff_t i = 0; i < s.input_plane(); ++i) store(grad_input + i * kLanes, broadcast(0.0f));
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        const PoolingWindow rows = s.rows(oh);
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, grad_output += kLanes) {
            const PoolingWindow cols = s.cols(ow);
            const Lanes g = spread(norm, sum_of_powers(s, norm, rows, cols, input), share(s, rows, cols),
                                   load(grad_output));
            for (std::ptrdiff_t h = rows.begin; h < rows.end; ++h) {
                for (std::ptrdiff_t w = cols.begin; w < cols.end; ++w) {
                    const std::ptrdiff_t at = (h * s.input_width + w) * kLanes;
                    const Lanes power = lower_power(norm, load(input + at));
                    store(grad_input + at, fused(power, g, load(grad_input + at)));
                }
            }
        }
    }
}

}  // namespace

extern const PowerPoolingBody power_pooling_body = {forward, backward};

}  // namespace CNN_ISA
}  // namespace cnn
