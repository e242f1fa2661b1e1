#include "program/shapes.h"

#include "program/kinds.h"

namespace cnn {

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

std::uint32_t layer_number(Arguments& a) {
    const std::int64_t layer = a.whole("layer");
    a.check(layer >= 0 && layer < (1 << 24), "layer: expected 0 to 2^24 - 1, got " + std::to_string(layer));
    return static_cast<std::uint32_t>(layer);
}

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

LearnedArrays optional_learned(const Given& given, const Sizes& shape) {
    Arguments& a = given.arguments;
    LearnedArrays arrays;
    arrays.weight = a.optional_values("weight", shape);
    arrays.bias = a.optional_values("bias", shape);
    float* grad_weight = a.optional_values("grad_weight", shape, given.gradients);
    float* grad_bias = a.optional_values("grad_bias", shape, given.gradients);
    if (given.gradients) {
        arrays.grad_weight = grad_weight;
        arrays.grad_bias = grad_bias;
    }
    return arrays;
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
