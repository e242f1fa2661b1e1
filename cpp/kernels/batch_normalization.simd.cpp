#include "kernels/batch_normalization_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Adds function(offset) over all positions, block by block, so that a sum has at most positions + blocks
// terms a lane; what stands in dead lanes of the last block is taken out.
template <class Function>
CNN_INLINE float add_up(const ChannelBlocks& c, Function function) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < c.blocks; ++b) {
        Lanes block = broadcast(0.0f);
        for (std::ptrdiff_t p = 0; p < c.positions; ++p)
            block = block + function(b * c.block_stride + p * kSamples);
        if (b + 1 == c.blocks) block = select(first_lanes(c.last_lanes), block, broadcast(0.0f));
        total = total + block;
    }
    return CNN_ISA::sum(total);
}

float channel_sum(const ChannelBlocks& c, const float* input) {
    return add_up(c, [=](std::ptrdiff_t at) __attribute__((always_inline)) { return load(input + at); });
}

float sum_of_squares(const ChannelBlocks& c, const float* input, float mean) {
    const Lanes m = broadcast(mean);
    return add_up(c, [=](std::ptrdiff_t at) __attribute__((always_inline)) {
        const Lanes d = load(input + at) - m;
        return d * d;
    });
}

void gradient_sums(const ChannelBlocks& c, const float* input, const float* grad_output, float mean,
                   float inverse_std, float* sum_g, float* sum_gx) {
    const Lanes m = broadcast(mean);
    *sum_g =
        add_up(c, [=](std::ptrdiff_t at) __attribute__((always_inline)) { return load(grad_output + at); });
    *sum_gx = inverse_std * add_up(c, [=](std::ptrdiff_t at) __attribute__((always_inline)) {
                  return load(grad_output + at) * (load(input + at) - m);
              });
}

void normalize(const float* input, float* output, std::ptrdiff_t count, float mean, float scale, float bias,
               bool relu) {
    const Lanes m = broadcast(mean), s = broadcast(scale), b = broadcast(bias);
    for (std::ptrdiff_t i = 0; i < count; i += kSamples) {
        const Lanes y = (load(input + i) - m) * s + b;
        store(output + i, relu ? rectify(y) : y);
    }
}

void backward(const float* input, const float* grad_output, float* grad_input, std::ptrdiff_t count,
              float mean, float inverse_std, float scale, float mean_g, float mean_gx) {
    const Lanes m = broadcast(mean), s = broadcast(scale), g0 = broadcast(mean_g);
    const Lanes g1 = broadcast(inverse_std * mean_gx);
    for (std::ptrdiff_t i = 0; i < count; i += kSamples) {
        store(grad_input + i, s * (load(grad_output + i) - g0 - (load(input + i) - m) * g1));
    }
}

}  // namespace

extern const BatchNormalizationBody batch_normalization_body = {channel_sum, sum_of_squares, gradient_sums,
                                                                normalize, backward};

}  // namespace CNN_ISA
}  // namespace cnn
