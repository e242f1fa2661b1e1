// What activation.cpp asks of the bodies in activation.simd.cpp, one row for each function of the list in
// activation_functions.h, in its order.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// y = f(x), with the settings alpha and beta.
using ForwardFunction = void(const float* input, float* output, std::ptrdiff_t count, float alpha,
                             float beta);
// grad_input = grad_output * f'(x), with f' from the input or the output; grad_input may be grad_output.
using BackwardFunction = void(const float* kept, const float* grad_output, float* grad_input,
                              std::ptrdiff_t count, float alpha, float beta);

struct ActivationBody {
    ForwardFunction* forward;  // `count` is a multiple of 16, arrays are aligned
    BackwardFunction* backward;
    ForwardFunction* single;  // `count` is a multiple of the vector's width, arrays lie anywhere
};

struct ActivationBodies {
    const ActivationBody* of;
};

CNN_DECLARE_BODIES(ActivationBodies, activation_bodies)

}  // namespace cnn
