#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/batch_normalization/batch_normalization.h"
#include "kernels/update/update.h"

namespace cnn {
namespace {

std::ptrdiff_t positions(const py::array& x) {
    check(x.ndim() == 2 || x.ndim() == 4,
          "input: expected shape (N, C) or (N, C, H, W), got " + text(shape_of(x)));
    return x.ndim() == 2 ? 1 : x.shape(2) * x.shape(3);
}

void forward(const py::array& x, const py::array& y, const OptionalArray& w, const OptionalArray& b,
             const py::array& running_mean, const py::array& running_variance, const py::array& saved_mean,
             const py::array& saved_inverse_std, bool training, float momentum, float epsilon) {
    BatchNormalizationArrays a{};
    a.positions = positions(x);
    a.channels = x.shape(1);
    a.momentum = momentum;
    a.epsilon = epsilon;
    a.training = training;
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(x));
    a.weight = optional_input(w, "weight", {a.channels});
    a.bias = optional_input(b, "bias", {a.channels});
    a.running_mean = state(running_mean, "running_mean", {a.channels}, training);
    a.running_variance = state(running_variance, "running_variance", {a.channels}, training);
    a.mean = output(saved_mean, "saved_mean", {a.channels});
    a.inverse_std = output(saved_inverse_std, "saved_inverse_std", {a.channels});
    Eager eager(x.shape(0));
    const std::ptrdiff_t size = a.channels * a.positions;
    a.input = eager.from(from, size);
    a.output = eager.lanes(size);
    a.variance = eager.floats(a.channels);
    a.slot_sum = eager.floats(kMaxSlots * a.channels);
    a.slot_second = eager.floats(kMaxSlots * a.channels);
    if (training) {
        eager.then(new BatchSums(a));
        eager.then(new BatchSquares(a));
    }
    eager.then(new BatchStatistics(a));
    eager.then(new BatchNormalize(a));
    if (training) eager.beside(new UpdateRunningStatistics(a));
    eager.to(a.output, size, to);
    eager.run();
}

void backward(const py::array& x, const py::array& g, const py::array& gx, const OptionalArray& w,
              const py::array& saved_mean, const py::array& saved_inverse_std, const OptionalArray& gw,
              const OptionalArray& gb, bool training, float scale) {
    BatchNormalizationArrays a{};
    a.positions = positions(x);
    a.channels = x.shape(1);
    a.training = training;
    const float* from = input(x, "input", shape_of(x));
    const float* gradient = input(g, "grad_output", shape_of(x));
    float* to = output(gx, "grad_input", shape_of(x));
    a.weight = optional_input(w, "weight", {a.channels});
    a.mean = const_cast<float*>(input(saved_mean, "saved_mean", {a.channels}));
    a.inverse_std = const_cast<float*>(input(saved_inverse_std, "saved_inverse_std", {a.channels}));
    float* grad_weight = optional_output(gw, "grad_weight", {a.channels});
    float* grad_bias = optional_output(gb, "grad_bias", {a.channels});
    if (x.shape(0) == 0) return;
    Eager eager(x.shape(0));
    const std::ptrdiff_t size = a.channels * a.positions;
    a.input = eager.from(from, size);
    a.grad_output = eager.from(gradient, size);
    a.grad_input = eager.lanes(size);
    a.slot_sum = eager.floats(kMaxSlots * a.channels);
    a.slot_second = eager.floats(kMaxSlots * a.channels);
    eager.then(new BatchGradientSums(a));
    eager.then(new BatchNormalizationBackward(a));
    if (grad_bias) eager.beside(new AddSlots(a.channels, a.slot_sum, grad_bias, scale, true));
    if (grad_weight) eager.beside(new AddSlots(a.channels, a.slot_second, grad_weight, scale, true));
    eager.to(a.grad_input, size, to);
    eager.run();
}

}  // namespace

void bind_batch_normalization(py::module_& m) {
    m.def("batch_normalization_forward", forward, py::arg("input"), py::arg("output"), py::arg("weight"),
          py::arg("bias"), py::arg("running_mean"), py::arg("running_variance"), py::arg("saved_mean"),
          py::arg("saved_inverse_std"), py::kw_only(), py::arg("training"), py::arg("momentum"),
          py::arg("epsilon"));
    m.def("batch_normalization_backward", backward, py::arg("input"), py::arg("grad_output"),
          py::arg("grad_input"), py::arg("weight"), py::arg("saved_mean"), py::arg("saved_inverse_std"),
          py::arg("grad_weight"), py::arg("grad_bias"), py::kw_only(), py::arg("training"),
          py::arg("scale") = 1.0f);
}

}  // namespace cnn
