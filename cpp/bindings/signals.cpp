#include "bindings/signals.h"

#include <pybind11/pybind11.h>

namespace cnn {

std::function<bool()> signal_check(PyObject* asked) {
    return [asked] {
        pybind11::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) return true;
        if (asked == nullptr || asked == Py_None) return false;
        PyObject* answer = PyObject_CallNoArgs(asked);
        if (answer == nullptr) return true;
        const int stop = PyObject_IsTrue(answer);
        Py_DECREF(answer);
        return stop != 0;
    };
}

void throw_if_raised() {
    if (PyErr_Occurred()) throw pybind11::error_already_set();
}

}  // namespace cnn
