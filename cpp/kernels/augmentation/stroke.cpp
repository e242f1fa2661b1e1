#include "kernels/augmentation/stroke.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

std::uint8_t part_way(std::uint8_t from, std::uint8_t to, int share) {
    return static_cast<std::uint8_t>((from * 256 + share * (to - from) + 128) >> 8);
}

float part_way(float from, float to, int share) {
    return from + static_cast<float>(share) * (1.0f / 256.0f) * (to - from);
}

template <class T, class Extreme>
void change_row(const T* above, const T* row, const T* below, T* to, std::ptrdiff_t width, bool corners,
                int share, Extreme extreme) {
    const auto column = [&](std::ptrdiff_t x) { return extreme(extreme(above[x], below[x]), row[x]); };
    const auto pixel = [&](std::ptrdiff_t left, std::ptrdiff_t x, std::ptrdiff_t right) {
        const T sides = corners ? extreme(column(left), column(right)) : extreme(row[left], row[right]);
        to[x] = part_way(row[x], extreme(column(x), sides), share);
    };
    if (width == 1) {
        pixel(0, 0, 0);
        return;
    }
    pixel(0, 0, 1);
    for (std::ptrdiff_t x = 1; x + 1 < width; ++x) pixel(x - 1, x, x + 1);
    pixel(width - 2, width - 1, width - 1);
}

template <class T>
void change_plane(const T* from, T* to, std::ptrdiff_t height, std::ptrdiff_t width, bool thicker,
                  bool corners, int share) {
    for (std::ptrdiff_t y = 0; y < height; ++y) {
        const T* row = from + y * width;
        const T* above = y > 0 ? row - width : row;
        const T* below = y + 1 < height ? row + width : row;
        T* out = to + y * width;
        if (thicker) {
            change_row(above, row, below, out, width, corners, share, [](T a, T b) { return a < b ? b : a; });
        } else {
            change_row(above, row, below, out, width, corners, share, [](T a, T b) { return b < a ? b : a; });
        }
    }
}

template <class T>
const T* change(const T* from, T* one, T* other, std::ptrdiff_t height, std::ptrdiff_t width, double stroke) {
    const double size = std::fabs(stroke);
    const int times = static_cast<int>(std::ceil(size));
    for (int time = 1; time <= times; ++time) {
        const double share = time < times ? 1.0 : size - (times - 1);
        T* to = from == one ? other : one;
        change_plane(from, to, height, width, stroke > 0.0, time % 2 == 0,
                     static_cast<int>(share * 256.0 + 0.5));
        from = to;
    }
    return from;
}

}  // namespace

const std::uint8_t* change_stroke(const std::uint8_t* from, std::uint8_t* one, std::uint8_t* other,
                                  std::ptrdiff_t height, std::ptrdiff_t width, double stroke) {
    return change(from, one, other, height, width, stroke);
}

const float* change_stroke(const float* from, float* one, float* other, std::ptrdiff_t height,
                           std::ptrdiff_t width, double stroke) {
    return change(from, one, other, height, width, stroke);
}

}  // namespace cnn
