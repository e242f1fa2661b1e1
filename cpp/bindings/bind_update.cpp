#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/update.h"

namespace cnn {
namespace {

void sgd(const py::array& p, const py::array& g, const OptionalArray& v, float learning_rate, float momentum,
         float dampening, bool nesterov, float weight_decay) {
    float* parameter = output(p, "parameter", shape_of(p));
    const float* gradient = input(g, "gradient", shape_of(p));
    float* velocity = optional_output(v, "velocity", shape_of(p));
    check(velocity != nullptr || momentum == 0.0f, "velocity: an array is needed where momentum is not 0");
    Eager eager(0);
    eager.context.learning_rate = learning_rate;
    eager.then(new Sgd(p.size(), parameter, gradient, velocity,
                       {learning_rate, momentum, dampening, weight_decay, nesterov}));
    eager.run();
}

}  // namespace

void bind_update(py::module_& m) {
    m.def("sgd_update", sgd, py::arg("parameter"), py::arg("gradient"), py::arg("velocity"), py::kw_only(),
          py::arg("learning_rate"), py::arg("momentum"), py::arg("dampening"), py::arg("nesterov"),
          py::arg("weight_decay"));
}

}  // namespace cnn
