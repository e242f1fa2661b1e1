#include "measure/fma_peak_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Twelve of the sixteen registers that AVX2 and plain x86-64 have; two more hold factor and term.
constexpr int kSums = 12;

float run(std::ptrdiff_t steps, float factor, float term) {
    const Native multiplier = broadcast_native(factor), addend = broadcast_native(term);
    Native sums[kSums];
    CNN_UNROLL for (int i = 0; i < kSums; ++i) sums[i] = broadcast_native(static_cast<float>(i));
    for (std::ptrdiff_t step = 0; step < steps; ++step) {
        CNN_UNROLL for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * multiplier + addend;
    }
    Native total = sums[0];
    CNN_UNROLL for (int i = 1; i < kSums; ++i) total += sums[i];
    return sum_native(total);
}

}  // namespace

extern const FmaPeakBody fma_peak_body = {std::ptrdiff_t{2} * kSums * kWidth, run};

}  // namespace CNN_ISA
}  // namespace cnn
