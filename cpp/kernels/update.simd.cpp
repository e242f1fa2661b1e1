#include "kernels/update_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

constexpr int kSlots = 8;

CNN_INLINE Native load_some(const float* p, std::ptrdiff_t count) {
    if (count >= kWidth) return load_unaligned(p);
    Native r{};
    for (std::ptrdiff_t i = 0; i < count; ++i) r[i] = p[i];
    return r;
}

CNN_INLINE void store_some(float* p, Native v, std::ptrdiff_t count) {
    if (count >= kWidth) return store_unaligned(p, v);
    for (std::ptrdiff_t i = 0; i < count; ++i) p[i] = v[i];
}

void add_slots(const float* slots, std::ptrdiff_t stride, std::ptrdiff_t slot_count, float* gradient,
               std::ptrdiff_t count, float scale, bool accumulate) {
    for (std::ptrdiff_t i = 0; i < count; i += kWidth) {
        const std::ptrdiff_t rest = count - i;
        Native v[kSlots] = {};
        for (std::ptrdiff_t s = 0; s < slot_count; ++s) v[s] = load_some(slots + s * stride + i, rest);
        for (std::ptrdiff_t half = kSlots / 2; half > 0; half /= 2) {
            for (std::ptrdiff_t s = 0; s < half && s + half < slot_count; ++s) v[s] += v[s + half];
        }
        Native total = v[0] * broadcast_native(scale);
        if (accumulate) total += load_some(gradient + i, rest);
        store_some(gradient + i, total, rest);
    }
}

void sgd(float* parameter, const float* gradient, float* velocity, std::ptrdiff_t count,
         const SgdSettings& s) {
    const Native rate = broadcast_native(s.learning_rate), momentum = broadcast_native(s.momentum);
    const Native undamped = broadcast_native(1.0f - s.dampening), decay = broadcast_native(s.weight_decay);
    for (std::ptrdiff_t i = 0; i < count; i += kWidth) {
        const std::ptrdiff_t rest = count - i;
        const Native p = load_some(parameter + i, rest);
        Native d = load_some(gradient + i, rest);
        if (s.weight_decay != 0.0f) d += decay * p;
        if (velocity != nullptr) {
            const Native v = momentum * load_some(velocity + i, rest) + undamped * d;
            store_some(velocity + i, v, rest);
            d = s.nesterov ? d + momentum * v : v;
        }
        store_some(parameter + i, p - rate * d, rest);
    }
}

}  // namespace

extern const UpdateBody update_body = {add_slots, sgd};

}  // namespace CNN_ISA
}  // namespace cnn
