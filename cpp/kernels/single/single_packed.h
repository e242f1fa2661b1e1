// Learned arrays in the order in which the kernels for a single sample read them.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/single/single_convolution_body.h"

namespace cnn {

class SinglePacked {
  public:
    virtual ~SinglePacked() = default;
    // Reads the learned arrays anew. False: the layer cannot run as promised on these values.
    virtual bool pack() = 0;
    virtual std::size_t bytes() const = 0;
};

// A batch normalization in evaluation; null `mean`: none. `weight` and `bias` may be null.
struct SingleNormalization {
    const float* mean = nullptr;
    const float* variance = nullptr;
    const float* weight = nullptr;
    const float* bias = nullptr;
    float epsilon = 0.0f;
};

// The same as factors for each channel, padded to whole vectors.
class SingleEpilogueArrays {
  public:
    SingleEpilogueArrays(const SingleNormalization& normalization, std::ptrdiff_t channels,
                         std::ptrdiff_t padded);
    void pack();
    SingleEpilogue from(std::ptrdiff_t channel, bool relu) const;
    std::size_t bytes() const { return values_.size() * sizeof(float); }

  private:
    SingleNormalization normalization_;
    std::ptrdiff_t channels_, padded_;
    std::vector<float> values_;  // mean, scale, shift
};

}  // namespace cnn
