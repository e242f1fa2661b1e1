#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/digits.h"

namespace py = pybind11;

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& rule, const std::string& found) {
    throw py::value_error("digits_generate: " + name + " must be " + rule + ", found " + found);
}

// The bytes of an array that this function fills: uint8, C-contiguous, writeable.
std::uint8_t* output_bytes(py::array& array, const std::string& name) {
    if (!array.dtype().is(py::dtype::of<std::uint8_t>())) {
        refuse(name, "uint8", std::string(py::str(array.dtype())));
    }
    if ((array.flags() & py::array::c_style) == 0) refuse(name, "C-contiguous", "a strided array");
    if (!array.writeable()) refuse(name, "writeable", "a read-only array");
    return static_cast<std::uint8_t*>(array.mutable_data());
}

void digits_generate(py::array images, py::array labels, std::uint64_t seed, std::uint64_t first) {
    const std::string image_shape = py::str(images.attr("shape"));
    const std::string label_shape = py::str(labels.attr("shape"));
    if (images.ndim() != 3 || images.shape(1) != cnn::kDigitSize || images.shape(2) != cnn::kDigitSize) {
        refuse("images", "of shape (N, 28, 28)", image_shape);
    }
    if (labels.ndim() != 1 || labels.shape(0) != images.shape(0)) {
        refuse("labels", "of shape (N,) for images of shape " + image_shape, label_shape);
    }
    std::uint8_t* const image_bytes = output_bytes(images, "images");
    std::uint8_t* const label_bytes = output_bytes(labels, "labels");
    const std::ptrdiff_t count = images.shape(0);
    const py::gil_scoped_release release;
    cnn::digits_generate(image_bytes, label_bytes, count, seed, first);
}

}  // namespace

void bind_digits(py::module_& m) {
    m.def("digits_generate", &digits_generate, py::arg("images").noconvert(), py::arg("labels").noconvert(),
          py::kw_only(), py::arg("seed"), py::arg("first"),
          "Fill images (N, 28, 28) and labels (N,), both uint8, with the generated digits first to first + N "
          "- 1 of "
          "this seed.");
}
