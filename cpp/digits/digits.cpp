#include "digits/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "digits/digit_draws.h"
#include "digits/digit_skeletons.h"

namespace cnn {
namespace {

constexpr int kBox = 20;  // the ink fills a box of this many pixels, as in MNIST

// A point of the path on the paper, in pixels, and half the width of the stroke there.
struct InkPoint {
    float x;
    float y;
    float radius;
    bool pen_lifted;
};

struct InkPath {
    std::array<InkPoint, std::tuple_size<decltype(Skeleton::points)>::value> points;
    std::size_t count = 0;
};

// Random displacements on a grid, blended by uniform cubic B-splines. Simard et al. 2003 smooth the
// displacement of each pixel with a Gaussian of 4 pixels; splines on a grid of spacing h are as smooth as a
// Gaussian of h / sqrt(3), here 0.35 of the box or 4 pixels, and need 72 numbers instead of 1,568. A third
// component varies the pressure.
class SmoothField {
  public:
    SmoothField(float displacement, float pressure, DigitDraws& draws) {
        for (auto& node : nodes_) {
            node = {draws.normal(displacement), draws.normal(displacement), draws.normal(pressure)};
        }
    }

    struct Value {
        float dx;
        float dy;
        float pressure;
    };

    Value at(float x, float y) const {
        const Weights across = weights(x);
        const Weights down = weights(y);
        Value sum{0, 0, 0};
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 4; ++j) {
                const Value& node =
                    nodes_[static_cast<std::size_t>((down.first + i) * kNodes + across.first + j)];
                const float weight = down.part[i] * across.part[j];
                sum.dx += weight * node.dx;
                sum.dy += weight * node.dy;
                sum.pressure += weight * node.pressure;
            }
        }
        return sum;
    }

  private:
    static constexpr int kNodes = 6;

    struct Weights {
        int first;
        float part[4];
    };

    // position: 0 to 1 inside the bounding box of the digit.
    static Weights weights(float position) {
        const float scaled = std::clamp(position, 0.0f, 1.0f) * static_cast<float>(kNodes - 3);
        const int cell = std::min(static_cast<int>(scaled), kNodes - 4);
        const float t = scaled - static_cast<float>(cell);
        const float u = 1.0f - t;
        return {cell,
                {u * u * u / 6.0f, (3.0f * t * t * t - 6.0f * t * t + 4.0f) / 6.0f,
                 (3.0f * u * u * u - 6.0f * u * u + 4.0f) / 6.0f, t * t * t / 6.0f}};
    }

    std::array<Value, kNodes * kNodes> nodes_;
};

struct Bounds {
    float left = std::numeric_limits<float>::max();
    float top = std::numeric_limits<float>::max();
    float right = std::numeric_limits<float>::lowest();
    float bottom = std::numeric_limits<float>::lowest();

    template <typename Path>
    explicit Bounds(const Path& path) {
        for (std::size_t k = 0; k < path.count; ++k) {
            left = std::min(left, path.points[k].x);
            right = std::max(right, path.points[k].x);
            top = std::min(top, path.points[k].y);
            bottom = std::max(bottom, path.points[k].y);
        }
    }
    float width() const { return right - left; }
    float height() const { return bottom - top; }
};

// Mean width of each digit when its height is 1, before slant.
constexpr std::array<float, 10> kAspect = {0.84f, 1.00f, 0.86f, 0.76f, 0.80f,
                                           0.78f, 0.78f, 0.74f, 0.74f, 0.68f};
// Mean slant of each digit beyond what its skeleton has: to the right for each unit of height.
constexpr std::array<float, 10> kSlant = {0.27f, 0.24f, 0.12f, 0.12f, 0.30f,
                                          0.12f, 0.08f, 0.08f, 0.20f, 0.18f};

// Mean width of the stroke of each digit against that of all: small digits, such as 0 and 1 in most hands,
// are enlarged more and look bolder.
constexpr std::array<float, 10> kBoldness = {1.12f, 1.16f, 1.04f, 1.01f, 0.96f,
                                             0.94f, 0.99f, 1.03f, 0.93f, 0.93f};

// Width, slant and rotation of this writer, then elastic distortion.
void shape(Skeleton& skeleton, int digit, SmoothField& field, DigitDraws& draws) {
    const float aspect = kAspect[static_cast<std::size_t>(digit)] * draws.factor(0.25f);
    const float slant = draws.near(kSlant[static_cast<std::size_t>(digit)], 0.23f);
    // A small rotation by its half tangent: exact sine and cosine without the mathematics library.
    const float half = draws.normal(0.055f);
    const float cosine = (1.0f - half * half) / (1.0f + half * half);
    const float sine = 2.0f * half / (1.0f + half * half);
    for (std::size_t k = 0; k < skeleton.count; ++k) {
        SkeletonPoint& point = skeleton.points[k];
        const float y = point.y - 0.5f;
        const float x = (point.x - 0.5f) * aspect - slant * y;
        point.x = x * cosine - y * sine;
        point.y = x * sine + y * cosine;
    }
    const Bounds bounds(skeleton);
    const float scale = 1.0f / std::max(bounds.width(), bounds.height());
    for (std::size_t k = 0; k < skeleton.count; ++k) {
        SkeletonPoint& point = skeleton.points[k];
        const SmoothField::Value value =
            field.at((point.x - bounds.left) * scale, (point.y - bounds.top) * scale);
        point.x += value.dx;
        point.y += value.dy;
    }
}

