// Batch assembly as Gather does it, with changes of the images that are drawn afresh for each epoch and
// image. images: (count, channels, height, width) row-major, uint8 or float32; out:
// [block][channels][height][width] [16]; dead lanes are zeros. One task per block.
//
// In levels from 0 to 255 (floats: (x - low) / span * 255) an image is
//   1. added to its partner of the mixup, bytes rounded to the nearest,
//   2. changed in its strokes (stroke.h), each channel by itself,
//   3. resampled at draws.m plus the elastic field (draws.h), with bilinear weights; beyond its edge lies
//   `fill`
//      or the image mirrored once,
//   4. of RGB: x <- H S (c (b x - g) + g) with the brightness b, the contrast c, g the mean of the grey of
//      b x over step 2's image, S = s I + (1 - s) 1 w', w = (.299, .587, .114), and H the turn of the plane
//      IQ of YIQ; of other images x <- c (b x - g) + g with g the mean of b x,
//   5. given noise of the deviation 255 draws.noise: of the value with the number i, counted over channels,
//   rows
//      and columns, word i % 4 of block i / 4, as the sum of its four bytes less 510, divided by
//      sqrt(4 (256^2 - 1) / 12),
//   6. held between 0 and 255 if there was 4 or 5,
//   7. painted over with `erase` within the rectangle draws.erased.
// A byte's level x becomes table[0] + x (table[255] - table[0]) / 255, a float's low + x span / 255.
#pragma once

#include <memory>
#include <vector>

#include "core/gather.h"
#include "core/op.h"
#include "kernels/augmentation/augmentation_body.h"
#include "kernels/augmentation/draws.h"

namespace cnn {

// What the changes take from the images of the training.
struct AugmentationSource {
    std::vector<float> fill, erase;  // levels, for each channel
    bool mirrored = false;
    float low = 0.0f, span = 1.0f;  // of floats
    // Of each sample of the run, where there is mixup.
    const std::int64_t* partners = nullptr;
    const float* shares = nullptr;
};

class AugmentedGather : public Op {
  public:
    // `table`: channels x 256 floats.
    AugmentedGather(const AugmentationSettings& settings, const ImageSize& size, const GatherSource* source,
                    const AugmentationSource* augmentation, const float* table, float* out);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override { return bytes_; }

  private:
    struct Scratch;
    struct Offsets {
        std::size_t images, planes, field, field_row, map, colours, noise, scale;
    };
    Scratch scratch(std::byte* memory) const;
    template <class T>
    void load(const T* images, std::ptrdiff_t sample, const ImageDraws& draws, std::ptrdiff_t lane,
              Scratch& to) const;
    template <class T>
    float mean_grey(const T* planes) const;
    void draw(const Context& context, std::ptrdiff_t sample, std::ptrdiff_t lane, Scratch& to) const;
    void clear(Scratch& at) const;
    void set_colours(const ImageDraws& draws, double grey, float* to) const;
    void normalization(float* scale, float* offset) const;
    void paint(const ImageDraws& draws, std::ptrdiff_t lane, const float* scale, const float* offset,
               float* out) const;

    const AugmentationBody* body_;
    AugmentationSettings settings_;
    ImageSize size_;
    FieldGrid grid_;
    const GatherSource* source_;
    const AugmentationSource* augmentation_;
    const float* table_;
    float* out_;
    std::ptrdiff_t row_, plane_;  // of an image with its border
    std::vector<float> spline_;
    Offsets at_{};
    std::size_t bytes_ = 0;
};

}  // namespace cnn
