#include "kernels/activation_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <class Function>
CNN_INLINE void map(const float* input, float* output, std::ptrdiff_t count, Function function) {
    for (std::ptrdiff_t i = 0; i < count; i += kSamples) store(output + i, function(load(input + i)));
}

template <class Function>
CNN_INLINE void map_gradient(const float* output, const float* grad_output, float* grad_input,
                             std::ptrdiff_t count, Function function) {
    for (std::ptrdiff_t i = 0; i < count; i += kSamples) {
        store(grad_input + i, function(load(output + i), load(grad_output + i)));
    }
}

void relu(const float* input, float* output, std::ptrdiff_t count) {
    map(input, output, count, [](const Lanes& x) __attribute__((always_inline)) { return rectify(x); });
}

void tanh(const float* input, float* output, std::ptrdiff_t count) {
    map(input, output, count, [](const Lanes& x) __attribute__((always_inline)) { return CNN_ISA::tanh(x); });
}

void sigmoid(const float* input, float* output, std::ptrdiff_t count) {
    map(input, output, count, [](const Lanes& x) __attribute__((always_inline)) { return logistic(x); });
}

void relu_backward(const float* output, const float* grad_output, float* grad_input, std::ptrdiff_t count) {
    map_gradient(output, grad_output, grad_input, count,
                 [](const Lanes& y, const Lanes& g) __attribute__((always_inline)) {
                     return select(less_equal(y, broadcast(0.0f)), broadcast(0.0f), g);
                 });
}

void tanh_backward(const float* output, const float* grad_output, float* grad_input, std::ptrdiff_t count) {
    map_gradient(output, grad_output, grad_input, count,
                 [](const Lanes& y, const Lanes& g)
                     __attribute__((always_inline)) { return g * (broadcast(1.0f) - y * y); });
}

void sigmoid_backward(const float* output, const float* grad_output, float* grad_input,
                      std::ptrdiff_t count) {
    map_gradient(output, grad_output, grad_input, count,
                 [](const Lanes& y, const Lanes& g)
                     __attribute__((always_inline)) { return g * y * (broadcast(1.0f) - y); });
}

}  // namespace

extern const ActivationBody activation_body = {relu,          CNN_ISA::tanh, sigmoid,
                                               relu_backward, tanh_backward, sigmoid_backward};

}  // namespace CNN_ISA
}  // namespace cnn
