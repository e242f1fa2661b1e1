// Python functions that a program calls between its parallel parts.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/node_arguments.h"
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

// The layer that `settings` describe, of samples of the shape `in`. forward(input) -> output; backward(input,
// grad_output, accumulate) -> grad_input; on arrays (samples, *shape) that own their memory. Null where one
// of them is missing.
inline std::shared_ptr<const CustomLayer> custom_layer(const Shape& in, const py::dict& settings,
                                                       const std::map<std::string, Setting>& plain) {
    if (!settings.contains("forward") || !settings.contains("backward")) return nullptr;
    const auto given = plain.find("output_shape");
    const auto* sizes =
        given == plain.end() ? nullptr : std::get_if<std::vector<std::int64_t>>(&given->second);
    if (sizes == nullptr || sizes->size() != 3) return nullptr;  // what is wrong, Arguments says
    const Shape out(sizes->begin(), sizes->end());
    const py::object forward = settings["forward"], backward = settings["backward"];
    const auto rows = [](std::ptrdiff_t samples, const Shape& shape, const float* values) {
        return py::array_t<float>({samples, shape[0], shape[1], shape[2]}, values);
    };
    const auto take = [](const py::object& result, std::ptrdiff_t samples, const Shape& shape,
                         const char* what, float* to) {
        const auto array = result.cast<py::array>();
        const float* values = input(array, what, {samples, shape[0], shape[1], shape[2]});
        std::copy_n(values, array.size(), to);
    };
    CustomLayer layer;
    layer.forward = guarded([=](std::ptrdiff_t samples, const float* from, float* to) {
        take(forward(rows(samples, in, from)), samples, out, "output of a custom layer", to);
    });
    layer.backward = guarded(
        [=](std::ptrdiff_t samples, const float* from, const float* gradient, float* to, bool accumulate) {
            take(backward(rows(samples, in, from), rows(samples, out, gradient), accumulate), samples, in,
                 "gradient from a custom layer", to);
        });
    return std::make_shared<const CustomLayer>(std::move(layer));
}

}  // namespace cnn
