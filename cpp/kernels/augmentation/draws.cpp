#include "kernels/augmentation/draws.h"

#include <algorithm>
#include <cmath>

#include "random/portable_math.h"

namespace cnn {
namespace {

double unit(std::uint32_t bits) {
    return (static_cast<double>(bits) + 0.5) * 0x1p-32;
}

double centred(std::uint32_t bits) {
    return 2.0 * unit(bits) - 1.0;
}

double radians(double degrees) {
    return degrees * (portable::kPi / 180.0);
}

// Erased are 2 to 20 % of an image, its shorter side 0.3 to 1 times the longer one.
constexpr double kLeastArea = 0.02, kMostArea = 0.2, kLeastRatio = 0.3;

// Whether an image is mirrored in an epoch: by the share `flip` of all images in each epoch, and each image
// in that share of the epochs, evenly spread (with 0.5: in every other one). After Jordan 2024, "94 % on
// CIFAR-10 in 3.29 seconds on a single GPU", section 3.6: drawn anew in each epoch, half of the images would
// be the same twice in a row.
bool flips(double flip, std::uint32_t first_word, std::uint32_t epoch) {
    const double turn = unit(first_word) + flip * static_cast<double>(epoch);
    return turn - std::floor(turn) < flip;
}

// x' = s R (1 k; 0 1) (x - c) + c + t, where k = tan(shear) and c is the centre; the result has what lies at
// the inverse of it, mirrored by the flip.
void draw_map(const AugmentationSettings& settings, const ImageSize& size, const Philox4x32::Counter& first,
              const Philox4x32::Counter& second, bool flipped, double* m) {
    const double width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    const double padding = 2.0 * settings.crop + 1.0;
    const double shift_x =
        settings.shift * width * centred(first[0]) + std::floor(unit(second[2]) * padding) - settings.crop;
    const double shift_y =
        settings.shift * height * centred(first[1]) + std::floor(unit(second[3]) * padding) - settings.crop;
    const portable::SinCos turn = portable::sin_cos(radians(settings.rotate * centred(first[2])));
    const double larger = 1.0 + settings.scale * centred(first[3]);
    const portable::SinCos slant = portable::sin_cos(radians(settings.shear * centred(second[0])));
    const double k = slant.sin / slant.cos;
    const double cx = (width - 1.0) / 2.0, cy = (height - 1.0) / 2.0;
    // The inverse: (1 -k; 0 1) R^-1 / s.
    const double a = turn.cos / larger, b = turn.sin / larger;
    m[0] = a + k * b;
    m[1] = b - k * a;
    m[3] = -b;
    m[4] = a;
    m[2] = cx - m[0] * (cx + shift_x) - m[1] * (cy + shift_y);
    m[5] = cy - m[3] * (cx + shift_x) - m[4] * (cy + shift_y);
    if (!flipped) return;
    m[0] = -m[0];
    m[1] = -m[1];
    m[2] = width - 1.0 - m[2];
}

// A side of the rectangle, and where it begins.
void place(double side, std::ptrdiff_t size, std::uint32_t bits, std::ptrdiff_t* range) {
    const auto length = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(side + 0.5), 1, size);
    range[0] = static_cast<std::ptrdiff_t>(unit(bits) * static_cast<double>(size - length + 1));
    range[1] = range[0] + length;
}

}  // namespace

