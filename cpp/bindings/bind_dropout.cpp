#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/dropout/dropout.h"

namespace cnn {
namespace {

void apply(const py::array& x, const char* x_name, const py::array& y, const char* y_name, float rate,
           std::uint64_t seed, std::uint32_t layer, std::uint32_t step) {
    check(rate >= 0.0f && rate < 1.0f, "rate: expected 0 <= rate < 1, got " + std::to_string(rate));
    check(x.ndim() >= 1, std::string(x_name) + ": expected a batch, got a single number");
    const float* from = input(x, x_name, shape_of(x));
    float* to = output(y, y_name, shape_of(x));
    const std::ptrdiff_t samples = x.shape(0), features = samples > 0 ? x.size() / samples : 0;
    Eager eager(samples);
    eager.context.seed = seed;
    eager.context.step = step;
    const float* source = eager.from(from, features);
    float* result = eager.lanes(features);
    eager.then(new Dropout(features, rate, layer, source, result));
    eager.to(result, features, to);
    eager.run();
}

}  // namespace

void bind_dropout(py::module_& m) {
    m.def(
        "dropout_forward",
        [](const py::array& x, const py::array& y, float rate, std::uint64_t seed, std::uint32_t layer,
           std::uint32_t step) { apply(x, "input", y, "output", rate, seed, layer, step); },
        py::arg("input"), py::arg("output"), py::kw_only(), py::arg("rate"), py::arg("seed"),
        py::arg("layer"), py::arg("step"));
    m.def(
        "dropout_backward",
        [](const py::array& g, const py::array& x, float rate, std::uint64_t seed, std::uint32_t layer,
           std::uint32_t step) { apply(g, "grad_output", x, "grad_input", rate, seed, layer, step); },
        py::arg("grad_output"), py::arg("grad_input"), py::kw_only(), py::arg("rate"), py::arg("seed"),
        py::arg("layer"), py::arg("step"));
}

}  // namespace cnn
