#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/augmentation_arguments.h"
#include "bindings/bindings.h"
#include "core/layout.h"
#include "kernels/augmentation/augmentation.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kMostValues = 1 << 25;  // 32 bits hold an offset among 16 images of floats
constexpr std::ptrdiff_t kAtOnce =
    256;  // images, so that the blocks of a large array do not double its memory

std::vector<std::int64_t> checked_indices(const py::array& indices, std::int64_t count) {
    const std::int64_t* given = input<std::int64_t>(indices, "indices", {kAnySize});
    std::vector<std::int64_t> images(given, given + indices.shape(0));
    for (const std::int64_t image : images) {
        check(image >= 0 && image < count,
              "indices: expected 0 to " + std::to_string(count - 1) + ", got " + std::to_string(image));
    }
    return images;
}

ImageSize image_size(const py::tuple& shape) {
    check(shape.size() == 3, "shape: expected (channels, height, width)");
    const ImageSize size{shape[0].cast<std::ptrdiff_t>(), shape[1].cast<std::ptrdiff_t>(),
                         shape[2].cast<std::ptrdiff_t>()};
    check(size.channels > 0 && size.height > 0 && size.width > 0 && size.channels <= kMostValues &&
              size.height <= kMostValues && size.width <= kMostValues &&
              size.channels * (size.height + 3) * (size.width + 3) <= kMostValues,
          "shape: expected positive sizes, with a border of 3 at most 2^25 values");
    return size;
}

// Images as a training of (seed, epoch) sees them: levels of bytes, values of floats; float32 (n, C, H, W).
py::array_t<float> augment_images(const py::array& images, const py::array& indices,
                                  const std::map<std::string, double>& settings, const py::dict& source,
                                  const OptionalArray& partners, std::uint64_t seed, std::uint32_t epoch,
                                  int threads) {
    check(images.ndim() == 4, "images: expected (count, channels, height, width)");
    const bool is_bytes = images.dtype().equal(py::dtype::of<std::uint8_t>());
    GatherSource from;
    const Shape shape = shape_of(images);
    if (is_bytes) {
        from.bytes = input<std::uint8_t>(images, "images", shape);
    } else {
        from.floats = input<float>(images, "images", shape);
    }
    const ImageSize size = image_size(py::make_tuple(shape[1], shape[2], shape[3]));
    const std::vector<std::int64_t> wanted = checked_indices(indices, shape[0]);
    Partners mixed_in = partners_among(partners, shape[0]);
    const AugmentationSettings asked = augmentation_settings(settings);
    AugmentationSource of_images = augmentation_source(source, size.channels);
    const std::ptrdiff_t count = indices.shape(0), values = size.channels * size.pixels();
    std::vector<float> table(static_cast<std::size_t>(size.channels * 256));
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i % 256);
    py::array_t<float> result({count, size.channels, size.height, size.width});
    float* rows = result.mutable_data();
    const py::gil_scoped_release release;
    AlignedBuffer<float> lanes(block_count(std::min(count, kAtOnce)) * kLanes * values);
    AlignedBuffer<float> part(std::min(count, kAtOnce) * values);
    const AugmentedGather gather(asked, size, &from, &of_images, table.data(), lanes.data());
    const FromLanes to_rows(values, lanes.data(), part.data());
    Context context;
    context.seed = seed;
    context.epoch = epoch;
    const bool mixes = asked.mixup > 0.0;
    if (mixes) mixed_in.draw(asked.mixup, wanted.data(), count, seed, epoch);
    Runner runner;
    for (std::ptrdiff_t begin = 0; begin < count; begin += kAtOnce) {
        context.samples = std::min(kAtOnce, count - begin);
        from.indices = wanted.data() + begin;
        of_images.partners = mixes ? mixed_in.drawn().data() + begin : nullptr;
        of_images.shares = mixes ? mixed_in.shares().data() + begin : nullptr;
        runner.run({{&gather}, {&to_rows}}, context, threads, {});
        std::copy_n(part.data(), context.samples * values, rows + begin * values);
    }
    return result;
}

