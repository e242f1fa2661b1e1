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

namespace cnn {

namespace py = pybind11;
using Shape = std::vector<py::ssize_t>;
using OptionalArray = std::optional<py::array>;

constexpr py::ssize_t kAny = -1;

inline std::string text(const Shape& shape) {
    std::string s = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        s += (i ? ", " : "") + (shape[i] == kAny ? std::string("any") : std::to_string(shape[i]));
    }
    return s + (shape.size() == 1 ? ",)" : ")");
}

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
        fits = expected[i] == kAny || expected[i] == shape[i];
    if (!fits) throw py::value_error(where + ": expected shape " + text(expected) + ", got " + text(shape));
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

// An array that is read, and written only if `written`: that of a model which must not change may be
// read-only.
inline float* state(const py::array& array, const char* name, const Shape& expected, bool written) {
    check_array<float>(array, name, expected, written);
    return static_cast<float*>(const_cast<void*>(array.data()));
}

template <class T = float>
T* optional_output(const OptionalArray& array, const char* name, const Shape& expected) {
    return array ? output<T>(*array, name, expected) : nullptr;
}

inline void check(bool holds, const std::string& message) {
    if (!holds) throw py::value_error(message);
}

struct Pair {
    py::ssize_t height, width;
};

inline Pair pair(const py::tuple& value, const char* name, py::ssize_t least) {
    check(value.size() == 2, std::string(name) + ": expected (height, width)");
    const Pair p{value[0].cast<py::ssize_t>(), value[1].cast<py::ssize_t>()};
    check(p.height >= least && p.width >= least && p.height < (1 << 24) && p.width < (1 << 24),
          std::string(name) + ": expected at least " + std::to_string(least) + ", got (" +
              std::to_string(p.height) + ", " + std::to_string(p.width) + ")");
    return p;
}

}  // namespace cnn
