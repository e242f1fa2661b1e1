// The table of contents of cnncli._core.
#include "bindings/bindings.h"

PYBIND11_MODULE(_core, m) {
    m.doc() = "The compute core of cnncli.";
    cnn::bind_runtime(m);
    cnn::bind_random(m);
    cnn::bind_augmentation(m);
    cnn::bind_gemm(m);
    cnn::bind_choices(m);
    cnn::bind_node(m);
    cnn::bind_loss(m);
    cnn::bind_update(m);
    cnn::bind_program(m);
    cnn::bind_digits(m);
}
