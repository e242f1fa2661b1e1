// How outputs are divided among register tiles, and work among tasks. Functions are static, so that each body
// compiled for an instruction set has a copy of its own.
#pragma once

#include <cstddef>

namespace cnn {

static constexpr std::ptrdiff_t ceil_divide(std::ptrdiff_t a, std::ptrdiff_t b) {
    return (a + b - 1) / b;
}

static constexpr std::ptrdiff_t round_up(std::ptrdiff_t a, std::ptrdiff_t multiple) {
    return ceil_divide(a, multiple) * multiple;
}

// Part k of `parts` covers [begin(k), begin(k + 1)) of `whole`: sizes differ by one at most, none is a small
// remainder.
static constexpr std::ptrdiff_t part_begin(std::ptrdiff_t whole, std::ptrdiff_t parts, std::ptrdiff_t k) {
    return k * whole / parts;
}

}  // namespace cnn
