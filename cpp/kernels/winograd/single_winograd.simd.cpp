#include "kernels/single/single_epilogue.h"
#include "kernels/winograd/single_winograd_body.h"
#include "kernels/winograd/winograd_lines.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <class Line>
void transform_input_by(const SingleWinogradTiles& a, float* transformed) {
    for (std::ptrdiff_t tile = a.begin; tile < a.end; ++tile) {
        const WinogradPlace place = winograd_place(a.tiling, tile);
        const float* corner = a.image.at(place.row, place.col);
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            transform<Line>(Read{corner + c, a.image.row, a.image.pixel},
                            Write{transformed + tile * a.channels + c, Line::kTo * a.point, a.point});
        }
    }
}

template <class Line>
void transform_output_by(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                         const SingleEpilogue& epilogue) {
    for (std::ptrdiff_t tile = a.begin; tile < a.end; ++tile) {
        const WinogradPlace place = winograd_place(a.tiling, tile);
        // The last tiles may reach beyond the output.
        const std::ptrdiff_t rows = a.image.height - place.row, cols = a.image.width - place.col;
        float* corner = a.image.at(place.row, place.col);
        for (std::ptrdiff_t c = 0; c < a.channels; c += kWidth) {
            const Native start = load_unaligned(bias + c);
            transform<Line>(Read{transformed + tile * a.channels + c, Line::kFrom * a.point, a.point},
                            [=](int i, int j, Native value) __attribute__((always_inline)) {
                                if (i >= rows || j >= cols) return;
                                store_unaligned(corner + i * a.image.row + j * a.image.pixel + c,
                                                finish(value + start, epilogue, c));
                            });
        }
    }
}

void transform_input(const SingleWinogradTiles& a, float* transformed) {
    if (a.tiling.size == 2) return transform_input_by<InputLine<FourPoints>>(a, transformed);
    transform_input_by<InputLine<SixPoints>>(a, transformed);
}

void transform_output(const SingleWinogradTiles& a, const float* transformed, const float* bias,
                      const SingleEpilogue& epilogue) {
    if (a.tiling.size == 2) {
        return transform_output_by<OutputLine<FourPoints, 2>>(a, transformed, bias, epilogue);
    }
    transform_output_by<OutputLine<SixPoints, 4>>(a, transformed, bias, epilogue);
}

}  // namespace

extern const SingleWinogradBody single_winograd_body = {transform_input, transform_output};

}  // namespace CNN_ISA
}  // namespace cnn
