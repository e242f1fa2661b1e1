#include "kernels/activation/activation_body.h"
#include "kernels/activation/activation_parts.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Each function of the list as a type: its value, and its gradient from what is kept, which its row calls x
// or y.
#define CNN_ACTIVATION(name, kept, value, gradient)                                                         \
    struct name##_function {                                                                                \
        [[maybe_unused]] static constexpr Native zero{}, one = Native{} + 1.0f;                             \
        static CNN_INLINE Native value_of(CNN_UNUSED Native x, CNN_UNUSED Native alpha,                     \
                                          CNN_UNUSED Native beta) {                                         \
            return value;                                                                                   \
        }                                                                                                   \
        static CNN_INLINE Native gradient_of(CNN_UNUSED Native x, CNN_UNUSED Native y, CNN_UNUSED Native g, \
                                             CNN_UNUSED Native alpha, CNN_UNUSED Native beta) {             \
            return gradient;                                                                                \
        }                                                                                                   \
    };
#define CNN_UNUSED [[maybe_unused]]
#include "kernels/activation/activation_functions.h"
#undef CNN_ACTIVATION
#undef CNN_UNUSED

template <class Function>
void forward(const float* input, float* output, std::ptrdiff_t count, float alpha, float beta) {
    const Native a = broadcast_native(alpha), b = broadcast_native(beta);
    for (std::ptrdiff_t i = 0; i < count; i += kLanes) {
        const Lanes x = load(input + i);
        Lanes y;
        CNN_UNROLL for (int p = 0; p < kParts; ++p) y.part[p] = Function::value_of(x.part[p], a, b);
        store(output + i, y);
    }
}

template <class Function>
void backward(const float* kept, const float* grad_output, float* grad_input, std::ptrdiff_t count,
              float alpha, float beta) {
    const Native a = broadcast_native(alpha), b = broadcast_native(beta);
    for (std::ptrdiff_t i = 0; i < count; i += kLanes) {
        const Lanes v = load(kept + i), g = load(grad_output + i);
        Lanes r;
        CNN_UNROLL for (int p = 0; p < kParts; ++p) {
            r.part[p] = Function::gradient_of(v.part[p], v.part[p], g.part[p], a, b);
        }
        store(grad_input + i, r);
    }
}

template <class Function>
void single(const float* input, float* output, std::ptrdiff_t count, float alpha, float beta) {
    const Native a = broadcast_native(alpha), b = broadcast_native(beta);
    for (std::ptrdiff_t i = 0; i < count; i += kWidth) {
        store_unaligned(output + i, Function::value_of(load_unaligned(input + i), a, b));
    }
}

constexpr ActivationBody kBodies[] = {
#define CNN_ACTIVATION(name, kept, value, gradient) \
    {forward<name##_function>, backward<name##_function>, single<name##_function>},
#include "kernels/activation/activation_functions.h"
#undef CNN_ACTIVATION
};

}  // namespace

extern const ActivationBodies activation_bodies = {kBodies};

}  // namespace CNN_ISA
}  // namespace cnn
