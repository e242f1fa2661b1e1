// Packed matrix product after Goto & van de Geijn, "Anatomy of high-performance matrix multiplication"
// (2008): C (M,N) = op(A) (M,K) op(B) (K,N), or C += that; row-major with leading dimensions; op is the
// transpose or nothing.
//
// B is packed once into panels of 16 columns, a chunk of K terms at a time; each task packs the rows of A
// that it owns. Element (i, j) of C belongs to one task and is summed over chunks of kTerms in order, so the
// result does not depend on the number of threads. K = 0 gives zeros. NaN and Inf behave as in the sum
// written out.
#pragma once

#include "core/op.h"
#include "kernels/gemm/gemm_body.h"

namespace cnn {

struct GemmShape {
    std::ptrdiff_t rows, columns, terms;  // M, N, K
    std::ptrdiff_t lead_a, lead_b, lead_c;
    bool transpose_a, transpose_b, accumulate;
    bool upper = false;  // of C only the diagonal and what is right of it is asked for; the rest is anything
};

// Floats needed for the packed B.
std::ptrdiff_t gemm_packed_size(const GemmShape& shape);

class PackGemmPanels : public Op {
  public:
    PackGemmPanels(const GemmShape& shape, const float* b, float* packed)
        : shape_(shape), b_(b), packed_(packed) {}
    std::ptrdiff_t tasks(const Context&) const override { return (shape_.columns + kLanes - 1) / kLanes; }
    void run(const Context&, std::ptrdiff_t panel, std::byte*) const override;

  private:
    GemmShape shape_;
    const float* b_;
    float* packed_;
};

class Gemm : public Op {
  public:
    Gemm(const GemmShape& shape, const float* a, const float* packed, float* c);
    std::ptrdiff_t tasks(const Context&) const override { return row_parts_ * column_parts_; }
    void run(const Context&, std::ptrdiff_t task, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    const GemmBody* body_;
    GemmShape shape_;
    const float* a_;
    const float* packed_;
    float* c_;
    std::ptrdiff_t row_parts_, column_parts_;
};

}  // namespace cnn
