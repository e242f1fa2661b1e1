// How outputs are divided among register tiles. Functions are static, so that each body compiled for an
// instruction set has a copy of its own.
#pragma once

#include <cstddef>

namespace cnn {

static constexpr std::ptrdiff_t ceil_divide(std::ptrdiff_t a, std::ptrdiff_t b) {
    return (a + b - 1) / b;
}

static constexpr std::ptrdiff_t round_up(std::ptrdiff_t a, std::ptrdiff_t multiple) {
    return ceil_divide(a, multiple) * multiple;
}

// Tile t of `tiles` covers outputs [begin(t), begin(t + 1)): sizes differ by one at most, none is a small
// remainder.
static constexpr std::ptrdiff_t tile_begin(std::ptrdiff_t outputs, std::ptrdiff_t tiles, std::ptrdiff_t t) {
    return t * outputs / tiles;
}

}  // namespace cnn