template <class Get>
py::array_t<double> columns(std::size_t count, std::ptrdiff_t width, Get get) {
    py::array_t<double> result({static_cast<py::ssize_t>(count), width});
    double* to = result.mutable_data();
    for (std::size_t n = 0; n < count; ++n) {
        for (std::ptrdiff_t i = 0; i < width; ++i) *to++ = get(n, i);
    }
    return result;
}

// What is drawn for images, each by its name in draws.h.
py::dict augmentation_draws(const std::map<std::string, double>& settings, const py::tuple& shape,
                            const py::array& indices, std::uint64_t seed, std::uint32_t epoch,
                            std::int64_t possible_partners) {
    const ImageSize size = image_size(shape);
    const AugmentationSettings asked = augmentation_settings(settings);
    check(possible_partners > 0, "possible_partners: expected at least 1");
    const std::vector<std::int64_t> images = checked_indices(indices, INT64_MAX);
    std::vector<ImageDraws> draws;
    for (const std::int64_t image : images) draws.push_back(draw_image(asked, size, seed, epoch, image));
    py::dict result;
    result["map"] = columns(images.size(), 6, [&](std::size_t n, std::ptrdiff_t i) { return draws[n].m[i]; });
    result["erased"] = columns(images.size(), 4, [&](std::size_t n, std::ptrdiff_t i) {
        return static_cast<double>(draws[n].erased[i]);
    });
    const struct {
        const char* name;
        double ImageDraws::* field;
    } fields[] = {{"stroke", &ImageDraws::stroke},     {"brightness", &ImageDraws::brightness},
                  {"contrast", &ImageDraws::contrast}, {"saturation", &ImageDraws::saturation},
                  {"hue", &ImageDraws::hue},           {"noise", &ImageDraws::noise}};
    for (const auto& field : fields) {
        result[field.name] =
            columns(images.size(), 1, [&](std::size_t n, std::ptrdiff_t) { return draws[n].*field.field; });
    }
    const FieldGrid grid(size);
    py::array_t<float> field(
        {static_cast<py::ssize_t>(images.size()), grid.rows, grid.columns, std::ptrdiff_t{2}});
    for (std::size_t n = 0; n < images.size(); ++n) {
        float* to = field.mutable_data() + static_cast<std::ptrdiff_t>(n) * grid.points() * 2;
        draw_field(asked, size, grid, seed, epoch, images[n], to, 1);
    }
    result["field"] = field;
    result["spacing"] = grid.spacing;
    std::vector<Mixup> mixups(images.size(), Mixup{0, 1.0f});
    for (std::size_t n = 0; n < images.size() && asked.mixup > 0.0; ++n)
        mixups[n] = draw_mixup(asked.mixup, possible_partners, seed, epoch, images[n]);
    result["partner"] = columns(images.size(), 1, [&](std::size_t n, std::ptrdiff_t) {
        return static_cast<double>(mixups[n].partner);
    });
    result["share"] = columns(images.size(), 1, [&](std::size_t n, std::ptrdiff_t) {
        return static_cast<double>(mixups[n].share);
    });
    return result;
}

}  // namespace

void bind_augmentation(py::module_& m) {
    m.attr("MOST_AUGMENTED_VALUES") = kMostValues;
    m.def("augment_images", augment_images, py::arg("images"), py::arg("indices"), py::kw_only(),
          py::arg("settings"), py::arg("source"), py::arg("partners") = py::none(), py::arg("seed"),
          py::arg("epoch"), py::arg("threads") = 1);
    m.def("augmentation_draws", augmentation_draws, py::arg("settings"), py::arg("shape"), py::arg("indices"),
          py::kw_only(), py::arg("seed"), py::arg("epoch"), py::arg("possible_partners") = 1);
}

}  // namespace cnn
