// The way out of the kernels for a single sample. For *.simd.cpp files only.
#pragma once

#include "kernels/single/single_convolution_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// ReLU keeps NaN: only what is below zero is replaced.
CNN_INLINE Native rectify_native(Native a) {
    return select_native(a < Native{}, Native{}, a);
}

// Of a maximum: a NaN replaces every number and is replaced by nothing.
CNN_INLINE Native larger(Native x, Native best) {
    const Native highest = select_native(x > best, x, best);  // one instruction, which keeps a NaN of `best`
    return select_native(x == x, highest, x);
}

// `channel` counts from the first one of the epilogue's arrays.
CNN_INLINE Native normalize(Native sum, const SingleEpilogue& epilogue, std::ptrdiff_t channel) {
    return fused(sum - load_unaligned(epilogue.mean + channel), load_unaligned(epilogue.scale + channel),
                 load_unaligned(epilogue.shift + channel));
}

CNN_INLINE Native finish(Native sum, const SingleEpilogue& epilogue, std::ptrdiff_t channel) {
    if (epilogue.mean != nullptr) sum = normalize(sum, epilogue, channel);
    return epilogue.relu ? rectify_native(sum) : sum;
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
