// What augmentation.cpp asks of the bodies in augmentation.simd.cpp; one block of 16 images.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/instruction_set.h"

namespace cnn {

// The images lie in memory with a border of one pixel before and two after each row, and of one row before
// and two after each plane: `row` elements a row, `plane` a channel, `lane` an image; bytes or floats from 0
// to 255, with three bytes more behind the last one. out: [channels][height][width][16].
struct WarpArguments {
    const void* images;
    bool are_bytes;
    std::ptrdiff_t lane, plane, row;
    std::ptrdiff_t channels, height, width;
    const float* map;  // [6][16], see ImageDraws::m
    bool mirrored;     // beyond the edge lies the mirrored image; else the border
    // The elastic field, or null: [rows][columns][2][16], its x and its y, in pixels.
    const float* field;
    std::ptrdiff_t spacing, columns;
    const float* spline;  // [spacing][4], the weights of four points
    float* field_row;     // scratch: [columns][2][16]
    // value * scale + offset, for each channel; null: the values as they are.
    const float* scale;
    const float* offset;
    float* out;
};

struct FinishArguments {
    std::ptrdiff_t channels, pixels;
    // Or null: of three channels [3][3] factors and what is added, [10][16]; else one factor and what is
    // added, [2][16].
    const float* colours;
    // Or null: [16], standard deviations in levels of 255.
    const float* noise;
    const std::int32_t* images;  // [16], their numbers
    std::uint32_t key[2], epoch, purpose;
    const float* scale;
    const float* offset;
    float* values;  // [channels][pixels][16], changed in place
};

struct AugmentationBody {
    void (*warp)(const WarpArguments&);
    // Colours, noise, the bounds 0 and 255, and then scale and offset.
    void (*finish)(const FinishArguments&);
};

CNN_DECLARE_BODIES(AugmentationBody, augmentation_body)

}  // namespace cnn
