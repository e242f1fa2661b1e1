// The window of inputs that an output tile reads, samples as lanes, zero where it reaches beyond the picture.
// For
// *.simd.cpp files only.
#pragma once

#include "kernels/winograd/winograd_form.h"
#include "kernels/winograd/winograd_lines.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Which rows and columns of a window lie in the picture.
struct InputWindow {
    const float* origin;
    std::ptrdiff_t row_step;
    int row_begin, row_end, col_begin, col_end;
};

CNN_INLINE int clamp(std::ptrdiff_t value, int size) {
    return value < 0 ? 0 : value > size ? size : static_cast<int>(value);
}

CNN_INLINE InputWindow window_at(const WinogradPicture& p, std::ptrdiff_t row, std::ptrdiff_t col, int size) {
    InputWindow w;
    w.origin = p.values + (row * p.width + col) * kLanes;
    w.row_step = p.width * kLanes;
    w.row_begin = clamp(-row, size);
    w.row_end = clamp(p.height - row, size);
    w.col_begin = clamp(-col, size);
    w.col_end = clamp(p.width - col, size);
    return w;
}

CNN_INLINE bool whole(const InputWindow& w, int size) {
    return w.row_begin == 0 && w.row_end == size && w.col_begin == 0 && w.col_end == size;
}

template <class Line, class To>
__attribute__((noinline)) void transform_any(const InputWindow& w, const float* from, To write) {
    transform<Line>(
        [=](int i, int j) __attribute__((always_inline)) {
            const bool inside = i >= w.row_begin && i < w.row_end && j >= w.col_begin && j < w.col_end;
            return inside ? load_native(from + i * w.row_step + j * kLanes) : Native{};
        },
        write);
}

// Apart from the others, which are many more: in one loop with them it would take registers from them. Rows
// [kBegin, kEnd) are known to lie in the picture, so that only columns are asked for.
template <class Line, int kBegin, int kEnd, class To>
__attribute__((noinline)) void transform_edge_rows(const InputWindow& w, const float* from, To write) {
    const int col_begin = w.col_begin, col_end = w.col_end;
    const std::ptrdiff_t row_step = w.row_step;
    transform_columns<Line>(
        [=](int j, Native* x) __attribute__((always_inline)) {
            const bool inside = j >= col_begin && j < col_end;
            CNN_UNROLL for (int i = 0; i < Line::kFrom; ++i) x[i] = Native{};
            if (!inside) return;
            CNN_UNROLL for (int i = kBegin; i < kEnd; ++i) {
                x[i] = load_native(from + i * row_step + j * kLanes);
            }
        },
        write);
}

// Of padding by 1, or none, around a picture of whole tiles each window has one of these forms.
template <class Line, class To>
CNN_INLINE void transform_edge(const InputWindow& w, const float* from, To write) {
    constexpr int kSize = Line::kFrom;
    if (w.row_begin == 0 && w.row_end == kSize) return transform_edge_rows<Line, 0, kSize>(w, from, write);
    if (w.row_begin == 1 && w.row_end == kSize) return transform_edge_rows<Line, 1, kSize>(w, from, write);
    if (w.row_begin == 0 && w.row_end == kSize - 1) {
        return transform_edge_rows<Line, 0, kSize - 1>(w, from, write);
    }
    transform_any<Line>(w, from, write);
}

// Transforms the window of a channel whose plane begins `plane` floats after that of the first.
template <class Line, class To>
CNN_INLINE void transform_window(const InputWindow& w, std::ptrdiff_t plane, int part, To write) {
    const float* from = w.origin + plane + part * kWidth;
    if (!whole(w, Line::kFrom)) return transform_edge<Line>(w, from, write);
    transform<Line>(Read{from, w.row_step, kLanes}, write);
}

}  // namespace
}  // namespace CNN_ISA
}  // namespace cnn