ImageDraws draw_image(const AugmentationSettings& settings, const ImageSize& size, std::uint64_t seed,
                      std::uint32_t epoch, std::int64_t image) {
    const auto block = [&](std::uint32_t number) {
        return augmentation_block(DrawKind::kScalars, number, seed, epoch, image);
    };
    ImageDraws draws{{}, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, {0, 0, 0, 0}};
    // The word of the first epoch, whichever epoch it is.
    const bool flipped =
        settings.flip > 0.0 &&
        flips(settings.flip, augmentation_block(DrawKind::kScalars, 1, seed, 0, image)[1], epoch);
    draw_map(settings, size, block(0), block(1), flipped, draws.m);
    const bool paints = settings.erase > 0.0;
    if (settings.stroke > 0.0 || settings.changes_colours()) {
        const Philox4x32::Counter third = block(2);
        draws.stroke = settings.stroke * centred(third[0]);
        draws.brightness = 1.0 + settings.jitter * centred(third[1]);
        draws.contrast = 1.0 + settings.jitter * centred(third[2]);
        draws.saturation = 1.0 + settings.jitter * centred(third[3]);
    }
    if (!paints && settings.noise == 0.0 && !settings.changes_colours()) return draws;
    const Philox4x32::Counter fourth = block(3), fifth = block(4);
    draws.hue = settings.jitter / 4.0 * centred(fourth[0]);
    draws.noise = settings.noise * unit(fifth[3]);
    if (paints && unit(fourth[1]) < settings.erase) {
        const double area =
            (kLeastArea + (kMostArea - kLeastArea) * unit(fourth[2])) * static_cast<double>(size.pixels());
        const double ratio = kLeastRatio + (1.0 - kLeastRatio) * unit(fourth[3]);
        const double longer = std::sqrt(area / ratio), shorter = std::sqrt(area * ratio);
        const bool upright = unit(fifth[2]) < 0.5;
        place(upright ? shorter : longer, size.width, fifth[0], draws.erased);
        place(upright ? longer : shorter, size.height, fifth[1], draws.erased + 2);
    }
    return draws;
}

Mixup draw_mixup(double alpha, std::int64_t count, std::uint64_t seed, std::uint32_t epoch,
                 std::int64_t image) {
    const Philox4x32::Counter first = augmentation_block(DrawKind::kMixup, 0, seed, epoch, image);
    const auto partner =
        static_cast<std::int64_t>((std::uint64_t{first[0]} * static_cast<std::uint64_t>(count)) >> 32);
    // Jöhnk 1964: u^(1/a) / (u^(1/a) + w^(1/a)) where the sum is at most 1; in logarithms, which a small
    // alpha needs. Each pair is taken with a probability of at least 1/6.
    for (std::uint32_t number = 1;; ++number) {
        const Philox4x32::Counter block = augmentation_block(DrawKind::kMixup, number, seed, epoch, image);
        for (std::size_t pair = 0; pair < 4; pair += 2) {
            const double x = portable::log(unit(block[pair])) / alpha;
            const double y = portable::log(unit(block[pair + 1])) / alpha;
            const double larger = std::max(x, y), smaller = std::min(x, y);
            const double apart = std::max(smaller - larger, -700.0);
            const double sum = larger + portable::log(1.0 + portable::exp(apart));
            if (sum > 0.0) continue;
            const double share = portable::exp(std::max(larger - sum, -700.0));
            return {partner, static_cast<float>(std::floor(share * 256.0 + 0.5) / 256.0)};
        }
    }
}

FieldGrid::FieldGrid(const ImageSize& size)
    : spacing(std::max<std::ptrdiff_t>(2, std::min(size.height, size.width) / 4)),
      rows((size.height - 1) / spacing + 4),
      columns((size.width - 1) / spacing + 4) {}

void draw_field(const AugmentationSettings& settings, const ImageSize& size, const FieldGrid& grid,
                std::uint64_t seed, std::uint32_t epoch, std::int64_t image, float* to,
                std::ptrdiff_t stride) {
    const double most = settings.elastic * static_cast<double>(std::min(size.height, size.width));
    const std::ptrdiff_t numbers = 2 * grid.points();
    for (std::ptrdiff_t n = 0; n < numbers; n += 4) {
        const Philox4x32::Counter block =
            augmentation_block(DrawKind::kField, static_cast<std::uint32_t>(n / 4), seed, epoch, image);
        for (std::ptrdiff_t i = 0; i < std::min<std::ptrdiff_t>(4, numbers - n); ++i)
            to[(n + i) * stride] = static_cast<float>(most * centred(block[static_cast<std::size_t>(i)]));
    }
}

}  // namespace cnn
