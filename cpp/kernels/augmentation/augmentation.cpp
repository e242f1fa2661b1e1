#include "kernels/augmentation/augmentation.h"

#include <algorithm>
#include <type_traits>

#include "kernels/augmentation/stroke.h"
#include "random/portable_math.h"

namespace cnn {
namespace {

constexpr double kLuma[3] = {0.299, 0.587, 0.114};
constexpr std::ptrdiff_t kBorder = 3;    // one pixel before, two after
constexpr std::size_t kSlackBytes = 64;  // behind the last image, for loads of four bytes

std::size_t aligned(std::size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

// The weights of four points of a cubic B-spline, for each place between two points.
std::vector<float> spline_weights(std::ptrdiff_t spacing) {
    std::vector<float> weights;
    for (std::ptrdiff_t i = 0; i < spacing; ++i) {
        const double f = static_cast<double>(i) / static_cast<double>(spacing), g = 1.0 - f;
        for (const double w :
             {g * g * g, 3.0 * f * f * f - 6.0 * f * f + 4.0, 3.0 * g * g * g - 6.0 * g * g + 4.0, f * f * f})
            weights.push_back(static_cast<float>(w / 6.0));
    }
    return weights;
}

// A turn of the plane (I, Q) by an angle: H = T^-1 R T.
void hue_matrix(double turns, double (*h)[3]) {
    static constexpr double kYiq[3][3] = {
        {0.299, 0.587, 0.114}, {0.595716, -0.274453, -0.321263}, {0.211456, -0.522591, 0.311135}};
    double inverse[3][3];
    const auto minor = [](int r0, int r1, int c0, int c1) {
        return kYiq[r0][c0] * kYiq[r1][c1] - kYiq[r0][c1] * kYiq[r1][c0];
    };
    double determinant = 0.0;
    for (int c = 0; c < 3; ++c) determinant += kYiq[0][c] * minor(1, 2, (c + 1) % 3, (c + 2) % 3);
    for (int r = 0; r < 3; ++r) {
        for (int c = 0; c < 3; ++c)
            inverse[r][c] = minor((c + 1) % 3, (c + 2) % 3, (r + 1) % 3, (r + 2) % 3) / determinant;
    }
    const portable::SinCos turn = portable::sin_cos(2.0 * portable::kPi * turns);
    for (int c = 0; c < 3; ++c) {
        const double y = kYiq[0][c];
        const double i = turn.cos * kYiq[1][c] - turn.sin * kYiq[2][c];
        const double q = turn.sin * kYiq[1][c] + turn.cos * kYiq[2][c];
        for (int r = 0; r < 3; ++r) h[r][c] = inverse[r][0] * y + inverse[r][1] * i + inverse[r][2] * q;
    }
}

// A level that is added to another one; bytes are rounded to the nearest.
std::uint8_t mixed(std::uint8_t own, std::uint8_t other, int share) {
    return static_cast<std::uint8_t>((own * share + other * (256 - share) + 128) >> 8);
}
float mixed(float own, float other, int share) {
    return other + static_cast<float>(share) * (1.0f / 256.0f) * (own - other);
}

}  // namespace

// The thread's memory as what lies in it.
struct AugmentedGather::Scratch {
    std::byte *images, *planes;
    float *field, *field_row, *map, *colours, *noise, *scale, *offset;
    ImageDraws draws[kLanes];
    std::int32_t numbers[kLanes];
};

AugmentedGather::AugmentedGather(const AugmentationSettings& settings, const ImageSize& size,
                                 const GatherSource* source, const AugmentationSource* augmentation,
                                 const float* table, float* out)
    : body_(CNN_SELECT_BODY(augmentation_body)),
      settings_(settings),
      size_(size),
      grid_(size),
      source_(source),
      augmentation_(augmentation),
      table_(table),
      out_(out),
      row_(size.width + kBorder),
      plane_((size.height + kBorder) * row_),
      spline_(spline_weights(grid_.spacing)) {
    const auto take = [this](std::ptrdiff_t floats) {
        const std::size_t at = bytes_;
        bytes_ += aligned(static_cast<std::size_t>(floats) * sizeof(float));
        return at;
    };
    const bool bends = settings.elastic > 0.0;
    at_.images = take(kLanes * size.channels * plane_);
    bytes_ += kSlackBytes;
    at_.planes = take(3 * size.pixels());
    at_.field = take(bends ? grid_.points() * 2 * kLanes : 0);
    at_.field_row = take(bends ? grid_.columns * 2 * kLanes : 0);
    at_.map = take(6 * kLanes);
    at_.colours = take(10 * kLanes);
    at_.noise = take(kLanes);
    at_.scale = take(2 * size.channels);
}

AugmentedGather::Scratch AugmentedGather::scratch(std::byte* memory) const {
    const auto floats = [memory](std::size_t at) { return reinterpret_cast<float*>(memory + at); };
    Scratch scratch;
    scratch.images = memory + at_.images;
    scratch.planes = memory + at_.planes;
    scratch.field = floats(at_.field);
    scratch.field_row = floats(at_.field_row);
    scratch.map = floats(at_.map);
    scratch.colours = floats(at_.colours);
    scratch.noise = floats(at_.noise);
    scratch.scale = floats(at_.scale);
    scratch.offset = scratch.scale + size_.channels;
    return scratch;
}

// What is drawn for a sample, in its lane.
void AugmentedGather::draw(const Context& context, std::ptrdiff_t sample, std::ptrdiff_t lane,
                           Scratch& to) const {
    const std::int64_t image = source_->indices ? source_->indices[sample] : source_->first + sample;
    const ImageDraws draws = draw_image(settings_, size_, context.seed, context.epoch, image);
    to.draws[lane] = draws;
    to.numbers[lane] = static_cast<std::int32_t>(static_cast<std::uint32_t>(image));
    for (int i = 0; i < 6; ++i) to.map[i * kLanes + lane] = static_cast<float>(draws.m[i]);
    to.noise[lane] = static_cast<float>(255.0 * draws.noise);
    if (settings_.elastic > 0.0)
        draw_field(settings_, size_, grid_, context.seed, context.epoch, image, to.field + lane, kLanes);
}

// Steps 1 and 2: an image with its border, in levels.
template <class T>
void AugmentedGather::load(const T* images, std::ptrdiff_t sample, const ImageDraws& draws,
                           std::ptrdiff_t lane, Scratch& to) const {
    const std::ptrdiff_t pixels = size_.pixels(), whole = size_.channels * pixels;
    const std::int64_t image = source_->indices ? source_->indices[sample] : source_->first + sample;
    auto* one = reinterpret_cast<T*>(to.planes);
    T *other = one + pixels, *start = other + pixels;
    for (std::ptrdiff_t c = 0; c < size_.channels; ++c) {
        const T* plane = images + image * whole + c * pixels;
        if constexpr (std::is_same_v<T, float>) {
            const float low = augmentation_->low, factor = 255.0f / augmentation_->span;
            for (std::ptrdiff_t p = 0; p < pixels; ++p) start[p] = (plane[p] - low) * factor;
            plane = start;
        }
        if (augmentation_->partners) {
            const T* partner = images + augmentation_->partners[sample] * whole + c * pixels;
            const int share = static_cast<int>(augmentation_->shares[sample] * 256.0f);
            for (std::ptrdiff_t p = 0; p < pixels; ++p) {
                if constexpr (std::is_same_v<T, float>) {
                    const float level = (partner[p] - augmentation_->low) * (255.0f / augmentation_->span);
                    start[p] = mixed(plane[p], level, share);
                } else {
                    start[p] = mixed(plane[p], partner[p], share);
                }
            }
            plane = start;
        }
        plane = change_stroke(plane, one, other, size_.height, size_.width, draws.stroke);
        const T fill = static_cast<T>(augmentation_->fill[static_cast<std::size_t>(c)]);
        T* out = reinterpret_cast<T*>(to.images) + (lane * size_.channels + c) * plane_;
        std::fill_n(out, row_, fill);
        for (std::ptrdiff_t y = 0; y < size_.height; ++y) {
            T* row = out + (y + 1) * row_;
            row[0] = row[size_.width + 1] = row[size_.width + 2] = fill;
            std::copy_n(plane + y * size_.width, size_.width, row + 1);
        }
        std::fill_n(out + (size_.height + 1) * row_, 2 * row_, fill);
    }
}

// The mean of the grey of an image with its border; of other than three channels the mean of all values.
template <class T>
float AugmentedGather::mean_grey(const T* planes) const {
    double mean = 0.0;
    for (std::ptrdiff_t c = 0; c < size_.channels; ++c) {
        double sum = 0.0;
        for (std::ptrdiff_t y = 0; y < size_.height; ++y) {
            const T* row = planes + c * plane_ + (y + 1) * row_ + 1;
            for (std::ptrdiff_t x = 0; x < size_.width; ++x) sum += static_cast<double>(row[x]);
        }
        const double weight = size_.channels == 3 ? kLuma[c] : 1.0 / static_cast<double>(size_.channels);
        mean += weight * sum / static_cast<double>(size_.pixels());
    }
    return static_cast<float>(mean);
}

void AugmentedGather::set_colours(const ImageDraws& draws, double grey, float* to) const {
    const double factor = draws.brightness * draws.contrast;
    const double added = (1.0 - draws.contrast) * draws.brightness * grey;
    if (size_.channels != 3) {
        to[0] = static_cast<float>(factor);
        to[kLanes] = static_cast<float>(added);
        return;
    }
    double hue[3][3];
    hue_matrix(draws.hue, hue);
    // H S = s H + (1 - s) 1 w', since a turn leaves grey as it is.
    for (int r = 0; r < 3; ++r) {
        for (int c = 0; c < 3; ++c) {
            const double mixed = draws.saturation * hue[r][c] + (1.0 - draws.saturation) * kLuma[c];
            to[(r * 3 + c) * kLanes] = static_cast<float>(factor * mixed);
        }
    }
    to[9 * kLanes] = static_cast<float>(added);
}

void AugmentedGather::normalization(float* scale, float* offset) const {
    for (std::ptrdiff_t c = 0; c < size_.channels; ++c) {
        if (source_->bytes) {
            const float* table = table_ + c * 256;
            scale[c] = (table[255] - table[0]) * (1.0f / 255.0f);
            offset[c] = table[0];
        } else {
            scale[c] = augmentation_->span * (1.0f / 255.0f);
            offset[c] = augmentation_->low;
        }
    }
}

// Step 7.
void AugmentedGather::paint(const ImageDraws& draws, std::ptrdiff_t lane, const float* scale,
                            const float* offset, float* out) const {
    for (std::ptrdiff_t c = 0; c < size_.channels; ++c) {
        const float value = augmentation_->erase[static_cast<std::size_t>(c)] * scale[c] + offset[c];
        for (std::ptrdiff_t y = draws.erased[2]; y < draws.erased[3]; ++y) {
            float* row = out + (c * size_.pixels() + y * size_.width) * kLanes + lane;
            for (std::ptrdiff_t x = draws.erased[0]; x < draws.erased[1]; ++x) row[x * kLanes] = value;
        }
    }
}

// What lanes without an image would read.
void AugmentedGather::clear(Scratch& at) const {
    const std::size_t value_bytes = source_->bytes ? 1 : sizeof(float);
    std::fill_n(at.images, static_cast<std::size_t>(kLanes * size_.channels * plane_) * value_bytes,
                std::byte{});
    std::fill_n(at.map, 6 * kLanes, 0.0f);
    std::fill_n(at.noise, kLanes, 0.0f);
    std::fill_n(at.colours, 10 * kLanes, 0.0f);
    std::fill_n(at.numbers, kLanes, 0);
    if (settings_.elastic > 0.0) std::fill_n(at.field, grid_.points() * 2 * kLanes, 0.0f);
}

void AugmentedGather::run(const Context& context, std::ptrdiff_t block, std::byte* memory) const {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    Scratch at = scratch(memory);
    const bool are_bytes = source_->bytes != nullptr;
    const std::ptrdiff_t whole = size_.channels * plane_;
    if (live < kLanes) clear(at);
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        const std::ptrdiff_t sample = block * kLanes + lane;
        draw(context, sample, lane, at);
        const ImageDraws& draws = at.draws[lane];
        are_bytes ? load(source_->bytes, sample, draws, lane, at)
                  : load(source_->floats, sample, draws, lane, at);
        if (!settings_.changes_colours()) continue;
        const float grey = are_bytes
                               ? mean_grey(reinterpret_cast<const std::uint8_t*>(at.images) + lane * whole)
                               : mean_grey(reinterpret_cast<const float*>(at.images) + lane * whole);
        set_colours(draws, static_cast<double>(grey), at.colours + lane);
    }
    normalization(at.scale, at.offset);
    const bool finishes = settings_.changes_colours() || settings_.noise > 0.0;
    float* out = out_ + block * size_.channels * size_.pixels() * kLanes;
    WarpArguments warp{at.images,
                       are_bytes,
                       whole,
                       plane_,
                       row_,
                       size_.channels,
                       size_.height,
                       size_.width,
                       at.map,
                       augmentation_->mirrored,
                       settings_.elastic > 0.0 ? at.field : nullptr,
                       grid_.spacing,
                       grid_.columns,
                       spline_.data(),
                       at.field_row,
                       finishes ? nullptr : at.scale,
                       finishes ? nullptr : at.offset,
                       out};
    body_->warp(warp);
    if (finishes) {
        FinishArguments finish{size_.channels,
                               size_.pixels(),
                               settings_.changes_colours() ? at.colours : nullptr,
                               settings_.noise > 0.0 ? at.noise : nullptr,
                               at.numbers,
                               {},
                               context.epoch,
                               static_cast<std::uint32_t>(Purpose::kAugmentation) << 24 |
                                   static_cast<std::uint32_t>(DrawKind::kNoise),
                               at.scale,
                               at.offset,
                               out};
        const Philox4x32::Key key = Philox4x32::key(context.seed);
        finish.key[0] = key[0];
        finish.key[1] = key[1];
        body_->finish(finish);
    }
    for (std::ptrdiff_t lane = 0; lane < live && settings_.erase > 0.0; ++lane)
        paint(at.draws[lane], lane, at.scale, at.offset, out);
    for (std::ptrdiff_t p = 0; live < kLanes && p < size_.channels * size_.pixels(); ++p)
        std::fill(out + p * kLanes + live, out + (p + 1) * kLanes, 0.0f);
}

}  // namespace cnn
