// What winograd_weights.cpp and single_winograd.cpp ask of the bodies in winograd_weights.simd.cpp.
#pragma once

#include "kernels/winograd/winograd_form.h"
#include "simd/instruction_set.h"

namespace cnn {

// The filters of one register tile of outputs at the points, outputs as lanes:
// transformed[point][input][lane]. Lanes beyond the outputs are zero.
struct WinogradFilters {
    WinogradForm form;
    const float* weight;  // of the first output and input: [taps][taps]
    float* transformed;
    std::ptrdiff_t inputs, outputs, lanes;
    std::ptrdiff_t input_step, output_step;  // floats from a filter to the next
    std::ptrdiff_t point;                    // floats from a point to the next
    bool flipped;                            // by half a turn
};

// The matrices of a form, row by row: B^T (window x window), G (window x taps), A^T (outputs x window).
struct WinogradMatrices {
    float* input;
    float* filter;
    float* output;
};

struct WinogradWeightsBody {
    void (*transform)(const WinogradFilters&);
    // What the lines make of unit vectors, for tests and pages.
    void (*matrices)(const WinogradForm&, const WinogradMatrices&);
};

CNN_DECLARE_BODIES(WinogradWeightsBody, winograd_weights_body)

}  // namespace cnn
