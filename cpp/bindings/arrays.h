// Every check of an array that comes from Python: type, layout, shape. The message says which function, which
// argument, what was expected and what came.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>  // std::optional and std::vector as arguments, in every file that sees them

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/sizes.h"

namespace cnn {

namespace py = pybind11;
using Shape = Sizes;  // of a NumPy array
using OptionalArray = std::optional<py::array>;

inline Shape shape_of(const py::array& array) {
    return Shape(array.shape(), array.shape() + array.ndim());
}

template <class T>
void check_array(const py::array& array, const char* name, const Shape& expected, bool written) {
    const std::string where(name);
    if (!py::dtype::of<T>().is(array.dtype()) && !array.dtype().equal(py::dtype::of<T>())) {
        throw py::type_error(where + ": expected " + std::string(py::str(py::dtype::of<T>())) + ", got " +
                             std::string(py::str(array.dtype())));
    }
    const Shape shape = shape_of(array);
    bool fits = shape.size() == expected.size();
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = expected[i] == kAnySize || expected[i] == shape[i];
    if (!fits)
        throw py::value_error(where + ": expected shape " + text_of(expected) + ", got " + text_of(shape));
    if (!(array.flags() & py::array::c_style)) throw py::value_error(where + ": must be C-contiguous");
    if (written && !array.writeable()) throw py::value_error(where + ": is read-only");
}

template <class T = float>
const T* input(const py::array& array, const char* name, const Shape& expected) {
    check_array<T>(array, name, expected, false);
    return static_cast<const T*>(array.data());
}

template <class T = float>
T* output(const py::array& array, const char* name, const Shape& expected) {
    check_array<T>(array, name, expected, true);
    return static_cast<T*>(const_cast<void*>(array.data()));
}

template <class T = float>
T* optional_output(const OptionalArray& array, const char* name, const Shape& expected) {
    return array ? output<T>(*array, name, expected) : nullptr;
}

inline void check(bool holds, const std::string& message) {
    if (!holds) throw py::value_error(message);
}

}  // namespace cnn
