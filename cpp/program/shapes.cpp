#include "program/shapes.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "kernels/algorithms/convolution_algorithms.h"
#include "kernels/winograd/winograd.h"
#include "program/kinds.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kMostValues = std::numeric_limits<std::int32_t>::max();

std::string text_of(const TensorShape& s) {
    return "(" + std::to_string(s.channels) + ", " + std::to_string(s.height) + ", " +
           std::to_string(s.width) + ")";
}

std::string sides(std::ptrdiff_t height, std::ptrdiff_t width) {
    return std::to_string(height) + "x" + std::to_string(width);
}

std::string misfit(const TensorShape& x) {
    return " does not fit an input of shape " + text_of(x);
}

// `shape`: that of the weights; `outputs`: of the biases.
LearnedArrays learned(const Given& given, const Sizes& shape, std::ptrdiff_t outputs) {
    Arguments& a = given.arguments;
    LearnedArrays arrays;
    arrays.weight = a.array("weight", shape).values;
    arrays.bias = a.optional_values("bias", {outputs});
    float* grad_weight = a.optional_values("grad_weight", shape, given.gradients);
    float* grad_bias = a.optional_values("grad_bias", {outputs}, given.gradients);
    if (given.gradients) {
        a.check(grad_weight != nullptr, "grad_weight: needed for training");
        arrays.grad_weight = grad_weight;
        arrays.grad_bias = grad_bias;
    }
    return arrays;
}

std::optional<ConvolutionAlgorithm> algorithm(Arguments& a, const ConvolutionShape& shape) {
    const std::string name = a.optional_text("algorithm", "auto");
    if (name == "auto") return std::nullopt;
    std::string expected = "auto";
    for (const ConvolutionAlgorithm known : kConvolutionAlgorithms) {
        expected += std::string(", ") + name_of(known);
        if (name != name_of(known)) continue;
        a.check(
            known != ConvolutionAlgorithm::kWinograd || winograd_fits(kWinograd4x3, shape),
            "algorithm: winograd is for kernels of 3x3 with stride 1, dilation 1 and one group; use auto");
        return known;
    }
    a.check(false, "algorithm: expected one of " + expected + ", got '" + name + "'");
    return std::nullopt;
}

}  // namespace

TensorShape check_convolution(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair s = a.pair("stride", 1), p = a.pair("padding", 0), d = a.pair("dilation", 1);
    const std::ptrdiff_t groups = a.whole("groups");
    a.check(groups >= 1 && x.channels % groups == 0, "groups: expected a divisor of the " +
                                                         std::to_string(x.channels) +
                                                         " input channels, got " + std::to_string(groups));
    const Sizes sizes = a.array("weight", {kAnySize, x.channels / groups, kAnySize, kAnySize}).shape;
    const std::ptrdiff_t outputs = sizes[0], kh = sizes[2], kw = sizes[3];
    a.check(outputs > 0 && outputs % groups == 0 && kh > 0 && kw > 0,
            "weight: shape " + text_of(sizes) + " does not fit " + std::to_string(groups) + " groups");
    const std::ptrdiff_t rows = x.height + 2 * p.height - d.height * (kh - 1) - 1;
    const std::ptrdiff_t cols = x.width + 2 * p.width - d.width * (kw - 1) - 1;
    a.check(rows >= 0 && cols >= 0, "weight: a kernel of " + sides(kh, kw) + misfit(x));
    const TensorShape y{outputs, rows / s.height + 1, cols / s.width + 1};
    node.convolution = {x.channels, x.height, x.width,  y.channels, y.height, y.width, kh,    kw,
                        s.height,   s.width,  p.height, p.width,    d.height, d.width, groups};
    if (given.at_once) node.algorithm = algorithm(a, node.convolution);
    node.arrays = learned(given, sizes, outputs);
    return y;
}

TensorShape check_linear(const Given& given, Node& node) {
    const Sizes sizes = given.arguments.array("weight", {kAnySize, given.x().features()}).shape;
    given.arguments.check(sizes[0] > 0, "weight: expected at least one output");
    node.arrays = learned(given, sizes, sizes[0]);
    return {sizes[0], 1, 1};
}

TensorShape check_max_pooling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair k = a.pair("kernel", 1), s = a.pair("stride", 1), p = a.pair("padding", 0);
    const std::ptrdiff_t rows = x.height + 2 * p.height - k.height, cols = x.width + 2 * p.width - k.width;
    a.check(rows >= 0 && cols >= 0 && x.height > 0 && x.width > 0,
            "kernel: " + sides(k.height, k.width) + misfit(x));
    a.check(x.height <= kMostValues / x.width, "input: expected at most 2^31 - 1 values in a plane");
    a.check(2 * p.height <= k.height && 2 * p.width <= k.width, "padding: expected at most half the kernel");
    const std::ptrdiff_t last_row = rows / s.height * s.height - p.height,
                         last_col = cols / s.width * s.width - p.width;
    a.check(last_row < x.height && last_col < x.width, "padding: a window lies wholly in the padding");
    const TensorShape y{x.channels, rows / s.height + 1, cols / s.width + 1};
    node.pooling = {x.channels, x.height, x.width, y.height, y.width, k.height,
                    k.width,    s.height, s.width, p.height, p.width};
    return y;
}

