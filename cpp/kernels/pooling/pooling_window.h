// The windows of a pooling along one axis. For *.simd.cpp files only.
#pragma once

#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

struct Window {
    std::ptrdiff_t begin, end;
};

// The part of window `o` that lies inside the input.
CNN_INLINE Window window(std::ptrdiff_t o, std::ptrdiff_t stride, std::ptrdiff_t padding,
                         std::ptrdiff_t kernel, std::ptrdiff_t input) {
    const std::ptrdiff_t begin = o * stride - padding, end = begin + kernel;
    return {begin < 0 ? 0 : begin, end > input ? input : end};
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
