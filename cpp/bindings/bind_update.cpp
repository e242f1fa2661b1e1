#include <pybind11/stl.h>

#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "bindings/update_arguments.h"
#include "kernels/muon/muon.h"

namespace cnn {
namespace {

void update(const std::string& name, const py::array& parameter, const py::array& gradient,
            const std::map<std::string, py::array>& states, const std::vector<float>& settings) {
    const UpdateRule& rule = update_rule(name);
    const UpdateArrays arrays = update_arrays(rule, parameter, gradient, states);
    const UpdateSettings values = update_settings(rule, words(rule.settings).size(), settings);
    Eager eager(0);
    eager.then(new Update(rule, parameter.size(), arrays, values.data()));
    eager.run();
}

void muon_update(const py::array& parameter, const py::array& gradient, const py::array& momentum_array,
                 float rate, float kept_weight, float momentum, float new_share, bool nesterov,
                 std::array<float, 3> coefficients, float eps, int steps) {
    const Shape shape = shape_of(parameter);
    check(shape.size() == 2, "parameter: expected a matrix, got shape " + text_of(shape));
    float* to = output(parameter, "parameter", shape);
    const float* from = input(gradient, "gradient", shape);
    float* mean = output(momentum_array, "momentum", shape);
    check(steps >= 0, "steps: expected at least 0, got " + std::to_string(steps));
    if (parameter.size() == 0) return;
    MuonSettings settings{};
    settings.rate = rate;
    settings.kept_weight = kept_weight;
    settings.momentum = momentum;
    settings.new_share = new_share;
    settings.nesterov = nesterov;
    settings.a = coefficients[0];
    settings.b = coefficients[1];
    settings.c = coefficients[2];
    settings.eps = eps;
    settings.steps = steps;
    Eager eager(0);
    float* scratch = eager.floats(muon_scratch(shape[0], shape[1]));
    for (auto& op : muon_step(shape[0], shape[1], to, from, mean, scratch, settings))
        eager.then(op.release());
    eager.run();
}

// In double precision and one order: eight sums that do not wait for each other, added in turn.
double dot(const py::array& one, const py::array& other) {
    constexpr py::ssize_t kSums = 8;
    const double* x = input<double>(one, "one", {kAnySize});
    const double* y = input<double>(other, "other", shape_of(one));
    const py::ssize_t count = one.size();
    double sums[kSums] = {};
    for (py::ssize_t i = 0; i < count; ++i) sums[i % kSums] += x[i] * y[i];
    double total = 0.0;
    for (const double sum : sums) total += sum;
    return total;
}

double clip_gradients(const std::vector<py::array>& gradients, float norm, float value) {
    return gradient_clip(gradients, norm, value).run();
}

py::dict update_rules() {
    py::dict rules;
    for (int i = 0; i < update_rule_count(); ++i) {
        const UpdateRule& rule = update_rule(i);
        rules[rule.name] = py::make_tuple(py::tuple(py::cast(words(rule.states))),
                                          py::tuple(py::cast(words(rule.settings))));
    }
    return rules;
}

}  // namespace

void bind_update(py::module_& m) {
    m.def("update", update, py::arg("rule"), py::arg("parameter"), py::arg("gradient"), py::arg("states"),
          py::arg("settings"));
    m.def("muon_update", muon_update, py::arg("parameter"), py::arg("gradient"), py::arg("momentum_array"),
          py::kw_only(), py::arg("rate"), py::arg("kept_weight"), py::arg("momentum"), py::arg("new_share"),
          py::arg("nesterov"), py::arg("coefficients"), py::arg("eps"), py::arg("steps"));
    m.def("dot", dot, py::arg("one"), py::arg("other"));
    m.def("clip_gradients", clip_gradients, py::arg("gradients"), py::kw_only(), py::arg("norm"),
          py::arg("value"));
    m.def("update_rules", update_rules);
}

}  // namespace cnn
