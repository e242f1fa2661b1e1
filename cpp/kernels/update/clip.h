// The gradients of a step, made smaller together before its update.
#pragma once

#include <cstddef>
#include <vector>

namespace cnn {

// Bounds of 0 are none. `value`: no element is larger, whatever its sign. `norm`: then all elements are
// multiplied by min(1, norm / (length + 1e-6)), as PyTorch has it; the length is that of all gradients as one
// vector. It is added in double precision in one order, so that its bits depend on no thread and no
// instruction set. A length that is no finite number leaves the gradients as they are, for the update to
// show.
class GradientClip {
  public:
    void add(float* gradient, std::ptrdiff_t count) { parts_.push_back({gradient, count}); }
    void set(float norm, float value) { norm_ = norm, value_ = value; }
    // Returns the length after `value` and before `norm`; 0 without a bound of the norm.
    double run() const;

  private:
    struct Part {
        float* gradient;
        std::ptrdiff_t count;
    };
    std::vector<Part> parts_;
    float norm_ = 0.0f, value_ = 0.0f;
};

}  // namespace cnn
