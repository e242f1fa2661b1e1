// The layout of a single sample, for which sixteen lanes of samples would be fifteen dead ones: channels are
// the lanes. values[row][column][channel], the channels padded to whole vectors, in a border of zeros as wide
// as the padding of the convolution that reads it.
#pragma once

#include <cstddef>

namespace cnn {

struct SingleTensor {
    float* values = nullptr;  // of row 0, column 0, inside the border
    std::ptrdiff_t channels = 0, height = 0, width = 0;
    std::ptrdiff_t pixel = 0;  // floats from a column to the next: the channels and their padding
    std::ptrdiff_t row = 0;    // floats from a row to the next

    std::ptrdiff_t features() const { return channels * height * width; }
    float* at(std::ptrdiff_t h, std::ptrdiff_t w) const { return values + h * row + w * pixel; }
};

}  // namespace cnn
