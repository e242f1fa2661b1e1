// Pieces of the element-wise functions in activation_functions.h, for activation.simd.cpp. NaN in, NaN out.
#pragma once

#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

CNN_INLINE Native absolute_native(Native x) {
    return select_native(x < 0.0f, -x, x);
}

// What is smaller than `low` becomes `low`, for functions that have their limit there already.
CNN_INLINE Native at_least(Native x, float low) {
    return select_native(x < low, broadcast_native(low), x);
}

CNN_INLINE Native within(Native x, float bound) {
    return select_native(x > bound, broadcast_native(bound), at_least(x, -bound));
}

// exp(x) - 1 without the cancellation near 0, where the polynomial of exp_native is used without its 1.
CNN_INLINE Native expm1_native(Native x) {
    const Native small = exp_rest_native(x) * (x * x) + x;
    return select_native(absolute_native(x) < 0.34f, small, exp_native(x) - 1.0f);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)); the quotient takes back what 1 + z rounds away (Goldberg
// 1991).
CNN_INLINE Native softplus_native(Native x) {
    const Native z = exp_native(-absolute_native(x)), u = 1.0f + z;
    const Native log_1p = select_native(u == 1.0f, z, log_native(u) * (z / (u - 1.0f)));
    return select_native(x > 0.0f, x, Native{}) + log_1p;
}

// Phi(x), the distribution of the standard normal, from erf on [0, 1] as an odd polynomial and erfc(u)
// exp(u^2) beyond as one in 2 / (2 + u); coefficients by interpolation at Chebyshev points in double
// precision, relative errors 6e-8.
CNN_INLINE Native normal_distribution_native(Native x) {
    const Native u = absolute_native(x) * 0.707106781f, z = u * u;
    Native p = broadcast_native(7.882497448e-5f);
    p = p * z - 8.018855006e-4f;
    p = p * z + 5.189312156e-3f;
    p = p * z - 2.685432881e-2f;
    p = p * z + 1.128359735e-1f;
    p = p * z - 3.761262596e-1f;
    p = p * z + 1.128379107f;
    const Native half = 0.5f * (p * u);
    const Native t = 2.0f / (2.0f + u);
    Native q = broadcast_native(7.338686287e-2f);
    q = q * t - 1.603549868e-1f;
    q = q * t - 9.531033225e-3f;
    q = q * t + 1.322563142e-1f;
    q = q * t + 1.453501135e-1f;
    q = q * t + 2.566745877e-1f;
    q = q * t + 2.803367078e-1f;
    q = q * t + 2.822630703e-1f;
    q = q * t - 6.718491477e-6f;
    const Native tail = select_native(u < 1.0f, 0.5f - half, 0.5f * q * exp_native(-z));
    return select_native(x < 0.0f, tail, 1.0f - tail);
}

CNN_INLINE Native normal_density_native(Native x) {
    return 0.3989422804f * exp_native(-0.5f * x * x);
}

// (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), as the logistic function of 2u, which cancels
// nothing.
CNN_INLINE Native gelu_gate_native(Native x) {
    return 1.0f / (1.0f + exp_native(-1.5957691216f * (x + 0.044715f * (x * x * x))));
}

CNN_INLINE Native gelu_tanh_slope_native(Native x) {
    const Native s = gelu_gate_native(x);
    return s + x * s * (1.0f - s) * (1.5957691216f * (1.0f + 0.134145f * (x * x)));
}

CNN_INLINE Native silu_slope_native(Native x) {
    const Native s = 1.0f / (1.0f + exp_native(-x));
    return s * (1.0f + x * (1.0f - s));
}

// tanh(softplus(x)) = n / (n + 2) with n = e^x (e^x + 2); from 40 on it is 1.
CNN_INLINE Native mish_gate_native(Native x) {
    const Native e = exp_native(select_native(x > 40.0f, broadcast_native(40.0f), x)), n = e * (e + 2.0f);
    return n / (n + 2.0f);
}

CNN_INLINE Native mish_slope_native(Native x) {
    const Native e = exp_native(select_native(x > 40.0f, broadcast_native(40.0f), x)), n = e * (e + 2.0f);
    return n / (n + 2.0f) + x * (e / (1.0f + e)) * (4.0f * (n + 1.0f) / ((n + 2.0f) * (n + 2.0f)));
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