// Quantiles of the stroke width in pixels of digits written with common pens, scaled to 20 pixels.
float draw_stroke_width(DigitDraws& draws) {
    constexpr std::array<float, 9> kQuantiles = {1.4f, 1.72f, 2.02f, 2.24f, 2.45f, 2.68f, 2.95f, 3.35f, 4.4f};
    const float position = draws.uniform() * static_cast<float>(kQuantiles.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const float part = position - static_cast<float>(below);
    return kQuantiles[below] + part * (kQuantiles[below + 1] - kQuantiles[below]);
}

// Lays the skeleton on the paper so that the ink fits the box, and gives the stroke its width at each point:
// pressure varies along it, and a broad nib makes some directions wider.
void lay_out(const Skeleton& skeleton, int digit, const SmoothField& field, DigitDraws& draws,
             InkPath& path) {
    const float radius = 0.5f * kBoldness[static_cast<std::size_t>(digit)] * draw_stroke_width(draws);
    const float nib = draws.between(0.0f, 0.22f);
    const float nib_across = draws.between(-1.0f, 1.0f);
    const float nib_diagonal =
        draws.chance(0.5f) ? 1.0f - std::fabs(nib_across) : std::fabs(nib_across) - 1.0f;

    const Bounds bounds(skeleton);
    const float extent = std::max(std::max(bounds.width(), bounds.height()), 1e-3f);
    const float scale = (static_cast<float>(kBox) - 2.0f * radius) / extent;
    const float left = 0.5f * (static_cast<float>(kBox) - bounds.width() * scale);
    const float top = 0.5f * (static_cast<float>(kBox) - bounds.height() * scale);
    for (std::size_t k = 0; k < skeleton.count; ++k) {
        const SkeletonPoint& point = skeleton.points[k];
        const SkeletonPoint& other = skeleton.points[k > 0 && !point.pen_lifted ? k - 1 : k + 1];
        const float dx = other.x - point.x;
        const float dy = other.y - point.y;
        const float square = dx * dx + dy * dy + 1e-12f;
        const float directed =
            (nib_across * (dx * dx - dy * dy) + nib_diagonal * 2.0f * dx * dy) / square;  // -1 to 1
        const float pressure =
            field.at((point.x - bounds.left) / extent, (point.y - bounds.top) / extent).pressure;
        const float width = std::clamp((1.0f + nib * directed) * (1.0f + pressure), 0.3f, 1.7f);
        path.points[k] = {left + (point.x - bounds.left) * scale, top + (point.y - bounds.top) * scale,
                          radius * width, point.pen_lifted};
    }
    path.count = skeleton.count;
}

using Box = std::array<float, kBox * kBox>;

// Lowers `depth` to the signed distance, in pixels, of each pixel centre to the edge of this piece of stroke
// (negative inside), wherever the piece can be nearer than `reach`.
void ink_segment(const InkPoint& from, const InkPoint& to, float reach, Box& depth) {
    const float margin = std::max(from.radius, to.radius) + reach - 0.5f;
    const int left = std::max(0, static_cast<int>(std::ceil(std::min(from.x, to.x) - margin - 1.0f)));
    const int right = std::min(kBox - 1, static_cast<int>(std::floor(std::max(from.x, to.x) + margin)));
    const int top = std::max(0, static_cast<int>(std::ceil(std::min(from.y, to.y) - margin - 1.0f)));
    const int bottom = std::min(kBox - 1, static_cast<int>(std::floor(std::max(from.y, to.y) + margin)));
    const float dx = to.x - from.x;
    const float dy = to.y - from.y;
    const float inverse = 1.0f / (dx * dx + dy * dy + 1e-12f);
    for (int row = top; row <= bottom; ++row) {
        const float y = static_cast<float>(row) + 0.5f - from.y;
        for (int column = left; column <= right; ++column) {
            const float x = static_cast<float>(column) + 0.5f - from.x;
            const float part = std::clamp((x * dx + y * dy) * inverse, 0.0f, 1.0f);
            const float away_x = x - part * dx;
            const float away_y = y - part * dy;
            const float edge = from.radius + part * (to.radius - from.radius);
            const float distance = std::sqrt(away_x * away_x + away_y * away_y) - edge;
            float& pixel = depth[static_cast<std::size_t>(row * kBox + column)];
            pixel = std::min(pixel, distance);
        }
    }
}

using Pixels = std::array<std::uint8_t, kBox * kBox>;

// Ink on paper: antialiased over about a pixel, with an edge that is a little rough.
void ink(const InkPath& path, DigitDraws& draws, Pixels& pixels) {
    const float softness = draws.between(0.9f, 1.4f);  // width of the ramp from ink to paper, in pixels
    const float roughest = draws.between(0.0f, 0.5f);
    const float roughness = draws.uniform() * roughest;
    const float reach = 0.5f * (softness + roughness);
    Box depth;
    depth.fill(reach);
    for (std::size_t k = 0; k < path.count; ++k) {
        const InkPoint& point = path.points[k];
        ink_segment(point.pen_lifted ? point : path.points[k - 1], point, reach, depth);
    }
    std::uint32_t noise = 0;
    for (std::size_t k = 0; k < depth.size(); ++k) {
        noise = k % 4 == 0 ? draws.bits() : noise >> 8;
        const float wave = (static_cast<float>(noise & 0xFFu) - 127.5f) * (1.0f / 255.0f) * roughness;
        const float coverage = std::clamp(0.5f - (depth[k] + wave) / softness, 0.0f, 1.0f);
        pixels[k] = static_cast<std::uint8_t>(coverage * 255.0f + 0.5f);
    }
}

// Where the box begins in the picture, on one axis, so that the centre of mass of the ink (moment / mass, in
// pixels of the box) comes closest to the centre of the picture.
int box_offset(std::int64_t moment, std::int64_t mass) {
    constexpr int kSize = static_cast<int>(kDigitSize);
    if (mass == 0) return (kSize - kBox) / 2;
    const int centre = static_cast<int>((2 * moment + mass) / (2 * mass));
    return std::clamp(kSize / 2 - centre, 0, kSize - kBox);
}

void place(const Pixels& pixels, std::uint8_t* image) {
    std::int64_t mass = 0;
    std::int64_t moment_x = 0;
    std::int64_t moment_y = 0;
    for (int row = 0; row < kBox; ++row) {
        for (int column = 0; column < kBox; ++column) {
            const std::int64_t value = pixels[static_cast<std::size_t>(row * kBox + column)];
            mass += value;
            moment_x += value * column;
            moment_y += value * row;
        }
    }
    std::memset(image, 0, kDigitSize * kDigitSize);
    std::uint8_t* corner = image + box_offset(moment_y, mass) * kDigitSize + box_offset(moment_x, mass);
    for (int row = 0; row < kBox; ++row) std::memcpy(corner + row * kDigitSize, &pixels[row * kBox], kBox);
}

// The digit of this picture: its place in a permutation of 0 to 9 that belongs to its group of ten pictures.
int draw_label(std::uint64_t seed, std::uint64_t picture) {
    // The stream of the group is apart from those of the pictures by the last word of the counter.
    const std::uint64_t group = picture / 10;
    std::array<int, 10> order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const std::uint32_t purpose = (static_cast<std::uint32_t>(Purpose::kDigits) << 24) | 1u;
    Philox4x32::Counter bits{};
    for (std::uint32_t k = 9; k > 0; --k) {
        const std::uint32_t draw = 9 - k;
        if (draw % 4 == 0) {
            bits = Philox4x32::block({draw / 4, static_cast<std::uint32_t>(group),
                                      static_cast<std::uint32_t>(group >> 32), purpose},
                                     Philox4x32::key(seed));
        }
        const auto other = static_cast<std::size_t>((std::uint64_t{bits[draw % 4]} * (k + 1)) >> 32);
        std::swap(order[k], order[other]);
    }
    return order[picture % 10];
}

void draw_digit(std::uint64_t seed, std::uint64_t picture, std::uint8_t* image, std::uint8_t* label) {
    DigitDraws draws(seed, picture);
    const int digit = draw_label(seed, picture);
    // How carefully this writer writes: most are neat, a few are not.
    const float care = draws.uniform();
    const float unsteadiness = 0.012f + 0.045f * care * care;
    Skeleton skeleton;
    draw_skeleton(skeleton, digit, unsteadiness, draws);
    const float displacement = draws.between(0.02f, 0.14f);
    SmoothField field(displacement, draws.between(0.05f, 0.28f), draws);
    shape(skeleton, digit, field, draws);
    InkPath path;
    lay_out(skeleton, digit, field, draws, path);
    Pixels pixels;
    ink(path, draws, pixels);
    place(pixels, image);
    *label = static_cast<std::uint8_t>(digit);
}

}  // namespace

void digits_generate(std::uint8_t* images, std::uint8_t* labels, std::ptrdiff_t count, std::uint64_t seed,
                     std::uint64_t first, int threads) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 32) num_threads(threads)
#else
    static_cast<void>(threads);
#endif
    for (std::ptrdiff_t k = 0; k < count; ++k) {
        draw_digit(seed, first + static_cast<std::uint64_t>(k), images + k * kDigitSize * kDigitSize,
                   labels + k);
    }
}

}  // namespace cnn
