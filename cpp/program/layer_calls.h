// What the layers of a program are given besides their shapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace cnn {

// Learned arrays of a layer; gradients are null in a program that does not train, bias ones also where there
// is none.
struct LearnedArrays {
    const float* weight = nullptr;
    const float* bias = nullptr;
    float* grad_weight = nullptr;
    float* grad_bias = nullptr;
};

// A layer that is not ours: called between parallel parts with (samples, features) arrays, `forward(input,
// output)` and `backward(input, grad_output, grad_input, accumulate)`. False stops the run: an error is on
// its way.
struct CustomLayer {
    std::function<bool(std::ptrdiff_t samples, const float* input, float* output)> forward;
    std::function<bool(std::ptrdiff_t samples, const float* input, const float* grad_output,
                       float* grad_input, bool accumulate)>
        backward;
};

// A loss that is not ours: gets values (samples, features), gives the loss of each sample, whether it is
// classified right, and the gradient of the whole, (samples, features). False stops the run.
using LossCall = std::function<bool(std::ptrdiff_t samples, const float* values, float* losses,
                                    std::uint8_t* correct, float* gradient)>;

}  // namespace cnn
