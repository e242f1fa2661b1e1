// A step of Muon (Jordan et al. 2024) on a weight matrix P of (rows, columns) by its gradient G, all float32
// and row-major, in place:
//
//   B = momentum * B + new_share * G;  D = nesterov ? momentum * B + new_share * G : B
//   P = kept_weight * P - rate * orthogonalized(D)
//
// orthogonalized(D): X = D / max(|D|, eps) with Frobenius' norm, then `steps` times X = a X + (b S + c S S) X
// with S = X X^T (of a matrix with more rows than columns X = a X + X (b S + c S S), S = X^T X): an iteration
// after Newton and Schulz that brings all singular values near 1.
//
// The norm is added in double precision in one order, the products are those of gemm.h: no bit depends on
// threads, nor on AVX2 or AVX-512. A NaN reaches the whole matrix, as in the products written out.
#pragma once

#include <memory>
#include <vector>

#include "core/op.h"

namespace cnn {

struct MuonSettings {
    float rate, kept_weight, momentum, new_share;
    bool nesterov;
    float a, b, c, eps;
    int steps;
};

// Floats that `muon_step` needs beside the matrices.
std::ptrdiff_t muon_scratch(std::ptrdiff_t rows, std::ptrdiff_t columns);

// Operations that follow each other, for at least one element.
std::vector<std::unique_ptr<Op>> muon_step(std::ptrdiff_t rows, std::ptrdiff_t columns, float* parameter,
                                           const float* gradient, float* momentum, float* scratch,
                                           const MuonSettings& settings);

}  // namespace cnn
