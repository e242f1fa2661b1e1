#include <algorithm>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/eager.h"
#include "kernels/pooling/pooling.h"

namespace cnn {
namespace {

PoolingShape shape_from(const py::array& image, const char* image_name, const py::array& pooled,
                        const char* pooled_name, const py::tuple& kernel, const py::tuple& stride,
                        const py::tuple& padding) {
    check(image.ndim() == 4,
          std::string(image_name) + ": expected shape (N, C, H, W), got " + text(shape_of(image)));
    const Pair k = pair(kernel, "kernel", 1), s = pair(stride, "stride", 1), p = pair(padding, "padding", 0);
    // Else a window could hold nothing but padding.
    check(2 * p.height <= k.height && 2 * p.width <= k.width, "padding: expected at most half the kernel");
    const Shape x = shape_of(image);
    const py::ssize_t rows = x[2] + 2 * p.height - k.height, cols = x[3] + 2 * p.width - k.width;
    check(rows >= 0 && cols >= 0 && x[2] > 0 && x[3] > 0,
          std::string(image_name) + ": a kernel of " + std::to_string(k.height) + "x" +
              std::to_string(k.width) + " does not fit shape " + text(x));
    check(x[2] * x[3] <= INT32_MAX, std::string(image_name) + ": more than 2^31 - 1 values in a plane");
    const PoolingShape shape{
        x[1],    x[2],     x[3],   rows / s.height + 1, cols / s.width + 1, k.height, k.width, s.height,
        s.width, p.height, p.width};
    const Shape y{x[0], x[1], shape.output_height, shape.output_width};
    check(shape_of(pooled) == y,
          std::string(pooled_name) + ": expected shape " + text(y) + ", got " + text(shape_of(pooled)));
    // A window that starts beyond the input and its leading padding would be empty.
    check((shape.output_height - 1) * s.height - p.height < x[2] &&
              (shape.output_width - 1) * s.width - p.width < x[3],
          "padding: a window lies wholly in the padding");
    return shape;
}

void max_forward(const py::array& x, const py::array& y, const py::array& argmax, const py::tuple& kernel,
                 const py::tuple& stride, const py::tuple& padding) {
    const PoolingShape s = shape_from(x, "input", y, "output", kernel, stride, padding);
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(y));
    std::int32_t* index = output<std::int32_t>(argmax, "argmax", shape_of(y));
    Eager eager(x.shape(0));
    const std::ptrdiff_t in = s.channels * s.input_plane(), out = s.channels * s.output_plane();
    const float* source = eager.from(from, in);
    float* result = eager.lanes(out);
    std::int32_t* where = eager.index_lanes(out);
    eager.then(new MaxPoolingForward(s, source, result, where));
    eager.to(result, out, to);
    eager.to(where, out, index);
    eager.run();
}

// A gradient is sent into its own window only: what lies elsewhere was not made by max_forward.
void check_argmax(const PoolingShape& s, py::ssize_t samples, const std::int32_t* argmax) {
    const auto range = [](std::ptrdiff_t first, std::ptrdiff_t last) {
        return std::to_string(first) + " to " + std::to_string(last);
    };
    for (std::ptrdiff_t n = 0; n < samples; ++n) {
        for (std::ptrdiff_t c = 0; c < s.channels; ++c) {
            for (std::ptrdiff_t oh = 0; oh < s.output_height; ++oh) {
                const std::ptrdiff_t start = oh * s.stride_height - s.padding_height;
                const std::ptrdiff_t top = std::max<std::ptrdiff_t>(start, 0);
                const std::ptrdiff_t bottom = std::min(start + s.kernel_height, s.input_height) - 1;
                for (std::ptrdiff_t ow = 0; ow < s.output_width; ++ow, ++argmax) {
                    const std::ptrdiff_t begin = ow * s.stride_width - s.padding_width;
                    const std::ptrdiff_t left = std::max<std::ptrdiff_t>(begin, 0);
                    const std::ptrdiff_t right = std::min(begin + s.kernel_width, s.input_width) - 1;
                    std::ptrdiff_t row = top;  // by steps: a division costs more than a window has rows
                    while (row < bottom && *argmax >= (row + 1) * s.input_width) ++row;
                    const std::ptrdiff_t column = *argmax - row * s.input_width;
                    if (column >= left && column <= right) continue;
                    throw py::value_error("argmax: expected an index within its window, rows " +
                                          range(top, bottom) + " and columns " + range(left, right) + " of " +
                                          std::to_string(s.input_height) + "x" +
                                          std::to_string(s.input_width) + ", got " + std::to_string(*argmax) +
                                          " at (" + std::to_string(n) + ", " + std::to_string(c) + ", " +
                                          std::to_string(oh) + ", " + std::to_string(ow) + ")");
                }
            }
        }
    }
}

void max_backward(const py::array& g, const py::array& argmax, const py::array& x, const py::tuple& kernel,
                  const py::tuple& stride, const py::tuple& padding) {
    const PoolingShape s = shape_from(x, "grad_input", g, "grad_output", kernel, stride, padding);
    const float* from = input(g, "grad_output", shape_of(g));
    const std::int32_t* given = input<std::int32_t>(argmax, "argmax", shape_of(g));
    float* to = output(x, "grad_input", shape_of(x));
    std::vector<std::int32_t> index;
    {
        py::gil_scoped_release release;  // a look at each value takes as long as the kernel
        // A copy is checked: another thread may write to the array, and the kernel goes where an index says.
        index.assign(given, given + g.size());
        check_argmax(s, x.shape(0), index.data());
    }
    Eager eager(x.shape(0));
    const std::ptrdiff_t in = s.channels * s.input_plane(), out = s.channels * s.output_plane();
    const float* gradient = eager.from(from, out);
    const std::int32_t* where = eager.from(index.data(), out);
    float* result = eager.lanes(in);
    eager.then(new MaxPoolingBackward(s, gradient, where, nullptr, result));
    eager.to(result, in, to);
    eager.run();
}

void average_forward(const py::array& x, const py::array& y, const py::tuple& kernel, const py::tuple& stride,
                     const py::tuple& padding, bool count_padding) {
    const PoolingShape s = shape_from(x, "input", y, "output", kernel, stride, padding);
    const float* from = input(x, "input", shape_of(x));
    float* to = output(y, "output", shape_of(y));
    Eager eager(x.shape(0));
    const std::ptrdiff_t in = s.channels * s.input_plane(), out = s.channels * s.output_plane();
    const float* source = eager.from(from, in);
    float* result = eager.lanes(out);
    eager.then(new AveragePoolingForward(s, count_padding, source, result));
    eager.to(result, out, to);
    eager.run();
}

void average_backward(const py::array& g, const py::array& x, const py::tuple& kernel,
                      const py::tuple& stride, const py::tuple& padding, bool count_padding) {
    const PoolingShape s = shape_from(x, "grad_input", g, "grad_output", kernel, stride, padding);
    const float* from = input(g, "grad_output", shape_of(g));
    float* to = output(x, "grad_input", shape_of(x));
    Eager eager(x.shape(0));
    const std::ptrdiff_t in = s.channels * s.input_plane(), out = s.channels * s.output_plane();
    const float* gradient = eager.from(from, out);
    float* result = eager.lanes(in);
    eager.then(new AveragePoolingBackward(s, count_padding, gradient, result));
    eager.to(result, in, to);
    eager.run();
}

}  // namespace

void bind_pooling(py::module_& m) {
    m.def("max_pooling_forward", max_forward, py::arg("input"), py::arg("output"), py::arg("argmax"),
          py::kw_only(), py::arg("kernel"), py::arg("stride"), py::arg("padding"));
    m.def("max_pooling_backward", max_backward, py::arg("grad_output"), py::arg("argmax"),
          py::arg("grad_input"), py::kw_only(), py::arg("kernel"), py::arg("stride"), py::arg("padding"));
    m.def("average_pooling_forward", average_forward, py::arg("input"), py::arg("output"), py::kw_only(),
          py::arg("kernel"), py::arg("stride"), py::arg("padding"), py::arg("count_padding") = true);
    m.def("average_pooling_backward", average_backward, py::arg("grad_output"), py::arg("grad_input"),
          py::kw_only(), py::arg("kernel"), py::arg("stride"), py::arg("padding"),
          py::arg("count_padding") = true);
}

}  // namespace cnn
