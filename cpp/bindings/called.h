// Python functions that a program calls between its parallel parts.
#pragma once

#include <algorithm>

#include "bindings/arrays.h"
#include "program/layer_calls.h"

namespace cnn {

// Holds the GIL during the call; an exception becomes Python's current error and `false`.
template <class Function>
auto guarded(Function function) {
    return [function](auto... arguments) {
        py::gil_scoped_acquire gil;
        try {
            function(arguments...);
            return true;
        } catch (py::error_already_set& error) {
            error.restore();
        } catch (const py::type_error& error) {
            PyErr_SetString(PyExc_TypeError, error.what());
        } catch (const std::exception& error) {
            PyErr_SetString(PyExc_ValueError, error.what());
        }
        return false;
    };
}

// A loss in Python: function(values (samples, features)) -> (losses (samples,) float32, correct (samples,)
// uint8, gradient (samples, features) float32), for the whole batch of a step. It has its own targets.
inline LossCall loss_call(const py::function& function, py::ssize_t size) {
    return guarded([=](std::ptrdiff_t samples, const float* values, float* losses, std::uint8_t* correct,
                       float* gradient) {
        const auto given = function(py::array_t<float>({samples, size}, values)).cast<py::tuple>();
        check(given.size() == 3, "called_loss: expected (losses, correct, gradient)");
        const auto each = given[0].cast<py::array>(), right = given[1].cast<py::array>();
        const auto slopes = given[2].cast<py::array>();
        std::copy_n(input<float>(each, "losses", {samples}), samples, losses);
        std::copy_n(input<std::uint8_t>(right, "correct", {samples}), samples, correct);
        std::copy_n(input<float>(slopes, "gradient", {samples, size}), samples * size, gradient);
    });
}

}  // namespace cnn
