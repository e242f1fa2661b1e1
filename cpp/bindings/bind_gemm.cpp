#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/gemm/gemm.h"

namespace cnn {
namespace {

void gemm(const py::array& a, const py::array& b, const py::array& c, bool transpose_a, bool transpose_b,
          bool accumulate) {
    const float* left = input(a, "a", {kAnySize, kAnySize});
    const float* right = input(b, "b", {kAnySize, kAnySize});
    const py::ssize_t rows = a.shape(transpose_a ? 1 : 0), terms = a.shape(transpose_a ? 0 : 1);
    const py::ssize_t columns = b.shape(transpose_b ? 0 : 1);
    check(b.shape(transpose_b ? 1 : 0) == terms,
          "b: expected " + std::to_string(terms) + " terms, as a has, got shape " + text_of(shape_of(b)));
    float* result = output(c, "c", {rows, columns});
    GemmShape shape{};
    shape.rows = rows;
    shape.columns = columns;
    shape.terms = terms;
    shape.lead_a = a.shape(1);
    shape.lead_b = b.shape(1);
    shape.lead_c = columns;
    shape.transpose_a = transpose_a;
    shape.transpose_b = transpose_b;
    shape.accumulate = accumulate;
    if (rows == 0 || columns == 0) return;
    Eager eager(0);
    float* packed = eager.floats(gemm_packed_size(shape));
    eager.then(new PackGemmPanels(shape, right, packed));
    eager.then(new Gemm(shape, left, packed, result));
    eager.run();
}

}  // namespace

void bind_gemm(py::module_& m) {
    m.def("gemm", gemm, py::arg("a"), py::arg("b"), py::arg("c"), py::kw_only(),
          py::arg("transpose_a") = false, py::arg("transpose_b") = false, py::arg("accumulate") = false);
}

}  // namespace cnn
