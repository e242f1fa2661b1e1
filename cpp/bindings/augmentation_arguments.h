// Changes of images as Python gives them: by names, checked.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "kernels/augmentation/augmentation.h"
#include "kernels/augmentation/partners.h"

namespace cnn {

// The fields of cnncli.Augmentation, which holds them to their ranges.
inline AugmentationSettings augmentation_settings(const std::map<std::string, double>& given) {
    AugmentationSettings settings;
    const std::map<std::string, double*> fields{
        {"shift", &settings.shift}, {"rotate", &settings.rotate},   {"scale", &settings.scale},
        {"shear", &settings.shear}, {"elastic", &settings.elastic}, {"stroke", &settings.stroke},
        {"noise", &settings.noise}, {"erase", &settings.erase},     {"crop", &settings.crop},
        {"flip", &settings.flip},   {"jitter", &settings.jitter},   {"mixup", &settings.mixup}};
    for (const auto& [name, value] : given) {
        const auto field = fields.find(name);
        check(field != fields.end(), "augmentation: no setting '" + name + "'");
        check(std::isfinite(value) && value >= 0.0, name + ": expected a finite number, at least 0");
        *field->second = value;
    }
    check(settings.rotate <= 180.0, "rotate: expected at most 180");
    check(settings.scale < 1.0, "scale: expected below 1");
    check(settings.shear < 90.0, "shear: expected below 90");
    check(settings.crop < (1 << 20), "crop: expected below 2^20");
    check(settings.stroke <= 1024.0, "stroke: expected at most 1024");
    check(settings.mixup <= 4.0, "mixup: expected at most 4");
    return settings;
}

// What is taken from the images: "fill" and "erase", levels (channels,), "mirrored", "low" and "span".
inline AugmentationSource augmentation_source(const py::dict& given, py::ssize_t channels) {
    AugmentationSource source;
    source.fill = given["fill"].cast<std::vector<float>>();
    source.erase = given["erase"].cast<std::vector<float>>();
    for (const auto* levels : {&source.fill, &source.erase}) {
        check(static_cast<py::ssize_t>(levels->size()) == channels,
              "fill, erase: expected a level for each channel");
        for (const float level : *levels)
            check(level >= 0.0f && level <= 255.0f, "fill, erase: expected levels from 0 to 255");
    }
    source.mirrored = given["mirrored"].cast<bool>();
    source.low = given["low"].cast<float>();
    source.span = given["span"].cast<float>();
    check(std::isfinite(source.low) && std::isfinite(source.span) && source.span > 0.0f,
          "low, span: expected finite numbers, span above 0");
    return source;
}

// Numbers of images among `count`; none: all of them.
inline Partners partners_among(const OptionalArray& partners, std::int64_t count) {
    if (!partners) return {{}, count};
    const std::int64_t* given = input<std::int64_t>(*partners, "partners", {kAnySize});
    std::vector<std::int64_t> images(given, given + partners->shape(0));
    for (const std::int64_t image : images)
        check(image >= 0 && image < count, "partners: expected numbers of images");
    return {std::move(images), count};
}

}  // namespace cnn
