#include <algorithm>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "random/philox.h"
#include "random/random.h"

namespace cnn {
namespace {

void uniform(const py::array& out, std::uint64_t seed, std::uint32_t purpose, std::uint32_t stream) {
    check(purpose < 256, "purpose: expected less than 256, got " + std::to_string(purpose));
    float* numbers = output(out, "out", shape_of(out));
    py::gil_scoped_release release;
    random_uniform(numbers, out.size(), seed, purpose, stream);
}

py::array_t<std::int64_t> permutation(py::ssize_t count, std::uint64_t seed, std::uint32_t epoch) {
    check(count >= 0 && count < UINT32_MAX, "count: expected 0 to 2^32 - 2, got " + std::to_string(count));
    py::array_t<std::int64_t> result(count);
    std::int64_t* numbers = result.mutable_data();
    {
        py::gil_scoped_release release;
        random_permutation(numbers, count, seed, epoch);
    }
    return result;
}

py::array_t<std::int64_t> balanced_order(const py::array& labels, py::ssize_t count, std::uint64_t seed,
                                         std::uint32_t epoch) {
    const std::int64_t* given = input<std::int64_t>(labels, "labels", {labels.size()});
    check(count >= 0 && count < UINT32_MAX, "count: expected 0 to 2^32 - 2, got " + std::to_string(count));
    check(labels.size() > 0 || count == 0, "labels: expected at least one, got none");
    std::int64_t largest = -1;
    for (py::ssize_t i = 0; i < labels.size(); ++i) {
        check(given[i] >= 0 && given[i] < (1 << 24),
              "labels: expected 0 to 2^24 - 1, got " + std::to_string(given[i]));
        largest = std::max(largest, given[i]);
    }
    py::array_t<std::int64_t> result(count);
    std::int64_t* numbers = result.mutable_data();
    {
        py::gil_scoped_release release;
        random_balanced_order(numbers, count, given, labels.size(), largest + 1, seed, epoch);
    }
    return result;
}

}  // namespace

void bind_random(py::module_& m) {
    m.attr("PURPOSE_INITIAL_WEIGHTS") = static_cast<int>(Purpose::kInitialWeights);
    m.def("random_uniform", uniform, py::arg("out"), py::kw_only(), py::arg("seed"), py::arg("purpose"),
          py::arg("stream") = 0);
    m.def("permutation", permutation, py::arg("count"), py::kw_only(), py::arg("seed"), py::arg("epoch"));
    m.def("balanced_order", balanced_order, py::arg("labels"), py::kw_only(), py::arg("count"),
          py::arg("seed"), py::arg("epoch"));
}

}  // namespace cnn
