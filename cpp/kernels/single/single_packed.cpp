#include "kernels/single/single_packed.h"

#include <cmath>

namespace cnn {

SingleEpilogueArrays::SingleEpilogueArrays(const SingleNormalization& normalization, std::ptrdiff_t channels,
                                           std::ptrdiff_t padded)
    : normalization_(normalization), channels_(channels), padded_(padded) {
    if (normalization.mean != nullptr) values_.resize(static_cast<std::size_t>(3 * padded));
}

// In the order of batch_normalization.cpp: the same factors to the last bit.
void SingleEpilogueArrays::pack() {
    const SingleNormalization& n = normalization_;
    if (n.mean == nullptr) return;
    for (std::ptrdiff_t c = 0; c < channels_; ++c) {
        const float inverse_std = 1.0f / std::sqrt(n.variance[c] + n.epsilon);
        values_[static_cast<std::size_t>(c)] = n.mean[c];
        values_[static_cast<std::size_t>(padded_ + c)] = n.weight ? inverse_std * n.weight[c] : inverse_std;
        values_[static_cast<std::size_t>(2 * padded_ + c)] = n.bias ? n.bias[c] : 0.0f;
    }
}

SingleEpilogue SingleEpilogueArrays::from(std::ptrdiff_t channel, bool relu) const {
    if (normalization_.mean == nullptr) return {nullptr, nullptr, nullptr, relu};
    const float* first = values_.data() + channel;
    return {first, first + padded_, first + 2 * padded_, relu};
}

}  // namespace cnn
