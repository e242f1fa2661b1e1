// What the core chooses from: functions of elements, and algorithms of a convolution.
#include <map>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/node_arguments.h"
#include "kernels/activation/activation.h"
#include "kernels/algorithms/convolution_algorithms.h"
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
    const ConvolutionShape shape =
        check_node("convolution", {inputs, arguments, false, false, false}).node.convolution;
    py::dict chosen;
    chosen["forward"] = name_of(choose_forward(shape));
    chosen["grad_input"] = name_of(choose_backward_input(shape));
    chosen["acc_grad"] = name_of(choose_backward_parameters(shape));
    return chosen;
}

}  // namespace

void bind_choices(py::module_& m) {
    m.def("activation_functions", functions);
    m.def("convolution_algorithms", algorithm_names);
    m.def("chosen_algorithms", chosen_algorithms, py::arg("sample"), py::arg("weight"), py::arg("settings"));
}

}  // namespace cnn
