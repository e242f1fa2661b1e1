#include "kernels/convolution/convolution_taps.h"

#include <numeric>

namespace cnn {
namespace {

bool continues(const Taps& a, const Taps& b, std::ptrdiff_t advance) {
    return a.first == b.first && a.count == b.count && a.step == b.step && a.input_step == b.input_step &&
           b.input == a.input + advance;
}

void count_runs(std::vector<Taps>& taps, std::ptrdiff_t advance) {
    for (std::size_t i = taps.size(); i-- > 0;) {
        const bool more = i + 1 < taps.size() && continues(taps[i], taps[i + 1], advance);
        taps[i].run = more ? taps[i + 1].run + 1 : 1;
    }
}

}  // namespace

Axis vertical_axis(const ConvolutionShape& s) {
    return {s.input_height,  s.output_height,  s.kernel_height,
            s.stride_height, s.padding_height, s.dilation_height};
}

Axis horizontal_axis(const ConvolutionShape& s) {
    return {s.input_width, s.output_width, s.kernel_width, s.stride_width, s.padding_width, s.dilation_width};
}

std::vector<Taps> forward_taps(const Axis& axis) {
    std::vector<Taps> taps(static_cast<std::size_t>(axis.output));
    for (std::ptrdiff_t o = 0; o < axis.output; ++o) {
        const std::ptrdiff_t start = o * axis.stride - axis.padding;
        std::ptrdiff_t first = start < 0 ? (-start + axis.dilation - 1) / axis.dilation : 0;
        std::ptrdiff_t end =
            start >= axis.input ? 0 : (axis.input - start + axis.dilation - 1) / axis.dilation;
        end = end < axis.kernel ? end : axis.kernel;
        if (end < first) first = end = 0;
        taps[static_cast<std::size_t>(o)] = {
            static_cast<int>(first),
            static_cast<int>(end - first),
            1,
            end > first ? static_cast<int>(start + first * axis.dilation) : 0,
            static_cast<int>(axis.dilation),
            1};
    }
    count_runs(taps, axis.stride);
    return taps;
}

std::vector<Taps> backward_taps(const Axis& axis) {
    const std::ptrdiff_t step = axis.stride / std::gcd(axis.stride, axis.dilation);
    std::vector<Taps> taps(static_cast<std::size_t>(axis.input));
    for (std::ptrdiff_t i = 0; i < axis.input; ++i) {
        Taps t{0, 0, static_cast<int>(step), 0, static_cast<int>(-step * axis.dilation / axis.stride), 1};
        for (std::ptrdiff_t k = 0; k < axis.kernel; ++k) {
            const std::ptrdiff_t distance = i + axis.padding - k * axis.dilation;
            if (distance < 0 || distance % axis.stride != 0 || distance / axis.stride >= axis.output)
                continue;
            if (t.count == 0) {
                t.first = static_cast<int>(k);
                t.input = static_cast<int>(distance / axis.stride);
            }
            ++t.count;
        }
        taps[static_cast<std::size_t>(i)] = t;
    }
    count_runs(taps, 1);
    return taps;
}

}  // namespace cnn
