#include "kernels/batch_normalization/batch_normalization_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Adds what function(offset) gives over all positions, block by block, so that a sum has at most positions +
// blocks terms a lane; what stands in dead lanes of the last block is taken out. N sums in one pass.
template <int N>
struct Terms {
    Lanes of[N];
};

template <int N, class Function>
CNN_INLINE void add_up(const ChannelBlocks& c, float (&sums)[N], Function function) {
    Terms<N> total;
    CNN_UNROLL for (int i = 0; i < N; ++i) total.of[i] = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < c.blocks; ++b) {
        Terms<N> block;
        CNN_UNROLL for (int i = 0; i < N; ++i) block.of[i] = broadcast(0.0f);
        for (std::ptrdiff_t p = 0; p < c.positions; ++p) {
            const Terms<N> terms = function(b * c.block_stride + p * kLanes);
            CNN_UNROLL for (int i = 0; i < N; ++i) block.of[i] = block.of[i] + terms.of[i];
        }
        CNN_UNROLL for (int i = 0; i < N; ++i) {
            if (b + 1 == c.blocks) {
                block.of[i] = select(first_lanes(c.last_lanes), block.of[i], broadcast(0.0f));
            }
            total.of[i] = total.of[i] + block.of[i];
        }
    }
    CNN_UNROLL for (int i = 0; i < N; ++i) sums[i] = CNN_ISA::sum(total.of[i]);
}

float channel_sum(const ChannelBlocks& c, const float* input) {
    float sum[1];
    add_up(c, sum,
           [=](std::ptrdiff_t at) __attribute__((always_inline)) { return Terms<1>{{load(input + at)}}; });
    return sum[0];
}

float sum_of_squares(const ChannelBlocks& c, const float* input, float mean) {
    const Lanes m = broadcast(mean);
    float sum[1];
    add_up(c, sum, [=](std::ptrdiff_t at) __attribute__((always_inline)) {
        const Lanes d = load(input + at) - m;
        return Terms<1>{{d * d}};
    });
    return sum[0];
}

struct Scale {
    Lanes mean, scale, bias;
    CNN_INLINE explicit Scale(const ChannelScale& s)
        : mean(broadcast(s.mean)), scale(broadcast(s.scale)), bias(broadcast(s.bias)) {}
    CNN_INLINE Lanes normalized(const Lanes& x) const { return (x - mean) * scale + bias; }
    // The gradient of what a ReLU makes of it: as `relu` in activation_functions.h.
    template <bool kRelu>
    CNN_INLINE Lanes gradient(const Lanes& x, const Lanes& g) const {
        if constexpr (!kRelu) return g;
        return select(less_equal(normalized(x), broadcast(0.0f)), broadcast(0.0f), g);
    }
};

template <bool kRelu>
CNN_INLINE void add_gradients(const ChannelBlocks& c, const ChannelScale& scale, const float* input,
                              const float* grad_output, float (&sums)[2]) {
    const Scale s(scale);
    add_up(c, sums, [=](std::ptrdiff_t at) __attribute__((always_inline)) {
        const Lanes x = load(input + at), g = s.gradient<kRelu>(x, load(grad_output + at));
        return Terms<2>{{g, g * (x - s.mean)}};
    });
}

void gradient_sums(const ChannelBlocks& c, const ChannelScale& scale, const float* input,
                   const float* grad_output, float* sum_g, float* sum_gx) {
    float sums[2];
    if (scale.relu) {
        add_gradients<true>(c, scale, input, grad_output, sums);
    } else {
        add_gradients<false>(c, scale, input, grad_output, sums);
    }
    *sum_g = sums[0];
    *sum_gx = scale.inverse_std * sums[1];
}

void normalize(const float* input, float* output, std::ptrdiff_t count, const ChannelScale& scale) {
    const Scale s(scale);
    for (std::ptrdiff_t i = 0; i < count; i += kLanes) {
        const Lanes y = s.normalized(load(input + i));
        store(output + i, scale.relu ? rectify(y) : y);
    }
}

template <bool kRelu>
CNN_INLINE void go_back(const float* input, const float* grad_output, float* grad_input, std::ptrdiff_t count,
                        const ChannelScale& scale, float mean_g, float mean_gx) {
    const Scale s(scale);
    const Lanes g0 = broadcast(mean_g), g1 = broadcast(scale.inverse_std * mean_gx);
    for (std::ptrdiff_t i = 0; i < count; i += kLanes) {
        const Lanes x = load(input + i), g = s.gradient<kRelu>(x, load(grad_output + i));
        store(grad_input + i, s.scale * (g - g0 - (x - s.mean) * g1));
    }
}

void backward(const float* input, const float* grad_output, float* grad_input, std::ptrdiff_t count,
              const ChannelScale& scale, float mean_g, float mean_gx) {
    if (scale.relu) {
        go_back<true>(input, grad_output, grad_input, count, scale, mean_g, mean_gx);
    } else {
        go_back<false>(input, grad_output, grad_input, count, scale, mean_g, mean_gx);
    }
}

}  // namespace

extern const BatchNormalizationBody batch_normalization_body = {channel_sum, sum_of_squares, gradient_sums,
                                                                normalize, backward};

}  // namespace CNN_ISA
}  // namespace cnn
