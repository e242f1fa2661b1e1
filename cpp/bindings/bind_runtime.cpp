#include <pybind11/stl.h>

#include "bindings/bindings.h"
#include "measure/fma_peak.h"
#include "runtime/threads.h"
#include "simd/instruction_set.h"

namespace cnn {

void bind_runtime(pybind11::module_& m) {
    namespace py = pybind11;
    m.def("instruction_sets", [] {
        std::vector<std::string> names;
        for (InstructionSet set : available_instruction_sets()) names.emplace_back(name(set));
        return names;
    });
    m.def("instruction_set", [] { return std::string(name(instruction_set())); });
    m.def(
        "set_instruction_set",
        [](const std::string& wanted) { set_instruction_set(instruction_set_from_name(wanted)); },
        py::arg("name"));
    m.def("thread_count", thread_count);
    m.def("default_thread_count", default_thread_count);
    m.def("set_thread_count", set_thread_count, py::arg("count"));
    m.def("fma_peak", fma_peak, py::kw_only(), py::arg("seconds"), py::call_guard<py::gil_scoped_release>());
#if defined(__clang__)
    m.attr("__compiler__") = "Clang " __clang_version__;
#else
    m.attr("__compiler__") = "GCC " __VERSION__;
#endif
    install_fork_hook();
}

}  // namespace cnn
