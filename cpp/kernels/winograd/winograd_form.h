// Winograd's minimal filtering outside of its arithmetic: the forms in use, and how tiles cover a picture.
// Functions are static, so that each body compiled for an instruction set has a copy of its own.
#pragma once

#include <cstddef>

#include "core/tiles.h"

namespace cnn {

// F(outputs x outputs, taps x taps), of windows of outputs + taps - 1 inputs either way.
struct WinogradForm {
    std::ptrdiff_t outputs, taps;
};

constexpr WinogradForm kWinograd4x3{4, 3};  // layers, and the gradient of their input
constexpr WinogradForm kWinograd3x4{3,
                                    4};  // the gradient of their weights: a tile of gradients is the filter
constexpr WinogradForm kWinograd2x3{2, 3};  // single images of few tiles
constexpr WinogradForm kWinograd2x5{2, 5};  // a tile is a 2 x 2 window of pooling
constexpr WinogradForm kWinogradForms[] = {kWinograd2x3, kWinograd2x5, kWinograd3x4, kWinograd4x3};

static constexpr std::ptrdiff_t winograd_window(const WinogradForm& form) {
    return form.outputs + form.taps - 1;
}

// Elements of a transformed tile or filter, each of them a point of either axis.
static constexpr std::ptrdiff_t winograd_points(const WinogradForm& form) {
    return winograd_window(form) * winograd_window(form);
}

// Tiles of size x size outputs in reading order; the last row and column may reach beyond the picture.
struct WinogradTiling {
    std::ptrdiff_t size, rows, cols;
};

struct WinogradPlace {
    std::ptrdiff_t row, col;
};

static constexpr WinogradTiling winograd_tiling(std::ptrdiff_t size, std::ptrdiff_t height,
                                                std::ptrdiff_t width) {
    return {size, ceil_divide(height, size), ceil_divide(width, size)};
}

static constexpr std::ptrdiff_t winograd_tiles(const WinogradTiling& tiling) {
    return tiling.rows * tiling.cols;
}

// Rows and columns of the last tiles that lie beyond the picture.
static constexpr WinogradPlace winograd_excess(const WinogradForm& form, std::ptrdiff_t height,
                                               std::ptrdiff_t width) {
    return {round_up(height, form.outputs) - height, round_up(width, form.outputs) - width};
}

// The first output of a tile.
static constexpr WinogradPlace winograd_place(const WinogradTiling& tiling, std::ptrdiff_t tile) {
    return {tile / tiling.cols * tiling.size, tile % tiling.cols * tiling.size};
}

// The channels of one block of samples: [channels][height][width][16].
struct WinogradPicture {
    const float* values;
    std::ptrdiff_t channels, height, width;
};

// Floats from one point's values to the next's: powers of two apart, the points would share a few sets of the
// caches, and a line more keeps them apart.
static constexpr std::ptrdiff_t winograd_apart(std::ptrdiff_t floats) {
    return floats + 16;
}

}  // namespace cnn
