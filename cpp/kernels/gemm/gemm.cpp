#include "kernels/gemm/gemm.h"

#include <algorithm>

#include "core/tiles.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kTerms = 256;  // a B panel of 256 x 16 floats is 16 KiB: half the first-level cache
constexpr std::ptrdiff_t kRows = 96;    // A of 96 x 256 floats is 96 KiB: stays in the second-level cache
constexpr std::ptrdiff_t kColumns = 768;  // of C in a task

}  // namespace

std::ptrdiff_t gemm_packed_size(const GemmShape& s) {
    return ceil_divide(s.columns, kLanes) * kLanes * s.terms;
}

void PackGemmPanels::run(const Context&, std::ptrdiff_t panel, std::byte*) const {
    // [panel][k][16]; columns beyond the matrix are zeros whose products are never stored.
    const std::ptrdiff_t first = panel * kLanes, count = std::min(kLanes, shape_.columns - first);
    const std::ptrdiff_t term_step = shape_.transpose_b ? 1 : shape_.lead_b;
    const std::ptrdiff_t column_step = shape_.transpose_b ? shape_.lead_b : 1;
    float* to = packed_ + panel * kLanes * shape_.terms;
    const float* from = b_ + first * column_step;
    for (std::ptrdiff_t k = 0; k < shape_.terms; ++k, to += kLanes, from += term_step) {
        for (std::ptrdiff_t j = 0; j < kLanes; ++j) to[j] = j < count ? from[j * column_step] : 0.0f;
    }
}

Gemm::Gemm(const GemmShape& shape, const float* a, const float* packed, float* c)
    : body_(CNN_SELECT_BODY(gemm_body)),
      shape_(shape),
      a_(a),
      packed_(packed),
      c_(c),
      row_parts_(ceil_divide(shape.rows, kRows)),
      column_parts_(ceil_divide(shape.columns, kColumns)) {}

std::size_t Gemm::scratch_bytes() const {
    return static_cast<std::size_t>(kRows * kTerms) * sizeof(float);
}

void Gemm::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const GemmShape& s = shape_;
    const std::ptrdiff_t row_part = task / column_parts_, column_part = task % column_parts_;
    const std::ptrdiff_t row_begin = row_part * kRows, row_count = std::min(kRows, s.rows - row_begin);
    const std::ptrdiff_t column_begin = column_part * kColumns;
    const std::ptrdiff_t column_count = std::min(kColumns, s.columns - column_begin);
    if (s.terms == 0) {
        for (std::ptrdiff_t i = 0; i < row_count && !s.accumulate; ++i) {
            float* row = c_ + (row_begin + i) * s.lead_c + column_begin;
            std::fill(row, row + column_count, 0.0f);
        }
        return;
    }
    const std::ptrdiff_t tiles = ceil_divide(row_count, body_->max_tile);
    const std::ptrdiff_t row_step = s.transpose_a ? 1 : s.lead_a, term_step = s.transpose_a ? s.lead_a : 1;
    float* a = reinterpret_cast<float*>(scratch);
    for (std::ptrdiff_t k = 0; k < s.terms; k += kTerms) {
        const std::ptrdiff_t terms = std::min(kTerms, s.terms - k);
        float* to = a;
        for (std::ptrdiff_t t = 0; t < tiles; ++t) {
            const std::ptrdiff_t begin = row_begin + part_begin(row_count, tiles, t);
            const std::ptrdiff_t end = row_begin + part_begin(row_count, tiles, t + 1);
            for (std::ptrdiff_t term = 0; term < terms; ++term) {
                for (std::ptrdiff_t i = begin; i < end; ++i)
                    *to++ = a_[i * row_step + (k + term) * term_step];
            }
        }
        // A few panels at a time, so that they are in the first-level cache again for the next tile of rows.
        constexpr std::ptrdiff_t kTogether = 3 * kLanes;
        for (std::ptrdiff_t j = 0; j < column_count; j += kTogether) {
            GemmTile part{};
            part.a = a;
            part.c_row = s.lead_c;
            part.terms = terms;
            part.panel_stride = kLanes * s.terms;
            part.accumulate = s.accumulate || k > 0;
            for (std::ptrdiff_t t = 0; t < tiles; ++t) {
                const std::ptrdiff_t begin = part_begin(row_count, tiles, t);
                part.tile = part_begin(row_count, tiles, t + 1) - begin;
                // The panel of the diagonal is the first that is asked for.
                const std::ptrdiff_t least =
                    s.upper ? (row_begin + begin) / kLanes * kLanes - column_begin : 0;
                const std::ptrdiff_t first = std::max(j, least);
                part.columns = std::min(j + kTogether, column_count) - first;
                part.b = packed_ + (column_begin + first) * s.terms + k * kLanes;
                part.c = c_ + (row_begin + begin) * s.lead_c + column_begin + first;
                if (part.columns > 0) body_->tile(part);
                part.a += part.tile * terms;
            }
        }
    }
}

}  // namespace cnn
