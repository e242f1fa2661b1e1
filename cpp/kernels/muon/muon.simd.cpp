#include "kernels/muon/muon_body.h"
#include "simd/partial.h"

namespace cnn {
namespace CNN_ISA {
namespace {

void mix(float share_x, const float* x, float share_y, const float* y, float* out, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; i += kWidth) {
        const std::ptrdiff_t rest = count - i;
        const Native sum = share_x * load_some(x + i, rest) + share_y * load_some(y + i, rest);
        store_some(out + i, sum, rest);
    }
}

}  // namespace

extern const MuonBody muon_body = {mix};

}  // namespace CNN_ISA
}  // namespace cnn
