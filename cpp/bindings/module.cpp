// The table of contents of cnncli._core.
#include "bindings/bindings.h"

PYBIND11_MODULE(_core, m) {
    m.doc() = "The compute core of cnncli.";
    cnn::bind_runtime(m);
    cnn::bind_random(m);
    cnn::bind_gemm(m);
    cnn::bind_convolution(m);
    cnn::bind_linear(m);
    cnn::bind_pooling(m);
    cnn::bind_activation(m);
    cnn::bind_batch_normalization(m);
    cnn::bind_dropout(m);
    cnn::bind_log_softmax(m);
    cnn::bind_update(m);
    cnn::bind_program(m);
    cnn::bind_digits(m);
}
