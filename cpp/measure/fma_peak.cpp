#include "measure/fma_peak.h"

#include <algorithm>
#include <chrono>

#include "measure/fma_peak_body.h"

namespace cnn {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::ptrdiff_t kSteps = 200000;  // 6 cycles each with two units: about half a millisecond

}  // namespace

double fma_peak(double seconds) {
    const FmaPeakBody* body = CNN_SELECT_BODY(fma_peak_body);
    const auto begin = std::chrono::steady_clock::now();
    double best = 0;
    volatile float kept = 0;  // without a reader the loop would be removed
    for (auto now = begin; Seconds(now - begin).count() < seconds;) {
        kept = body->run(kSteps, 0.5f, 1.0f);
        const auto end = std::chrono::steady_clock::now();
        best = std::max(best, static_cast<double>(body->operations * kSteps) / Seconds(end - now).count());
        now = end;
    }
    static_cast<void>(kept);
    return best;
}

}  // namespace cnn
