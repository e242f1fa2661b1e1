#include "kernels/padding/zero_padding.h"

#include <algorithm>

namespace cnn {

void PadWithZeros::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const ZeroPadding& p = padding_;
    const std::ptrdiff_t height = p.output_height(), width = p.output_width();
    const float* from = input_ + task * p.height * p.width * kLanes;
    float* to = output_ + task * height * width * kLanes;
    // Of an output row: zeros, then input columns, then zeros; perhaps none of a kind.
    const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(p.left, 0, width);
    const std::ptrdiff_t end = std::clamp<std::ptrdiff_t>(p.left + p.width, begin, width);
    for (std::ptrdiff_t h = 0; h < height; ++h, to += width * kLanes) {
        const std::ptrdiff_t row = h - p.top;
        if (row < 0 || row >= p.height || begin == end) {
            std::fill_n(to, width * kLanes, 0.0f);
            continue;
        }
        std::fill_n(to, begin * kLanes, 0.0f);
        std::copy_n(from + (row * p.width + begin - p.left) * kLanes, (end - begin) * kLanes,
                    to + begin * kLanes);
        std::fill_n(to + end * kLanes, (width - end) * kLanes, 0.0f);
    }
}

}  // namespace cnn
