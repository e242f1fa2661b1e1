#include "kernels/update/clip.h"

#include <algorithm>
#include <cmath>

namespace cnn {

double GradientClip::run() const {
    constexpr std::ptrdiff_t kSums = 8;  // sums that do not wait for each other
    if (value_ > 0.0f) {
        for (const Part& part : parts_) {
            // A NaN is neither more nor less and stays.
            for (std::ptrdiff_t i = 0; i < part.count; ++i) {
                float& g = part.gradient[i];
                g = g > value_ ? value_ : (g < -value_ ? -value_ : g);
            }
        }
    }
    if (norm_ <= 0.0f) return 0.0;
    double lanes[kSums] = {};
    for (const Part& part : parts_) {
        std::ptrdiff_t i = 0;
        for (; i + kSums <= part.count; i += kSums) {
            for (std::ptrdiff_t lane = 0; lane < kSums; ++lane) {
                const double g = part.gradient[i + lane];
                lanes[lane] += g * g;
            }
        }
        for (std::ptrdiff_t lane = 0; i < part.count; ++i, ++lane) {
            const double g = part.gradient[i];
            lanes[lane] += g * g;
        }
    }
    double sum = 0.0;
    for (const double lane : lanes) sum += lane;
    const double length = std::sqrt(sum);
    if (!std::isfinite(length)) return length;
    const double factor = static_cast<double>(norm_) / (length + 1e-6);
    if (factor >= 1.0) return length;
    const auto scale = static_cast<float>(factor);
    for (const Part& part : parts_)
        for (std::ptrdiff_t i = 0; i < part.count; ++i) part.gradient[i] *= scale;
    return length;
}

}  // namespace cnn
