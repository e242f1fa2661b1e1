#include "kernels/loss/log_softmax_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

void forward(const float* input, float* output, std::ptrdiff_t classes) {
    Lanes highest = load(input);
    for (std::ptrdiff_t c = 1; c < classes; ++c) {
        const Lanes x = load(input + c * kLanes);
        highest = select(greater(x, highest), x, highest);
    }
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t c = 0; c < classes; ++c) total = total + exp(load(input + c * kLanes) - highest);
    const Lanes log_total = log(total);
    for (std::ptrdiff_t c = 0; c < classes; ++c) {
        // Subtracting twice keeps the digits that highest + log_total would round away.
        store(output + c * kLanes, (load(input + c * kLanes) - highest) - log_total);
    }
}

void backward(const float* output, const float* grad_output, float* grad_input, std::ptrdiff_t classes) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t c = 0; c < classes; ++c) total = total + load(grad_output + c * kLanes);
    for (std::ptrdiff_t c = 0; c < classes; ++c) {
        const Lanes g = load(grad_output + c * kLanes);
        store(grad_input + c * kLanes, g - exp(load(output + c * kLanes)) * total);
    }
}

void scaled_exp(const float* input, float* output, std::ptrdiff_t classes, float scale) {
    const Lanes s = broadcast(scale);
    for (std::ptrdiff_t c = 0; c < classes; ++c)
        store(output + c * kLanes, exp(load(input + c * kLanes)) * s);
}

}  // namespace

extern const LogSoftmaxBody log_softmax_body = {forward, backward, scaled_exp};

}  // namespace CNN_ISA
}  // namespace cnn
