#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/activation/activation.h"

namespace cnn {
namespace {

Activation activation_of(const std::string& function, double alpha, double beta) {
    return {activation_from_name(function), static_cast<float>(alpha), static_cast<float>(beta)};
}

// Element-wise work takes an array of any shape as samples of one feature.
void forward(const py::array& x, const py::array& y, const std::string& function, double alpha, double beta) {
    const Activation activation = activation_of(function, alpha, beta);
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(x));
    Eager eager(x.size());
    const float* source = eager.from(from, 1);
    float* result = eager.lanes(1);
    eager.then(new ActivationForward(activation, 1, source, result));
    eager.to(result, 1, to);
    eager.run();
}

void backward(const py::array& kept, const py::array& g, const py::array& x, const std::string& function,
              double alpha, double beta) {
    const Activation activation = activation_of(function, alpha, beta);
    const float* from = input(kept, "kept", shape_of(kept));
    const float* gradient = input(g, "grad_output", shape_of(kept));
    float* to = output(x, "grad_input", shape_of(kept));
    Eager eager(kept.size());
    const float* source = eager.from(from, 1);
    const float* grad = eager.from(gradient, 1);
    float* result = eager.lanes(1);
    eager.then(new ActivationBackward(activation, 1, source, grad, result));
    eager.to(result, 1, to);
    eager.run();
}

// name -> "input" or "output", what the gradient is taken from
py::dict functions() {
    py::dict named;
    for (const NamedActivation& function : activation_functions()) {
        named[function.name] = function.kept == Kept::kInput ? "input" : "output";
    }
    return named;
}

}  // namespace

void bind_activation(py::module_& m) {
    m.def("activation_functions", functions);
    m.def("activation_forward", forward, py::arg("input"), py::arg("output"), py::kw_only(),
          py::arg("function"), py::arg("alpha") = 0.0, py::arg("beta") = 0.0);
    m.def("activation_backward", backward, py::arg("kept"), py::arg("grad_output"), py::arg("grad_input"),
          py::kw_only(), py::arg("function"), py::arg("alpha") = 0.0, py::arg("beta") = 0.0);
}

}  // namespace cnn
