#include "core/op.h"
#include "kernels/update/update_body.h"
#include "simd/partial.h"

namespace cnn {
namespace CNN_ISA {
namespace {

void add_slots(const float* slots, std::ptrdiff_t stride, std::ptrdiff_t slot_count, float* gradient,
               std::ptrdiff_t count, float scale, bool accumulate) {
    for (std::ptrdiff_t i = 0; i < count; i += kWidth) {
        const std::ptrdiff_t rest = count - i;
        Native v[kMaxSlots] = {};
        for (std::ptrdiff_t s = 0; s < slot_count; ++s) v[s] = load_some(slots + s * stride + i, rest);
        for (std::ptrdiff_t half = kMaxSlots / 2; half > 0; half /= 2) {
            for (std::ptrdiff_t s = 0; s < half && s + half < slot_count; ++s) v[s] += v[s + half];
        }
        Native total = v[0] * broadcast_native(scale);
        if (accumulate) total += load_some(gradient + i, rest);
        store_some(gradient + i, total, rest);
    }
}

}  // namespace

extern const UpdateBody update_body = {add_slots};

}  // namespace CNN_ISA
}  // namespace cnn
