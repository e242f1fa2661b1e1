// Arrays and settings of a node as Python gives them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "program/arguments.h"

namespace cnn {

// float32 and C-contiguous; what its shape must be, and whether it is written, is the program's to check.
inline NamedArray named_array(py::handle value, const char* name) {
    if (!py::isinstance<py::array>(value)) {
        throw py::type_error(std::string(name) + ": expected an array or None, got " +
                             std::string(py::str(py::type::of(value).attr("__name__"))));
    }
    const auto array = py::reinterpret_borrow<py::array>(value);
    const Shape shape = shape_of(array);
    const float* values = input(array, name, shape);
    return {const_cast<float*>(values), Sizes(shape.begin(), shape.end()), array.writeable()};
}

// Numbers of NumPy are numbers too.
inline Setting setting(py::handle value, const std::string& name) {
    try {
        if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
        if (py::isinstance<py::str>(value)) return value.cast<std::string>();
        if (PyIndex_Check(value.ptr()) != 0) return value.cast<std::int64_t>();
        if (py::hasattr(value, "__float__")) return value.cast<double>();
        return value.cast<std::vector<std::int64_t>>();
    } catch (const py::cast_error&) {
        throw py::type_error(name + ": expected a number, a text, True, False or a tuple of whole numbers");
    }
}

}  // namespace cnn
