#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/convolution/convolution_gradient.h"
#include "kernels/linear/linear.h"
#include "kernels/update/update.h"

namespace cnn {
namespace {

void linear_forward(const py::array& x, const py::array& y, const py::array& w, const OptionalArray& b) {
    const float* weight = input(w, "weight", {kAny, kAny});
    const py::ssize_t outputs = w.shape(0), inputs = w.shape(1);
    check(outputs > 0 && inputs > 0,
          "weight: expected at least one input and output, got " + text(shape_of(w)));
    const float* from = input(x, "input", {kAny, inputs});
    const py::ssize_t samples = x.shape(0);
    float* to = output(y, "output", {samples, outputs});
    const float* bias = optional_input(b, "bias", {outputs});
    Eager eager(samples);
    float* result = eager.lanes(outputs);
    const float* source = eager.from(from, inputs);
    eager.then(LinearProduct::forward(inputs, outputs, source, result, weight, bias, false));
    eager.to(result, outputs, to);
    eager.run();
}

void linear_backward_input(const py::array& g, const py::array& x, const py::array& w) {
    const float* weight = input(w, "weight", {kAny, kAny});
    const py::ssize_t outputs = w.shape(0), inputs = w.shape(1);
    check(outputs > 0 && inputs > 0,
          "weight: expected at least one input and output, got " + text(shape_of(w)));
    const float* from = input(g, "grad_output", {kAny, outputs});
    const py::ssize_t samples = g.shape(0);
    float* to = output(x, "grad_input", {samples, inputs});
    Eager eager(samples);
    float* result = eager.lanes(inputs);
    const float* source = eager.from(from, outputs);
    eager.then(LinearProduct::backward_input(inputs, outputs, source, result, weight));
    eager.to(result, inputs, to);
    eager.run();
}

void linear_backward_parameters(const py::array& x, const py::array& g, const py::array& gw,
                                const OptionalArray& gb, float scale) {
    float* grad_weight = output(gw, "grad_weight", {kAny, kAny});
    const py::ssize_t outputs = gw.shape(0), inputs = gw.shape(1);
    check(outputs > 0 && inputs > 0,
          "grad_weight: expected at least one input and output, got " + text(shape_of(gw)));
    const float* from = input(x, "input", {kAny, inputs});
    const py::ssize_t samples = x.shape(0);
    const float* grad = input(g, "grad_output", {samples, outputs});
    float* grad_bias = optional_output(gb, "grad_bias", {outputs});
    if (samples == 0) return;
    Eager eager(samples);
    const float* source = eager.from(from, inputs);
    const float* gradient = eager.from(grad, outputs);
    const std::ptrdiff_t row = linear_row_stride(inputs);
    float* rows = eager.floats(block_count(samples) * kLanes * row);
    float* bias_slots = eager.floats(kMaxSlots * outputs);
    eager.then(new FromLanes(inputs, source, rows, row));
    eager.beside(new BiasGradient(outputs, 1, gradient, bias_slots));
    eager.then(new LinearWeightGradient(inputs, outputs, rows, gradient, grad_weight, scale, true));
    if (grad_bias) eager.beside(new AddSlots(outputs, bias_slots, grad_bias, scale, true));
    eager.run();
}

}  // namespace

void bind_linear(py::module_& m) {
    m.def("linear_forward", linear_forward, py::arg("input"), py::arg("output"), py::arg("weight"),
          py::arg("bias"));
    m.def("linear_backward_input", linear_backward_input, py::arg("grad_output"), py::arg("grad_input"),
          py::arg("weight"));
    m.def("linear_backward_parameters", linear_backward_parameters, py::arg("input"), py::arg("grad_output"),
          py::arg("grad_weight"), py::arg("grad_bias"), py::kw_only(), py::arg("scale") = 1.0f);
}

}  // namespace cnn
