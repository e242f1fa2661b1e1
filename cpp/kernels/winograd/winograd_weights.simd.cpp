#include "kernels/winograd/winograd_lines.h"
#include "kernels/winograd/winograd_weights_body.h"
#include "simd/partial.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <class Line>
void transform_by(const WinogradFilters& a) {
    constexpr int kTaps = Line::kFrom, kArea = kTaps * kTaps;
    alignas(64) float taps[kArea * kWidth];
    const std::ptrdiff_t first = a.flipped ? kArea - 1 : 0, step = a.flipped ? -1 : 1;
    for (std::ptrdiff_t c = 0; c < a.inputs; ++c) {
        for (std::ptrdiff_t o = 0; o < a.lanes; o += kWidth) {
            for (std::ptrdiff_t lane = 0; lane < kWidth; ++lane) {
                const float* from = a.weight + c * a.input_step + (o + lane) * a.output_step;
                const bool real = o + lane < a.outputs;
                for (int k = 0; k < kArea; ++k)
                    taps[k * kWidth + lane] = real ? from[first + k * step] : 0.0f;
            }
            // What a whole register writes beyond the register tile's lanes, the next inputs overwrite.
            const std::ptrdiff_t left = (a.inputs - c) * a.lanes - o;
            const Read read{taps, kTaps * kWidth, kWidth};
            float* to = a.transformed + c * a.lanes + o;
            if (left >= kWidth) {
                transform<Line>(read, Write{to, Line::kTo * a.point, a.point});
            } else {
                transform<Line>(read, [=](int i, int j, Native value) __attribute__((always_inline)) {
                    store_some(to + (i * Line::kTo + j) * a.point, value, left);
                });
            }
        }
    }
}

void transform_filters(const WinogradFilters& a) {
    if (a.form.taps == 5) return transform_by<FilterLine<SixPoints, 5>>(a);
    if (a.form.outputs == 2) return transform_by<FilterLine<FourPoints, 3>>(a);
    transform_by<FilterLine<SixPoints, 3>>(a);
}

template <class Line>
void matrix_of(float* matrix) {
    for (int j = 0; j < Line::kFrom; ++j) {
        Native x[Line::kFrom], y[Line::kTo];
        for (int i = 0; i < Line::kFrom; ++i) x[i] = broadcast_native(i == j ? 1.0f : 0.0f);
        Line::apply(x, y);
        for (int i = 0; i < Line::kTo; ++i) matrix[i * Line::kFrom + j] = y[i][0];
    }
}

template <class Points, int kOutputs, int kTaps>
void matrices_of(const WinogradMatrices& a) {
    matrix_of<InputLine<Points>>(a.input);
    matrix_of<FilterLine<Points, kTaps>>(a.filter);
    matrix_of<OutputLine<Points, kOutputs>>(a.output);
}

void matrices(const WinogradForm& form, const WinogradMatrices& a) {
    if (form.taps == 5) return matrices_of<SixPoints, 2, 5>(a);
    if (form.taps == 4) return matrices_of<SixPoints, 3, 4>(a);
    if (form.outputs == 2) return matrices_of<FourPoints, 2, 3>(a);
    matrices_of<SixPoints, 4, 3>(a);
}

}  // namespace

extern const WinogradWeightsBody winograd_weights_body = {transform_filters, matrices};

}  // namespace CNN_ISA
}  // namespace cnn
