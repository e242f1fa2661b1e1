// Procedural handwriting: pictures of the ten digits, made from pen strokes, for training without any
// download.
//
// Each picture is a skeleton (one of several writing styles of the digit, with random control points),
// slanted, rotated, stretched, bent by a smooth random displacement field (after Simard, Steinkraus and
// Platt, "Best practices for convolutional neural networks applied to visual document analysis", ICDAR 2003),
// inked with a pen of random and varying thickness, and placed as MNIST does (LeCun, Bottou, Bengio and
// Haffner 1998): the ink fills a 20x20 box, which is moved by whole pixels so that the centre of mass of the
// ink comes closest to the centre of the picture.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnn {

constexpr std::ptrdiff_t kDigitSize = 28;  // pixels in height and in width

// images: uint8 (count, 28, 28), row-major, contiguous; ink is 255, paper is 0.  labels: uint8 (count), 0
// to 9.
//
// Both are allocated by the caller and fully written; nothing is read.
//
// Picture and label k are a pure function of (seed, first + k), where first + k is taken modulo 2^64: neither
// the number of threads nor the way a range is cut into calls changes a bit. Each ten consecutive pictures
// that begin at a multiple of ten hold each digit once, in an order drawn from the seed.
//
// `threads` (at least 1) share the pictures: each one is made by a single thread. count = 0 does nothing.
void digits_generate(std::uint8_t* images, std::uint8_t* labels, std::ptrdiff_t count, std::uint64_t seed,
                     std::uint64_t first, int threads);

}  // namespace cnn
