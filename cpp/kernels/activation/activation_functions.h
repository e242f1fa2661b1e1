// The element-wise functions, a row each: included by the enum, the names, the bodies and, through the names,
// by the tests. No include guard: each of them defines CNN_ACTIVATION for itself.
//
//   CNN_ACTIVATION(name, kept, value, gradient)
//
// value    : y, from x; `alpha` and `beta` are the settings
// kept     : kInput or kOutput, what the gradient is taken from
// gradient : of the input, from g, the gradient of the output, and x or y, which `kept` names
//
// All are expressions on the vector type (simd/vector.h, simd/functions.h). NaN in is NaN out: comparisons
// with NaN are false, and the branch that then is taken has to let it through. At an infinity a function has
// its limit. Kinks have the gradients that PyTorch gives them.

// clang-format off
// Nair & Hinton 2010.
CNN_ACTIVATION(relu, kOutput, select_native(x < 0.0f, zero, x), select_native(y <= 0.0f, zero, g))
CNN_ACTIVATION(tanh, kOutput, tanh_native(x), g * (1.0f - y * y))
CNN_ACTIVATION(sigmoid, kOutput, 1.0f / (1.0f + exp_native(-x)), g * y * (1.0f - y))
// alpha tanh(beta x); LeCun et al. 1998 take 1.7159 and 2/3.
CNN_ACTIVATION(scaled_tanh, kOutput, alpha * tanh_native(beta * x), g * beta * (alpha - y * y / alpha))
// 1 from alpha on, else 0: Rosenblatt 1958. Nothing can be learned through it.
CNN_ACTIVATION(step, kInput, select_native(x >= alpha, one, select_native(x < alpha, zero, x)),
               select_native(x == x, zero, x))
// x above alpha, else beta.
CNN_ACTIVATION(threshold, kInput, select_native(x <= alpha, beta, x), select_native(x <= alpha, zero, g))
// Maas, Hannun & Ng 2013.
CNN_ACTIVATION(leaky_relu, kInput, select_native(x > 0.0f, x, alpha * x), select_native(x > 0.0f, g, alpha * g))
// beta x above 0, else alpha (exp(x) - 1): ELU, Clevert, Unterthiner & Hochreiter 2016, with beta = 1; SELU, Klambauer
// et al. 2017, with its two numbers.
CNN_ACTIVATION(elu, kInput, select_native(x > 0.0f, beta * x, alpha * expm1_native(x)),
               select_native(x > 0.0f, beta * g, g * (alpha * exp_native(x))))
// Barron 2017.
CNN_ACTIVATION(celu, kInput, select_native(x > 0.0f, x, alpha * expm1_native(x / alpha)),
               select_native(x > 0.0f, g, g * exp_native(x / alpha)))
// x Phi(x), Hendrycks & Gimpel 2016; below -15 it is less than the smallest number.
CNN_ACTIVATION(gelu, kInput, at_least(x, -15.0f) * normal_distribution_native(at_least(x, -15.0f)),
               g * (normal_distribution_native(x) + within(x, 15.0f) * normal_density_native(x)))
// Their approximation by tanh.
CNN_ACTIVATION(gelu_tanh, kInput, at_least(x, -15.0f) * gelu_gate_native(at_least(x, -15.0f)),
               g * gelu_tanh_slope_native(within(x, 15.0f)))
// x sigmoid(x): Elfwing et al. 2017, Ramachandran et al. 2017 ("swish").
CNN_ACTIVATION(silu, kInput, at_least(x, -128.0f) / (1.0f + exp_native(-at_least(x, -128.0f))),
               g * silu_slope_native(within(x, 128.0f)))
// x tanh(softplus(x)): Misra 2019.
CNN_ACTIVATION(mish, kInput, at_least(x, -128.0f) * mish_gate_native(at_least(x, -128.0f)),
               g * mish_slope_native(within(x, 128.0f)))
// log(1 + exp(alpha x)) / alpha, and x itself where alpha x is above beta: Dugas et al. 2001.
CNN_ACTIVATION(softplus, kInput,
               select_native(alpha * x > beta, x, softplus_native(alpha * x) / alpha),
               select_native(alpha * x > beta, g, g / (1.0f + exp_native(-(alpha * x)))))
// Turian, Bergstra & Bengio 2009.
CNN_ACTIVATION(softsign, kInput,
               select_native(absolute_native(x) > 1e10f, select_native(x < 0.0f, -one, one),
                             x / (1.0f + absolute_native(x))),
               g / ((1.0f + absolute_native(x)) * (1.0f + absolute_native(x))))
// Between alpha and beta: Collobert 2004; ReLU6 with 0 and 6.
CNN_ACTIVATION(hardtanh, kInput, select_native(x < alpha, alpha, select_native(x > beta, beta, x)),
               select_native((x <= alpha) | (x >= beta), zero, g))
// Towards 0 by alpha, and 0 between -alpha and alpha: Donoho 1995.
CNN_ACTIVATION(softshrink, kInput,
               select_native(x > alpha, x - alpha, select_native(x < -alpha, x + alpha, select_native(x == x, zero, x))),
               select_native(absolute_native(x) <= alpha, zero, g))
CNN_ACTIVATION(hardsigmoid, kInput,
               select_native(x <= -3.0f, zero, select_native(x >= 3.0f, one, (x + 3.0f) / 6.0f)),
               select_native((x <= -3.0f) | (x >= 3.0f), zero, g / 6.0f))
// Howard et al. 2019.
CNN_ACTIVATION(hardswish, kInput,
               select_native(x <= -3.0f, zero, select_native(x >= 3.0f, x, x * (x + 3.0f) / 6.0f)),
               select_native(x <= -3.0f, zero, select_native(x >= 3.0f, g, g * (x / 3.0f + 0.5f))))
// log(sigmoid(x)).
CNN_ACTIVATION(log_sigmoid, kInput, -softplus_native(-x), g / (1.0f + exp_native(x)))
// clang-format on
