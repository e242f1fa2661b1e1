// What the core chooses from: functions of elements, algorithms of a convolution, and forms of Winograd's.
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/node_arguments.h"
#include "kernels/activation/activation.h"
#include "kernels/algorithms/convolution_algorithms.h"
#include "kernels/winograd/winograd_weights.h"
#include "program/shapes.h"

namespace cnn {
namespace {

// name -> "input" or "output", what the gradient is taken from
py::dict functions() {
    py::dict named;
    for (const NamedActivation& function : activation_functions()) {
        named[function.name] = function.kept == Kept::kInput ? "input" : "output";
    }
    return named;
}

std::vector<std::string> algorithm_names() {
    std::vector<std::string> names;
    for (const ConvolutionAlgorithm algorithm : kConvolutionAlgorithms)
        names.emplace_back(name_of(algorithm));
    return names;
}

// The algorithm that each pass of a convolution takes for samples and weights of these shapes.
py::dict chosen_algorithms(const py::tuple& sample, const Shape& weight, const py::dict& settings) {
    check(sample.size() == 3, "shape: expected (channels, height, width)");
    const std::vector<TensorShape> inputs{{sample[0].cast<std::ptrdiff_t>(), sample[1].cast<std::ptrdiff_t>(),
                                           sample[2].cast<std::ptrdiff_t>()}};
    std::map<std::string, Setting> plain;
    for (const auto& [key, value] : settings) {
        const auto name = key.cast<std::string>();
        plain.emplace(name, setting(value, name));
    }
    Arguments arguments("convolution", {{"weight", {nullptr, Sizes(weight.begin(), weight.end()), false}}},
                        std::move(plain), nullptr);
    const ConvolutionShape shape = check_node("convolution", {inputs, arguments}).node.convolution;
    py::dict chosen;
    chosen["forward"] = name_of(choose_forward(shape));
    chosen["grad_input"] = name_of(choose_backward_input(shape));
    chosen["acc_grad"] = name_of(choose_backward_parameters(shape));
    return chosen;
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

void bind_choices(py::module_& m) {
    m.def("activation_functions", functions);
    m.def("convolution_algorithms", algorithm_names);
    m.def("winograd_forms", winograd_forms);
    m.def("winograd_matrices", winograd_matrices, py::arg("outputs"), py::arg("taps"));
    m.def("chosen_algorithms", chosen_algorithms, py::arg("sample"), py::arg("weight"), py::arg("settings"));
}

}  // namespace cnn
