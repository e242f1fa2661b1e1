#include "program/shapes.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "program/kinds.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kMostValues = std::numeric_limits<std::int32_t>::max();

std::string text_of(const TensorShape& s) {
    return "(" + std::to_string(s.channels) + ", " + std::to_string(s.height) + ", " +
           std::to_string(s.width) + ")";
}

// `shape`: that of the weights; `outputs`: of the biases.
LearnedArrays learned(const Given& given, const Sizes& shape, std::ptrdiff_t outputs) {
    Arguments& a = given.arguments;
    LearnedArrays arrays;
    arrays.weight = a.array("weight", shape).values;
    arrays.bias = a.optional_values("bias", {outputs});
    float* grad_weight = a.optional_values("grad_weight", shape, given.training);
    float* grad_bias = a.optional_values("grad_bias", {outputs}, given.training);
    if (given.training) {
        a.check(grad_weight != nullptr, "grad_weight: needed for training");
        arrays.grad_weight = grad_weight;
        arrays.grad_bias = grad_bias;
    }
    return arrays;
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
    a.check(outputs > 0 && outputs % groups == 0 && kh > 0 && kw > 0, "weight: does not fit the groups");
    const std::ptrdiff_t rows = x.height + 2 * p.height - d.height * (kh - 1) - 1;
    const std::ptrdiff_t cols = x.width + 2 * p.width - d.width * (kw - 1) - 1;
    a.check(rows >= 0 && cols >= 0, "weight: the kernel does not fit the input");
    const TensorShape y{outputs, rows / s.height + 1, cols / s.width + 1};
    node.convolution = {x.channels, x.height, x.width,  y.channels, y.height, y.width, kh,    kw,
                        s.height,   s.width,  p.height, p.width,    d.height, d.width, groups};
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
    a.check(rows >= 0 && cols >= 0, "kernel: does not fit the input");
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
    float* grad_weight = a.optional_values("grad_weight", channels, given.training);
    float* grad_bias = a.optional_values("grad_bias", channels, given.training);
    if (given.training) {
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

TensorShape check_foreign(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::vector<std::int64_t> sizes = a.whole_numbers("output_shape");
    a.check(sizes.size() == 3, "output_shape: expected (channels, height, width)");
    std::ptrdiff_t left = kMostValues;
    for (const std::int64_t size : sizes) left = size < 1 ? 0 : left / size;
    a.check(left > 0, "output_shape: expected sizes from 1, at most 2^31 - 1 values");
    node.foreign = a.foreign();
    a.check(node.foreign != nullptr, "forward, backward: needed, got none");
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

CheckedNode check_node(const std::string& kind, const std::vector<TensorShape>& inputs, Arguments& arguments,
                       bool training) {
    const KindRow& row = row_named(kind);
    const bool many = row.most_inputs > 1;
    arguments.check(inputs.size() >= 1 && inputs.size() <= row.most_inputs,
                    std::string("inputs: expected ") + (many ? "at least one" : "one") + ", got " +
                        std::to_string(inputs.size()));
    CheckedNode checked{{row.kind, {}}, {}};
    checked.output = row.check({inputs, arguments, training}, checked.node);
    arguments.finish();
    return checked;
}

}  // namespace cnn
