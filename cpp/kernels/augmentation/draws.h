// What is drawn for an image in an epoch: pure functions of (seed, epoch, image).
//
// Philox counters are {unit, image, epoch, kAugmentation << 24 | kind}; u is a number in (0, 1), the 32 bits
// plus one half times 2^-32, and v = 2u - 1. Words of kind 0, in blocks of four:
//   shift in x, in y, rotation, scale | shear, flip, crop in x, in y | stroke, brightness, contrast,
//   saturation | hue, erasing, its area, its ratio | its place in x, in y, whether it is upright, noise
// The flip is that of epoch 0, u, for all epochs: an image is flipped where the fraction of u + flip * epoch
// is below flip. Kind 1: v of the control points of the elastic field, x and y of each. Kind 2: noise, one
// word a value. Kind 3: unit 0 the partner of the mixup, from unit 1 on pairs for its share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "random/philox.h"

namespace cnn {

// The largest changes; 0: none. See cnncli.Augmentation, whose fields these are.
struct AugmentationSettings {
    double shift = 0.0, rotate = 0.0, scale = 0.0, shear = 0.0, elastic = 0.0, stroke = 0.0, noise = 0.0,
           erase = 0.0, crop = 0.0, flip = 0.0, jitter = 0.0, mixup = 0.0;

    bool changes_colours() const { return jitter > 0.0; }
};

enum class DrawKind : std::uint32_t { kScalars = 0, kField = 1, kNoise = 2, kMixup = 3 };

struct ImageSize {
    std::ptrdiff_t channels, height, width;
    std::ptrdiff_t pixels() const { return height * width; }
};

// Pixel (x, y) of the result is the image at (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]), to which the
// elastic field is added. `stroke`: see stroke.h. `erased`: x and y from the first to before the last; empty
// if nothing is. `noise`: standard deviation as a share of the range.
struct ImageDraws {
    double m[6];
    double stroke, brightness, contrast, saturation, hue, noise;
    std::ptrdiff_t erased[4];
};
ImageDraws draw_image(const AugmentationSettings& settings, const ImageSize& size, std::uint64_t seed,
                      std::uint32_t epoch, std::int64_t image);

// The position of the partner among `count` images, and the share of the image itself, a multiple of 1/256
// of at least one half.
struct Mixup {
    std::int64_t partner;
    float share;
};
Mixup draw_mixup(double alpha, std::int64_t count, std::uint64_t seed, std::uint32_t epoch,
                 std::int64_t image);

// The elastic field: a cubic B-spline over control points that lie `spacing` pixels apart. A quarter of the
// shorter side, at least 2; point k of a side lies at (k - 1) * spacing.
struct FieldGrid {
    std::ptrdiff_t spacing, rows, columns;
    explicit FieldGrid(const ImageSize& size);
    std::ptrdiff_t points() const { return rows * columns; }
};
// `to`: for each point its x and y, `stride` floats from one number to the next, in pixels.
void draw_field(const AugmentationSettings& settings, const ImageSize& size, const FieldGrid& grid,
                std::uint64_t seed, std::uint32_t epoch, std::int64_t image, float* to,
                std::ptrdiff_t stride);

inline Philox4x32::Counter augmentation_block(DrawKind kind, std::uint32_t unit, std::uint64_t seed,
                                              std::uint32_t epoch, std::int64_t image) {
    return Philox4x32::block(
        {unit, static_cast<std::uint32_t>(image), epoch,
         static_cast<std::uint32_t>(Purpose::kAugmentation) << 24 | static_cast<std::uint32_t>(kind)},
        Philox4x32::key(seed));
}

}  // namespace cnn
