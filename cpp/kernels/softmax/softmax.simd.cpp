#include "kernels/softmax/softmax_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

void forward(const float* input, float* output, std::ptrdiff_t count, std::ptrdiff_t stride,
             std::ptrdiff_t columns) {
    for (std::ptrdiff_t i = 0; i < columns; ++i, input += kLanes, output += kLanes) {
        Lanes highest = load(input);
        for (std::ptrdiff_t c = 1; c < count; ++c) {
            const Lanes x = load(input + c * stride);
            highest = select(greater(x, highest), x, highest);
        }
        Lanes total = broadcast(0.0f);
        for (std::ptrdiff_t c = 0; c < count; ++c) {
            const Lanes e = exp(load(input + c * stride) - highest);
            store(output + c * stride, e);
            total = total + e;
        }
        for (std::ptrdiff_t c = 0; c < count; ++c)
            store(output + c * stride, load(output + c * stride) / total);
    }
}

void backward(const float* output, const float* grad_output, float* grad_input, std::ptrdiff_t count,
              std::ptrdiff_t stride, std::ptrdiff_t columns) {
    for (std::ptrdiff_t i = 0; i < columns; ++i) {
        const float *y = output + i * kLanes, *g = grad_output + i * kLanes;
        Lanes mean = broadcast(0.0f);
        for (std::ptrdiff_t c = 0; c < count; ++c)
            mean = fused(load(g + c * stride), load(y + c * stride), mean);
        for (std::ptrdiff_t c = 0; c < count; ++c) {
            store(grad_input + i * kLanes + c * stride, load(y + c * stride) * (load(g + c * stride) - mean));
        }
    }
}

}  // namespace

extern const SoftmaxBody softmax_body = {forward, backward};

}  // namespace CNN_ISA
}  // namespace cnn
