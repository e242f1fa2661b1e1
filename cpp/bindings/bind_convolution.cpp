#include <pybind11/stl.h>

#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/algorithms/convolution_algorithms.h"
#include "kernels/convolution/convolution_gradient.h"
#include "kernels/update/update.h"
#include "kernels/winograd/winograd.h"
#include "kernels/winograd/winograd_weights.h"

namespace cnn {
namespace {

// Shapes of a convolution, taken from the arrays and checked against each other.
ConvolutionShape shape_from(const py::array& image, const char* image_name, const py::array& result,
                            const char* result_name, const py::array& weight, const char* weight_name,
                            const py::tuple& stride, const py::tuple& padding, const py::tuple& dilation,
                            py::ssize_t groups) {
    check(image.ndim() == 4,
          std::string(image_name) + ": expected shape (N, C, H, W), got " + text(shape_of(image)));
    check(weight.ndim() == 4, std::string(weight_name) + ": expected shape (O, C / groups, KH, KW), got " +
                                  text(shape_of(weight)));
    check(result.ndim() == 4,
          std::string(result_name) + ": expected shape (N, O, OH, OW), got " + text(shape_of(result)));
    const Pair s = pair(stride, "stride", 1), p = pair(padding, "padding", 0),
               d = pair(dilation, "dilation", 1);
    check(groups >= 1, "groups: expected at least 1, got " + std::to_string(groups));
    const Shape w = shape_of(weight), x = shape_of(image);
    check(w[0] % groups == 0 && w[0] > 0 && w[1] > 0 && w[2] > 0 && w[3] > 0,
          std::string(weight_name) + ": shape " + text(w) + " does not fit " + std::to_string(groups) +
              " groups");
    check(x[1] == w[1] * groups, std::string(image_name) + ": expected " + std::to_string(w[1] * groups) +
                                     " channels, got " + std::to_string(x[1]));
    const py::ssize_t rows = x[2] + 2 * p.height - d.height * (w[2] - 1) - 1;
    const py::ssize_t cols = x[3] + 2 * p.width - d.width * (w[3] - 1) - 1;
    check(rows >= 0 && cols >= 0, std::string(image_name) + ": a kernel of " + std::to_string(w[2]) + "x" +
                                      std::to_string(w[3]) + " does not fit shape " + text(x));
    const ConvolutionShape shape{x[1],
                                 x[2],
                                 x[3],
                                 w[0],
                                 rows / s.height + 1,
                                 cols / s.width + 1,
                                 w[2],
                                 w[3],
                                 s.height,
                                 s.width,
                                 p.height,
                                 p.width,
                                 d.height,
                                 d.width,
                                 groups};
    const Shape y{x[0], shape.output_channels, shape.output_height, shape.output_width};
    check(shape_of(result) == y,
          std::string(result_name) + ": expected shape " + text(y) + ", got " + text(shape_of(result)));
    return shape;
}

struct NamedAlgorithm {
    const char* name;
    ConvolutionAlgorithm algorithm;
};

constexpr NamedAlgorithm kAlgorithms[] = {
    {"direct", ConvolutionAlgorithm::kDirect},
    {"im2col", ConvolutionAlgorithm::kIm2col},
    {"winograd", ConvolutionAlgorithm::kWinograd},
};

std::vector<std::string> algorithm_names() {
    std::vector<std::string> names;
    for (const NamedAlgorithm& known : kAlgorithms) names.emplace_back(known.name);
    return names;
}

ConvolutionAlgorithm algorithm_from(const std::string& name, const ConvolutionShape& shape,
                                    ConvolutionAlgorithm chosen) {
    if (name == "auto") return chosen;
    check(name != "winograd" || winograd_fits(kWinograd4x3, shape),
          "algorithm: winograd is for kernels of 3x3 with stride 1, dilation 1 and one group; use auto");
    std::string expected = "auto";
    for (const NamedAlgorithm& known : kAlgorithms) {
        if (name == known.name) return known.algorithm;
        expected += std::string(", ") + known.name;
    }
    throw py::value_error("algorithm: expected one of " + expected + ", got '" + name + "'");
}

// What a convolution returns: the name of the algorithm that ran, and the seconds that it took.
py::tuple ran(ConvolutionAlgorithm algorithm, double seconds) {
    for (const NamedAlgorithm& known : kAlgorithms) {
        if (algorithm == known.algorithm) return py::make_tuple(known.name, seconds);
    }
    throw std::logic_error("an algorithm without a name");
}

py::tuple forward(const py::array& x, const py::array& y, const py::array& w, const OptionalArray& b,
                  const py::tuple& stride, const py::tuple& padding, const py::tuple& dilation,
                  py::ssize_t groups, const std::string& algorithm) {
    const ConvolutionShape s =
        shape_from(x, "input", y, "output", w, "weight", stride, padding, dilation, groups);
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(y));
    const float* weight = input(w, "weight", shape_of(w));
    const float* bias = optional_input(b, "bias", {s.output_channels});
    const ConvolutionAlgorithm chosen = algorithm_from(algorithm, s, choose_forward(s));
    Eager eager(x.shape(0));
    float* packed = eager.floats(packed_weight_size(s, chosen));
    float* result = eager.lanes(s.output_size());
    const float* source = eager.from(from, s.input_size());
    eager.then(pack_weights(s, chosen, false, weight, packed));
    eager.then(convolution_forward(s, chosen, source, result, packed, bias, false));
    eager.to(result, s.output_size(), to);
    return ran(chosen, eager.run());
}

py::tuple backward_input(const py::array& g, const py::array& x, const py::array& w, const py::tuple& stride,
                         const py::tuple& padding, const py::tuple& dilation, py::ssize_t groups,
                         const std::string& algorithm) {
    const ConvolutionShape s =
        shape_from(x, "grad_input", g, "grad_output", w, "weight", stride, padding, dilation, groups);
    const float* from = input(g, "grad_output", shape_of(g));
    float* to = output(x, "grad_input", shape_of(x));
    const float* weight = input(w, "weight", shape_of(w));
    const ConvolutionAlgorithm chosen = algorithm_from(algorithm, s, choose_backward_input(s));
    Eager eager(x.shape(0));
    float* packed = eager.floats(packed_weight_size(s, chosen));
    float* result = eager.lanes(s.input_size());
    const float* source = eager.from(from, s.output_size());
    eager.then(pack_weights(s, chosen, true, weight, packed));
    eager.then(convolution_backward_input(s, chosen, source, result, packed));
    eager.to(result, s.input_size(), to);
    return ran(chosen, eager.run());
}

py::tuple backward_parameters(const py::array& x, const py::array& g, const py::array& gw,
                              const OptionalArray& gb, const py::tuple& stride, const py::tuple& padding,
                              const py::tuple& dilation, py::ssize_t groups, float scale,
                              const std::string& algorithm) {
    const ConvolutionShape s =
        shape_from(x, "input", g, "grad_output", gw, "grad_weight", stride, padding, dilation, groups);
    const float* from = input(x, "input", shape_of(x));
    const float* grad = input(g, "grad_output", shape_of(g));
    float* grad_weight = output(gw, "grad_weight", shape_of(gw));
    float* grad_bias = optional_output(gb, "grad_bias", {s.output_channels});
    const ConvolutionAlgorithm chosen = algorithm_from(algorithm, s, choose_backward_parameters(s));
    if (x.shape(0) == 0) return ran(chosen, 0);
    Eager eager(x.shape(0));
    const float* source = eager.from(from, s.input_size());
    const float* gradient = eager.from(grad, s.output_size());
    float* slots = eager.floats(kMaxSlots * s.weight_size());
    float* bias_slots = eager.floats(kMaxSlots * s.output_channels);
    if (chosen == ConvolutionAlgorithm::kDirect) {
        eager.then(new ConvolutionWeightGradient(s, source, gradient, slots));
    } else if (chosen == ConvolutionAlgorithm::kWinograd) {
        eager.then(new WinogradWeightGradient(s, source, gradient, slots));
    } else {
        float* packed = eager.lanes(s.output_size());
        eager.then(new PackSampleMajor(s, gradient, packed));
        eager.then(new ConvolutionWeightGradientIm2col(s, source, packed, slots));
    }
    eager.beside(new BiasGradient(s.output_channels, s.output_height * s.output_width, gradient, bias_slots));
    eager.then(new AddSlots(s.weight_size(), slots, grad_weight, scale, true));
    if (grad_bias) eager.beside(new AddSlots(s.output_channels, bias_slots, grad_bias, scale, true));
    return ran(chosen, eager.run());
}

std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> winograd_forms() {
    std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> forms;
    for (const WinogradForm& form : kWinogradForms) forms.emplace_back(form.outputs, form.taps);
    return forms;
}

using Matrix = std::vector<std::vector<float>>;

// B^T, G and A^T, as the lines of the instruction set in use have them.
std::tuple<Matrix, Matrix, Matrix> winograd_matrices(std::ptrdiff_t outputs, std::ptrdiff_t taps) {
    std::string expected;
    for (const WinogradForm& form : kWinogradForms) {
        expected += (expected.empty() ? "(" : ", (") + std::to_string(form.outputs) + ", " +
                    std::to_string(form.taps) + ")";
        if (form.outputs != outputs || form.taps != taps) continue;
        const auto window = static_cast<std::size_t>(winograd_window(form));
        const auto m = static_cast<std::size_t>(outputs), r = static_cast<std::size_t>(taps);
        std::vector<float> input(window * window), filter(window * r), output(m * window);
        (CNN_SELECT_BODY(winograd_weights_body))
            ->matrices(form, {input.data(), filter.data(), output.data()});
        const auto rows = [](const std::vector<float>& values, std::size_t cols) {
            Matrix matrix;
            for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(cols))
                matrix.emplace_back(row, row + static_cast<std::ptrdiff_t>(cols));
            return matrix;
        };
        return {rows(input, window), rows(filter, r), rows(output, window)};
    }
    throw py::value_error("outputs and taps: expected one of " + expected + ", got (" +
                          std::to_string(outputs) + ", " + std::to_string(taps) + ")");
}

}  // namespace

void bind_convolution(py::module_& m) {
    m.def("convolution_algorithms", algorithm_names);
    m.def("winograd_forms", winograd_forms);
    m.def("winograd_matrices", winograd_matrices, py::arg("outputs"), py::arg("taps"));
    m.def("convolution_forward", forward, py::arg("input"), py::arg("output"), py::arg("weight"),
          py::arg("bias"), py::kw_only(), py::arg("stride"), py::arg("padding"), py::arg("dilation"),
          py::arg("groups"), py::arg("algorithm") = "auto");
    m.def("convolution_backward_input", backward_input, py::arg("grad_output"), py::arg("grad_input"),
          py::arg("weight"), py::kw_only(), py::arg("stride"), py::arg("padding"), py::arg("dilation"),
          py::arg("groups"), py::arg("algorithm") = "auto");
    m.def("convolution_backward_parameters", backward_parameters, py::arg("input"), py::arg("grad_output"),
          py::arg("grad_weight"), py::arg("grad_bias"), py::kw_only(), py::arg("stride"), py::arg("padding"),
          py::arg("dilation"), py::arg("groups"), py::arg("scale") = 1.0f, py::arg("algorithm") = "auto");
}

}  // namespace cnn
