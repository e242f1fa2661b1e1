#include "kernels/single/single_joins.h"

#include <algorithm>

namespace cnn {

void SingleSum::run(const Context&, std::ptrdiff_t, std::byte*) const {
    const std::ptrdiff_t channels = output_.channels;
    for (std::ptrdiff_t h = 0; h < output_.height; ++h) {
        for (std::ptrdiff_t w = 0; w < output_.width; ++w) {
            float* to = output_.at(h, w);
            std::copy_n(inputs_.front().at(h, w), channels, to);
            for (std::size_t i = 1; i < inputs_.size(); ++i) {
                const float* from = inputs_[i].at(h, w);
                for (std::ptrdiff_t c = 0; c < channels; ++c) to[c] += from[c];
            }
        }
    }
}

void SingleCopyChannels::run(const Context&, std::ptrdiff_t, std::byte*) const {
    for (std::ptrdiff_t h = 0; h < output_.height; ++h)
        for (std::ptrdiff_t w = 0; w < output_.width; ++w)
            std::copy_n(input_.at(h, w) + from_, count_, output_.at(h, w) + to_);
}

}  // namespace cnn
