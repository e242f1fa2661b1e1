#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "bindings/update_arguments.h"

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
    m.def("clip_gradients", clip_gradients, py::arg("gradients"), py::kw_only(), py::arg("norm"),
          py::arg("value"));
    m.def("update_rules", update_rules);
}

}  // namespace cnn
