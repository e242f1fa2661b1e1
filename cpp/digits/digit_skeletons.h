// The path of the pen for each digit, before it is slanted, bent and inked.
#pragma once

#include <array>
#include <cstddef>

#include "digits/digit_draws.h"

namespace cnn {

struct SkeletonPoint {
    float x;          // 0 at the left to about 1 at the right
    float y;          // 0 at the top to about 1 at the bottom
    bool pen_lifted;  // true if the pen came here through the air: a stroke begins
};

struct Skeleton {
    std::array<SkeletonPoint, 640> points;  // longest in use: 3 strokes, under 480 points
    std::size_t count = 0;
};

// Draws one of the writing styles of `digit` (0 to 9). `unsteadiness` is the standard deviation of each
// control point, in units of the height of the digit.
void draw_skeleton(Skeleton& skeleton, int digit, float unsteadiness, DigitDraws& draws);

}  // namespace cnn
