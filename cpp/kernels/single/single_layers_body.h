// What single_layers.cpp asks of the bodies in single_layers.simd.cpp.
#pragma once

#include <cstddef>

#include "kernels/pooling/pooling_body.h"
#include "kernels/single/single_convolution_body.h"
#include "kernels/single/single_tensor.h"
#include "simd/instruction_set.h"

namespace cnn {

// y[o] = bias[o] + sum over i of weight[o * inputs + i] * x[i] for outputs begin .. end, perhaps ReLU: the
// weights are read where they lie, once.
struct SingleProducts {
    const float* input;
    float* output;
    const float* weight;
    const float* bias;  // or null
    std::ptrdiff_t inputs, begin, end;
    bool relu;
};

struct SingleLayersBody {
    void (*products)(const SingleProducts&);
    // Output rows begin .. end.
    void (*max_pooling)(const PoolingShape&, const SingleTensor& input, const SingleTensor& output,
                        std::ptrdiff_t begin, std::ptrdiff_t end);
    void (*average_pooling)(const PoolingShape&, bool count_padding, const SingleTensor& input,
                            const SingleTensor& output, std::ptrdiff_t begin, std::ptrdiff_t end);
    // One row: the epilogue of each of its columns.
    void (*normalize)(const SingleEpilogue&, const float* input, float* output, std::ptrdiff_t columns,
                      std::ptrdiff_t pixel);
    void (*log_softmax)(const float* input, float* output, std::ptrdiff_t classes);
};

CNN_DECLARE_BODIES(SingleLayersBody, single_layers_body)

}  // namespace cnn
