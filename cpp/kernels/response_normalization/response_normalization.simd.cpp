#include "kernels/response_normalization/response_normalization_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

struct ChannelRange {
    std::ptrdiff_t begin, end;
};

// From c - before to c + after, as far as there are channels.
CNN_INLINE ChannelRange channels_around(std::ptrdiff_t c, std::ptrdiff_t before, std::ptrdiff_t after,
                                        std::ptrdiff_t channels) {
    return {c < before ? 0 : c - before, channels - c > after ? c + after + 1 : channels};
}

CNN_INLINE Lanes divisor(const ResponseSettings& s, const ResponsePositions& p, const float* x,
                         std::ptrdiff_t c) {
    const ChannelRange w = channels_around(c, s.size / 2, (s.size - 1) / 2, p.channels);
    Lanes sum = broadcast(0.0f);
    for (std::ptrdiff_t i = w.begin; i < w.end; ++i) {
        const Lanes value = load(x + i * p.stride);
        sum = fused(value, value, sum);
    }
    return fused(sum, broadcast(s.alpha / static_cast<float>(s.size)), broadcast(s.k));
}

// d^-beta.
CNN_INLINE Lanes power(const Lanes& d, float beta) {
    if (beta == 0.0f) return broadcast(1.0f);
    return exp(log(d) * broadcast(-beta));
}

void forward(const ResponseSettings& s, const ResponsePositions& p, const float* input, float* output) {
    for (std::ptrdiff_t i = 0; i < p.count; ++i) {
        const float* x = input + i * kLanes;
        for (std::ptrdiff_t c = 0; c < p.channels; ++c) {
            const std::ptrdiff_t at = c * p.stride;
            store(output + i * kLanes + at, load(x + at) * power(divisor(s, p, x, c), s.beta));
        }
    }
}

void backward(const ResponseSettings& s, const ResponsePositions& p, const float* input,
              const float* grad_output, float* grad_input, float* scratch) {
    const Lanes factor = broadcast(-2.0f * s.alpha * s.beta / static_cast<float>(s.size));
    float *direct = scratch, *through = scratch + p.channels * kLanes;
    for (std::ptrdiff_t i = 0; i < p.count; ++i) {
        const float *x = input + i * kLanes, *g = grad_output + i * kLanes;
        for (std::ptrdiff_t c = 0; c < p.channels; ++c) {
            const Lanes d = divisor(s, p, x, c);
            const Lanes part = load(g + c * p.stride) * power(d, s.beta);
            store(direct + c * kLanes, part);
            store(through + c * kLanes, part * load(x + c * p.stride) / d);
        }
        for (std::ptrdiff_t c = 0; c < p.channels; ++c) {
            const ChannelRange w = channels_around(c, (s.size - 1) / 2, s.size / 2, p.channels);
            Lanes sum = broadcast(0.0f);
            for (std::ptrdiff_t j = w.begin; j < w.end; ++j) sum = sum + load(through + j * kLanes);
            const Lanes scaled = load(x + c * p.stride) * factor;
            store(grad_input + i * kLanes + c * p.stride, fused(scaled, sum, load(direct + c * kLanes)));
        }
    }
}

}  // namespace

extern const ResponseNormalizationBody response_normalization_body = {forward, backward};

}  // namespace CNN_ISA
}  // namespace cnn
