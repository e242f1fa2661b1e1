#include "kernels/pooling/sub_sampling_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// There is no padding, so that each window is whole.
CNN_INLINE Lanes window_sum(const PoolingShape& s, const float* corner) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t h = 0; h < s.kernel_height; ++h) {
        for (std::ptrdiff_t w = 0; w < s.kernel_width; ++w) {
            total = total + load(corner + (h * s.input_width + w) * kLanes);
        }
    }
    return total;
}

CNN_INLINE std::ptrdiff_t corner(const PoolingShape& s, std::ptrdiff_t oh, std::ptrdiff_t ow) {
    return (oh * s.stride_height * s.input_width + ow * s.stride_width) * kLanes;
}

void forward(const PoolingShape& s, float weight, float bias, const float* input, float* output) {
    const Lanes factor = broadcast(weight), offset = broadcast(bias);
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, output += kLanes) {
            store(output, fused(factor, window_sum(s, input + corner(s, oh, ow)), offset));
        }
    }
}

void backward_input(const PoolingShape& s, float weight, const float* grad_output, float* grad_input) {
    const Lanes factor = broadcast(weight);
    for (std::ptrdiff_t i = 0; i < s.input_plane(); ++i) store(grad_input + i * kLanes, broadcast(0.0f));
    for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
        for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, grad_output += kLanes) {
            float* to = grad_input + corner(s, oh, ow);
            const Lanes g = load(grad_output);
            for (std::ptrdiff_t h = 0; h < s.kernel_height; ++h) {
                for (std::ptrdiff_t w = 0; w < s.kernel_width; ++w) {
                    float* at = to + (h * s.input_width + w) * kLanes;
                    store(at, fused(factor, g, load(at)));
                }
            }
        }
    }
}

float weight_gradient(const PoolingShape& s, std::ptrdiff_t blocks, std::ptrdiff_t last_lanes,
                      const float* input, const float* grad_output) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < blocks; ++b) {
        const float* x = input + b * s.channels * s.input_plane() * kLanes;
        const float* g = grad_output + b * s.channels * s.output_plane() * kLanes;
        Lanes block = broadcast(0.0f);
        for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
            for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, g += kLanes) {
                block = fused(load(g), window_sum(s, x + corner(s, oh, ow)), block);
            }
        }
        if (b + 1 == blocks) block = select(first_lanes(last_lanes), block, broadcast(0.0f));
        total = total + block;
    }
    return CNN_ISA::sum(total);
}

}  // namespace

extern const SubSamplingBody sub_sampling_body = {forward, backward_input, weight_gradient};

}  // namespace CNN_ISA
}  // namespace cnn
