// The one number that the order of all activations and the vector type of the kernels share.
#pragma once

#include <cstddef>

namespace cnn {

// Samples side by side: one block of activations, and the floats of one `Lanes`. A constant and no matter of
// the instruction set, since sums are made in an order that follows from it, and bits must be the same on
// all.
constexpr std::ptrdiff_t kLanes = 16;

}  // namespace cnn
