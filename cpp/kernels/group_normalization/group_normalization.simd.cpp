#include "kernels/group_normalization/group_normalization_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

constexpr std::ptrdiff_t kPart = 64;  // features of a sum before it is added to the others

// The mean over the features of what function(feature's first float, its unit) gives; N at once. Part by
// part, so that no running sum has all terms.
template <int N>
struct Terms {
    Lanes of[N];
};

template <int N, class Function>
CNN_INLINE Terms<N> means(const GroupSize& size, Function function) {
    Terms<N> total, part;
    CNN_UNROLL for (int i = 0; i < N; ++i) total.of[i] = part.of[i] = broadcast(0.0f);
    std::ptrdiff_t in_part = 0;
    for (std::ptrdiff_t u = 0; u < size.units; ++u) {
        for (std::ptrdiff_t p = 0; p < size.positions; ++p) {
            const Terms<N> terms = function((u * size.positions + p) * kLanes, u);
            CNN_UNROLL for (int i = 0; i < N; ++i) part.of[i] = part.of[i] + terms.of[i];
            if (++in_part < kPart) continue;
            in_part = 0;
            CNN_UNROLL for (int i = 0; i < N; ++i) {
                total.of[i] = total.of[i] + part.of[i];
                part.of[i] = broadcast(0.0f);
            }
        }
    }
    const Lanes count = broadcast(static_cast<float>(size.units * size.positions));
    CNN_UNROLL for (int i = 0; i < N; ++i) total.of[i] = (total.of[i] + part.of[i]) / count;
    return total;
}

CNN_INLINE Lanes inverse_root(const Lanes& variance, float epsilon) {
    Lanes r;
    CNN_UNROLL for (int i = 0; i < kParts; ++i) r.part[i] = 1.0f / sqrt_native(variance.part[i] + epsilon);
    return r;
}

void statistics(const GroupSize& size, const float* input, float* found) {
    const Lanes mean = means<1>(size, [=](std::ptrdiff_t at, std::ptrdiff_t) __attribute__((always_inline)) {
                           return Terms<1>{{load(input + at)}};
                       }).of[0];
    const Lanes variance =
        means<1>(size, [=](std::ptrdiff_t at, std::ptrdiff_t) __attribute__((always_inline)) {
            const Lanes d = load(input + at) - mean;
            return Terms<1>{{d * d}};
        }).of[0];
    store(found, mean);
    store(found + kLanes, inverse_root(variance, size.epsilon));
}

void normalize(const GroupSize& size, const float* of_group, const float* weight, const float* bias,
               const float* input, float* output) {
    const Lanes mean = load(of_group), scale = load(of_group + kLanes);
    for (std::ptrdiff_t u = 0; u < size.units; ++u) {
        const Lanes w = broadcast(weight ? weight[u] : 1.0f), b = broadcast(bias ? bias[u] : 0.0f);
        for (std::ptrdiff_t p = 0; p < size.positions; ++p) {
            const std::ptrdiff_t at = (u * size.positions + p) * kLanes;
            store(output + at, fused((load(input + at) - mean) * scale, w, b));
        }
    }
}

void backward(const GroupSize& size, const float* of_group, const float* weight, const float* input,
              const float* grad_output, float* grad_input) {
    const Lanes mean = load(of_group), scale = load(of_group + kLanes);
    const Terms<2> m =
        means<2>(size, [=](std::ptrdiff_t at, std::ptrdiff_t unit) __attribute__((always_inline)) {
            const Lanes g = load(grad_output + at) * broadcast(weight ? weight[unit] : 1.0f);
            return Terms<2>{{g, g * ((load(input + at) - mean) * scale)}};
        });
    for (std::ptrdiff_t u = 0; u < size.units; ++u) {
        const Lanes w = broadcast(weight ? weight[u] : 1.0f);
        for (std::ptrdiff_t p = 0; p < size.positions; ++p) {
            const std::ptrdiff_t at = (u * size.positions + p) * kLanes;
            const Lanes h = (load(input + at) - mean) * scale;
            const Lanes rest = fused(load(grad_output + at), w, broadcast(0.0f) - m.of[0]);
            store(grad_input + at, fused(broadcast(0.0f) - h, m.of[1], rest) * scale);
        }
    }
}

void weight_gradient(const UnitRuns& runs, const float* of_groups, const float* input,
                     const float* grad_output, float* grad_weight, float* grad_bias) {
    Lanes total_w = broadcast(0.0f), total_b = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < runs.blocks; ++b) {
        Lanes block_w = broadcast(0.0f), block_b = broadcast(0.0f);
        for (std::ptrdiff_t i = 0; i < runs.groups; ++i) {
            const float* found = of_groups + b * runs.statistics_stride + i * 2 * kLanes;
            const Lanes mean = load(found), scale = load(found + kLanes);
            Lanes run_w = broadcast(0.0f), run_b = broadcast(0.0f);
            for (std::ptrdiff_t p = 0; p < runs.positions; ++p) {
                const std::ptrdiff_t at = b * runs.block_stride + i * runs.group_stride + p * kLanes;
                const Lanes g = load(grad_output + at);
                run_w = fused(g, (load(input + at) - mean) * scale, run_w);
                run_b = run_b + g;
            }
            block_w = block_w + run_w;
            block_b = block_b + run_b;
        }
        if (b + 1 == runs.blocks) {
            block_w = select(first_lanes(runs.last_lanes), block_w, broadcast(0.0f));
            block_b = select(first_lanes(runs.last_lanes), block_b, broadcast(0.0f));
        }
        total_w = total_w + block_w;
        total_b = total_b + block_b;
    }
    *grad_weight = sum(total_w);
    *grad_bias = sum(total_b);
}

}  // namespace

extern const GroupNormalizationBody group_normalization_body = {statistics, normalize, backward,
                                                                weight_gradient};

}  // namespace CNN_ISA
}  // namespace cnn