TensorShape check_average_pooling(const Given& given, Node& node) {
    node.count_padding = given.arguments.flag("count_padding");
    return check_max_pooling(given, node);
}

TensorShape check_activation(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::string function = a.text("function");
    try {
        node.activation.kind = activation_from_name(function);
    } catch (const std::invalid_argument& error) {
        a.check(false, error.what());
    }
    node.activation.alpha = static_cast<float>(a.optional_number("alpha", 0.0));
    node.activation.beta = static_cast<float>(a.optional_number("beta", 0.0));
    return given.x();
}

TensorShape check_batch_normalization(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const Sizes channels{given.x().channels};
    node.arrays.weight = a.optional_values("weight", channels);
    node.arrays.bias = a.optional_values("bias", channels);
    float* grad_weight = a.optional_values("grad_weight", channels, given.gradients);
    float* grad_bias = a.optional_values("grad_bias", channels, given.gradients);
    if (given.gradients) {
        node.arrays.grad_weight = grad_weight;
        node.arrays.grad_bias = grad_bias;
    }
    // Those of a model which must not change may be read-only.
    node.statistics.mean = a.array("running_mean", channels, given.training).values;
    node.statistics.variance = a.array("running_variance", channels, given.training).values;
    node.statistics.momentum = static_cast<float>(a.number("momentum"));
    node.statistics.epsilon = static_cast<float>(a.number("epsilon"));
    return given.x();
}

TensorShape check_flatten(const Given& given, Node&) {
    return {given.x().features(), 1, 1};
}

TensorShape check_log_softmax(const Given& given, Node&) {
    given.arguments.check(given.x().features() > 0, "input: expected at least one class");
    return {given.x().features(), 1, 1};
}

TensorShape check_dropout(const Given& given, Node& node) {
    node.rate = static_cast<float>(given.arguments.number("rate"));
    given.arguments.check(node.rate >= 0.0f && node.rate < 1.0f,
                          "rate: expected 0 <= rate < 1, got " + std::to_string(node.rate));
    const std::int64_t layer = given.arguments.whole("layer");
    given.arguments.check(layer >= 0 && layer < (1 << 24),
                          "layer: expected 0 to 2^24 - 1, got " + std::to_string(layer));
    node.layer = static_cast<std::uint32_t>(layer);
    return given.x();
}

TensorShape check_custom(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::vector<std::int64_t> sizes = a.whole_numbers("output_shape");
    a.check(sizes.size() == 3, "output_shape: expected (channels, height, width)");
    std::ptrdiff_t left = kMostValues;
    for (const std::int64_t size : sizes) left = size < 1 ? 0 : left / size;
    a.check(left > 0, "output_shape: expected sizes from 1, at most 2^31 - 1 values");
    node.custom = a.custom();
    a.check(node.custom != nullptr, "forward, backward: needed, got none");
    return {sizes[0], sizes[1], sizes[2]};
}

TensorShape check_add(const Given& given, Node&) {
    const TensorShape& x = given.x();
    for (const TensorShape& other : given.inputs) {
        given.arguments.check(
            other.channels == x.channels && other.height == x.height && other.width == x.width,
            "inputs: expected one shape, got " + text_of(x) + " and " + text_of(other));
    }
    return x;
}

TensorShape check_concat(const Given& given, Node&) {
    TensorShape y = given.x();
    y.channels = 0;
    for (const TensorShape& other : given.inputs) {
        given.arguments.check(
            other.height == y.height && other.width == y.width,
            "inputs: expected one height and width, got " + text_of(given.x()) + " and " + text_of(other));
        y.channels += other.channels;
    }
    given.arguments.check(y.channels <= kMostValues / (y.height * y.width),
                          "inputs: expected at most 2^31 - 1 values together");
    return y;
}

TensorShape check_slice(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::int64_t first = a.whole("first"), channels = a.whole("channels");
    a.check(first >= 0 && first < x.channels && channels >= 1 && channels <= x.channels - first,
            "first, channels: not among the " + std::to_string(x.channels) + " channels");
    node.first = first;
    return {channels, x.height, x.width};
}

CheckedNode check_node(const std::string& kind, const Given& given) {
    const KindRow& row = row_named(kind);
    const std::size_t count = given.inputs.size();
    given.arguments.check(count >= 1 && count <= row.most_inputs,
                          std::string("inputs: expected ") + (row.most_inputs > 1 ? "at least one" : "one") +
                              ", got " + std::to_string(count));
    CheckedNode checked{{row.kind, {}}, {}};
    checked.output = row.check(given, checked.node);
    given.arguments.finish();
    return checked;
}

}  // namespace cnn
