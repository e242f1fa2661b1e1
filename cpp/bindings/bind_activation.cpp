#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/activation.h"

namespace cnn {
namespace {

ActivationKind kind_from(const std::string& name) {
    if (name == "relu") return ActivationKind::kRelu;
    if (name == "tanh") return ActivationKind::kTanh;
    if (name == "sigmoid") return ActivationKind::kSigmoid;
    throw py::value_error("kind: expected relu, tanh or sigmoid, got '" + name + "'");
}

// Element-wise work takes an array of any shape as samples of one feature.
void forward(const py::array& x, const py::array& y, const std::string& kind) {
    const ActivationKind chosen = kind_from(kind);
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(x));
    Eager eager(x.size());
    const float* source = eager.from(from, 1);
    float* result = eager.lanes(1);
    eager.then(new ActivationForward(chosen, 1, source, result));
    eager.to(result, 1, to);
    eager.run();
}

void backward(const py::array& y, const py::array& g, const py::array& x, const std::string& kind) {
    const ActivationKind chosen = kind_from(kind);
    const float* from = input(y, "output", shape_of(y));
    const float* gradient = input(g, "grad_output", shape_of(y));
    float* to = output(x, "grad_input", shape_of(y));
    Eager eager(y.size());
    const float* source = eager.from(from, 1);
    const float* grad = eager.from(gradient, 1);
    float* result = eager.lanes(1);
    eager.then(new ActivationBackward(chosen, 1, source, grad, result));
    eager.to(result, 1, to);
    eager.run();
}

}  // namespace

void bind_activation(py::module_& m) {
    m.def("activation_forward", forward, py::arg("input"), py::arg("output"), py::kw_only(), py::arg("kind"));
    m.def("activation_backward", backward, py::arg("output"), py::arg("grad_output"), py::arg("grad_input"),
          py::kw_only(), py::arg("kind"));
}

}  // namespace cnn
