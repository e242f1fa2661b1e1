#include "kernels/single/single_epilogue.h"
#include "kernels/winograd/single_winograd_body.h"
#include "kernels/winograd/winograd_lines.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Outputs are the lanes: their taps are gathered, and what comes of them lies as the product reads it.
template <class Line>
void transform_filters_by(const SingleWinogradFilters& a) {
    float taps[9 * kWidth];
    for (std::ptrdiff_t c = 0; c < a.inputs; ++c) {
        for (std::ptrdiff_t o = 0; o < a.lanes; o += kWidth) {
            for (int lane = 0; lane < kWidth; ++lane) {
                const bool real = o + lane < a.outputs;
                const float* from = a.weight + (o + lane) * a.inputs * 9 + c * 9;
                for (int k = 0; k < 9; ++k) taps[k * kWidth + lane] = real ? from[k] : 0.0f;
            }
            float* to = a.transformed + c * a.lanes + o;
            transform<Line>(
                [&](int i, int j)
                    __attribute__((always_inline)) { return load_unaligned(taps + (i * 3 + j) * kWidth); },
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    store_unaligned(to + (i * Line::kTo + j) * a.point, value);
                });
        }
    }
}

template <class Line, int M>
void transform_input_by(const SingleWinogradTiles& a, float* transformed) {
    for (std::ptrdiff_t tile = a.first_tile; tile < a.end_tile; ++tile) {
        const float* corner = a.image.at(tile / a.tile_cols * M, tile % a.tile_cols * M);
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            const float* from = corner + c;
            float* to = transformed + tile * a.channels + c;
            transform<Line>(
                [=](int i, int j) __attribute__((always_inline)) {
                    return load_unaligned(from + i * a.image.row + j * a.image.pixel);
                },
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    store_unaligned(to + (i * Line::kTo + j) * a.point, value);
                });
        }
    }
}

template <class Line>
void transform_output_by(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                         const SingleEpilogue& epilogue) {
    constexpr int M = Line::kTo;
    for (std::ptrdiff_t tile = a.first_tile; tile < a.end_tile; ++tile) {
        const std::ptrdiff_t top = tile / a.tile_cols * M, left = tile % a.tile_cols * M;
        // The last tiles may reach beyond the output.
        const std::ptrdiff_t rows = a.image.height - top, cols = a.image.width - left;
        float* corner = a.image.at(top, left);
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            const float* from = transformed + tile * a.channels + c;
            const Native start = load_unaligned(bias + c);
            transform<Line>(
                [=](int i, int j) __attribute__((always_inline)) {
                    return load_unaligned(from + (i * Line::kFrom + j) * a.point);
                },
                [=](int i, int j, Native value) __attribute__((always_inline)) {
                    if (i >= rows || j >= cols) return;
                    store_unaligned(corner + i * a.image.row + j * a.image.pixel + c,
                                    finish(value + start, epilogue, c));
                });
        }
    }
}

void transform_filters(const SingleWinogradFilters& a) {
    if (a.m == 2) return transform_filters_by<FilterLine<FourPoints, 3>>(a);
    transform_filters_by<FilterLine<SixPoints, 3>>(a);
}

void transform_input(const SingleWinogradTiles& a, float* transformed) {
    if (a.m == 2) return transform_input_by<InputLine<FourPoints>, 2>(a, transformed);
    transform_input_by<InputLine<SixPoints>, 4>(a, transformed);
}

void transform_output(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                      const SingleEpilogue& epilogue) {
    if (a.m == 2) return transform_output_by<OutputLine<FourPoints, 2>>(a, transformed, bias, epilogue);
    transform_output_by<OutputLine<SixPoints, 4>>(a, transformed, bias, epilogue);
}

}  // namespace

extern const SingleWinogradBody single_winograd_body = {transform_filters, transform_input, transform_output};

}  // namespace CNN_ISA
}  // namespace cnn
