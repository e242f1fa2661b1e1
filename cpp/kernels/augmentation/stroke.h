// Strokes thicker or thinner: grey dilation and erosion of a plane (height, width), by any width.
//
// A width w > 0 replaces each pixel ceil(w) times by the largest value among itself and its neighbours: four
// of them the first time, eight the second, and so on in turns; the last time only by a share of what
// changes, w - ceil(w) + 1 rounded to 1/256. A width below 0 takes the smallest. What lies outside does not
// count.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn {

// Reads `from`, and returns where the result is: `from` itself or one of the others, which may be written.
// Bytes are rounded to the nearest.
const std::uint8_t* change_stroke(const std::uint8_t* from, std::uint8_t* one, std::uint8_t* other,
                                  std::ptrdiff_t height, std::ptrdiff_t width, double stroke);
const float* change_stroke(const float* from, float* one, float* other, std::ptrdiff_t height,
                           std::ptrdiff_t width, double stroke);

}  // namespace cnn
