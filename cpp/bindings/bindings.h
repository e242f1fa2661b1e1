// What each bind_<stem>.cpp adds to the module.
#pragma once

#include <pybind11/pybind11.h>

namespace cnn {

void bind_augmentation(pybind11::module_& m);
void bind_choices(pybind11::module_& m);
void bind_digits(pybind11::module_& m);
void bind_gemm(pybind11::module_& m);
void bind_loss(pybind11::module_& m);
void bind_node(pybind11::module_& m);
void bind_program(pybind11::module_& m);
void bind_random(pybind11::module_& m);
void bind_runtime(pybind11::module_& m);
void bind_update(pybind11::module_& m);

}  // namespace cnn
