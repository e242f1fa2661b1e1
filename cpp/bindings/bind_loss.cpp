#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/loss/log_softmax.h"
#include "kernels/loss/loss.h"

namespace cnn {
namespace {

std::ptrdiff_t classes_of(const py::array& x, const char* name) {
    check(x.ndim() == 2 && x.shape(1) > 0,
          std::string(name) + ": expected shape (N, classes), got " + text_of(shape_of(x)));
    return x.shape(1);
}

// A copy: other threads of Python may write to the array while the GIL is released.
std::vector<std::int64_t> labels_from(const py::array& labels, std::ptrdiff_t samples,
                                      std::ptrdiff_t classes) {
    const std::int64_t* given = input<std::int64_t>(labels, "labels", {samples});
    std::vector<std::int64_t> copy(given, given + samples);
    for (std::size_t n = 0; n < copy.size(); ++n) {
        if (copy[n] >= 0 && copy[n] < classes) continue;
        throw py::value_error("labels: expected 0 to " + std::to_string(classes - 1) + ", got " +
                              std::to_string(copy[n]) + " for sample " + std::to_string(n));
    }
    return copy;
}

void nll_forward(const py::array& x, const py::array& labels, const py::array& losses,
                 const py::array& log_probabilities) {
    const std::ptrdiff_t classes = classes_of(x, "input"), samples = x.shape(0);
    const float* from = input(x, "input", shape_of(x));
    const std::vector<std::int64_t> targets = labels_from(labels, samples, classes);
    float* each = output(losses, "losses", {samples});
    float* to = output(log_probabilities, "log_probabilities", shape_of(x));
    std::vector<std::uint8_t> correct(static_cast<std::size_t>(samples));
    Eager eager(samples);
    const float* source = eager.from(from, classes);
    float* result = eager.lanes(classes);
    eager.then(new LogSoftmaxForward(classes, source, result));
    eager.then(new NllLoss(classes, result, targets.data(), each, correct.data(), nullptr, true));
    eager.to(result, classes, to);
    eager.run();
}

void nll_backward(const py::array& log_probabilities, const py::array& labels, const py::array& x,
                  float scale) {
    const std::ptrdiff_t classes = classes_of(log_probabilities, "log_probabilities");
    const std::ptrdiff_t samples = log_probabilities.shape(0);
    const float* from = input(log_probabilities, "log_probabilities", shape_of(log_probabilities));
    const std::vector<std::int64_t> targets = labels_from(labels, samples, classes);
    float* to = output(x, "grad_input", shape_of(log_probabilities));
    std::vector<std::uint8_t> correct(static_cast<std::size_t>(samples));
    std::vector<float> losses(static_cast<std::size_t>(samples));
    Eager eager(samples);
    eager.context.loss_scale = scale;
    const float* source = eager.from(from, classes);
    float* result = eager.lanes(classes);
    eager.then(new NllLoss(classes, source, targets.data(), losses.data(), correct.data(), result, true));
    eager.to(result, classes, to);
    eager.run();
}

}  // namespace

void bind_loss(py::module_& m) {
    m.def("softmax_nll_forward", nll_forward, py::arg("input"), py::arg("labels"), py::arg("losses"),
          py::arg("log_probabilities"));
    m.def("softmax_nll_backward", nll_backward, py::arg("log_probabilities"), py::arg("labels"),
          py::arg("grad_input"), py::kw_only(), py::arg("scale"));
}

}  // namespace cnn
