// The L1 penalty: what it adds to the gradients of a step before they are clipped.
#pragma once

#include <cstddef>
#include <vector>

namespace cnn {

// gradient += rate * sign(parameter), the gradient of rate * sum |parameter|; that of 0 is 0.
class L1Penalty {
  public:
    void add(const float* parameter, float* gradient, std::ptrdiff_t count) {
        parts_.push_back({parameter, gradient, count});
    }
    void set(float rate) { rate_ = rate; }
    void run() const {
        for (const Part& part : parts_) {
            for (std::ptrdiff_t i = 0; i < part.count; ++i) {
                const float w = part.parameter[i];
                part.gradient[i] += w > 0.0f ? rate_ : (w < 0.0f ? -rate_ : 0.0f);
            }
        }
    }

  private:
    struct Part {
        const float* parameter;
        float* gradient;
        std::ptrdiff_t count;
    };
    std::vector<Part> parts_;
    float rate_ = 0.0f;
};

}  // namespace cnn
